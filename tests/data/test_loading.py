"""From a configuration to a corpus."""

import pytest

from rnnkit.data.loading import load
from rnnkit.errors import DataError
from tests.data.helpers import EXAMPLES, files, sentiment, tagging, train_examples, write_tsv


def test_roles_are_those_named_unless_fewer_are_wanted(tmp_path):
    write_tsv(tmp_path / "a", EXAMPLES)
    run = sentiment(files(tmp_path, {"train": "a", "test": ["a", "a"]}, format="tsv"))
    corpus = load(run, "text")
    assert list(corpus.splits) == ["train", "test"]
    assert list(corpus.splits["test"].examples()) == EXAMPLES * 2
    assert list(load(run, "text", ["test", "validation"]).splits) == ["test"]
    assert corpus.name == f"tsv files in {tmp_path}"


def test_variables_in_paths_are_expanded(tmp_path, monkeypatch):
    monkeypatch.setenv("CORPUS", str(tmp_path))
    write_tsv(tmp_path / "train", EXAMPLES)
    assert train_examples(sentiment(files("$CORPUS", format="tsv"))) == EXAMPLES


def test_missing_files_are_named(tmp_path):
    run = sentiment(files(tmp_path, {"train": "absent.tsv"}, format="tsv"))
    with pytest.raises(DataError, match=r"data\.splits\.train: .*absent\.tsv does not exist"):
        load(run, "text")


@pytest.mark.parametrize("limit", [None, 3])
def test_built_in_corpora(limit):
    data = {"source": "builtin", "limit": limit or 5}
    texts = train_examples(sentiment(data | {"name": "reviews"}))
    tokens = train_examples(tagging(data | {"name": "python_source"}))
    assert len(texts) == len(tokens) == (limit or 5)
    assert texts[0].keys() == {"text", "label"} and len(tokens[0]["tokens"]) == len(tokens[0]["tags"])
