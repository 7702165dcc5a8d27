"""A folder for each class."""

import pytest

from rnnkit.errors import DataError
from tests.data.helpers import files, sentiment, train_examples, write


def run(directory, **options):
    return sentiment(files(directory, format="folders", **options))


def test_classes_take_turns(tmp_path):
    write(tmp_path / "train/pos/2.txt", "p3\n")
    write(tmp_path / "train/pos/1.txt.gz", "p1\n\np2\n", compress=True)
    write(tmp_path / "train/neg/a", "n1\n")
    write(tmp_path / "train/README", "beside the classes\n")
    write(tmp_path / "train/.hidden/x", "no class\n")
    write(tmp_path / "train/neg/.x", "no texts\n")
    examples = [(example["label"], example["text"]) for example in train_examples(run(tmp_path))]
    assert examples == [("neg", "n1"), ("pos", "p1"), ("pos", "p2"), ("pos", "p3")]
    limited = train_examples(run(tmp_path, limit=2))
    assert {example["label"] for example in limited} == {"neg", "pos"}


def test_bad_line_names_its_file(tmp_path):
    write(tmp_path / "train/pos/1.txt", b"fine\n\xff\n")
    with pytest.raises(DataError, match=r"train/pos/1\.txt:2: not UTF-8"):
        train_examples(run(tmp_path))


def test_no_classes_and_no_texts(tmp_path):
    (tmp_path / "train").mkdir()
    with pytest.raises(DataError, match=r"no class folders; expected .*<label>"):
        train_examples(run(tmp_path))
    (tmp_path / "train" / "pos").mkdir()
    with pytest.raises(DataError, match="a class folder without files"):
        train_examples(run(tmp_path))
