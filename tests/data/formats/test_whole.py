"""Whole files as running text."""

import pytest

from rnnkit.config.schema import LanguageModelRun
from rnnkit.data.loading import load
from rnnkit.errors import DataError
from tests.data.helpers import files, write


def read(directory, paths="train", **options):
    data = files(directory, {"train": paths}, **{"format": "text", **options})
    split = load(LanguageModelRun(task="language_model", data=data), "running").splits["train"]
    return [example["text"] for example in split.examples()], split


@pytest.mark.parametrize("compress", [False, True])
def test_files_come_whole_and_in_their_order(tmp_path, compress):
    write(tmp_path / "b", "two\n\n  lines", compress)
    write(tmp_path / "a", "\ufeffα\r\nβ\r\n", compress)
    write(tmp_path / "none", "", compress)
    assert read(tmp_path, ["b", "none", "a"])[0] == ["two\n\n  lines", "α\nβ\n"]


def test_a_line_that_is_not_utf8_is_named_or_left_out(tmp_path):
    write(tmp_path / "train", b"one\ncaf\xe9\nthree\n")
    with pytest.raises(DataError, match=r"train:2: not UTF-8: byte 0xe9"):
        read(tmp_path)
    texts, split = read(tmp_path, on_bad_example="skip")
    assert texts == ["one\nthree\n"] and split.skipped == {"bad": 1}


def test_nothing_but_empty_files(tmp_path):
    write(tmp_path / "train", "")
    with pytest.raises(DataError, match=r"train split: it has no examples; check data\.splits\.train"):
        read(tmp_path)


def test_other_formats_hold_no_running_text(tmp_path):
    write(tmp_path / "train", "text\tlabel\n")
    data = files(tmp_path, format="text")
    run = LanguageModelRun(task="language_model", data=data)
    run = run.model_copy(update={"data": run.data.model_copy(update={"format": "conll"})})
    with pytest.raises(
        DataError, match=r"data\.format: conll holds no running text; these do: csv, folders, .* text, "
    ):
        load(run, "running")


def test_equal_documents_and_those_of_other_splits_can_be_left_out(tmp_path):
    for name, text in (("one", "a\n"), ("two", "a\n"), ("three", "b\n")):
        write(tmp_path / name, text)
    assert read(tmp_path, ["one", "two", "three"], deduplicate=True)[0] == ["a\n", "b\n"]


def test_labelled_texts_are_lines(tmp_path):
    write(tmp_path / "train", "text\tlabel\na fine film\t1\nof twelve lines\t0\n")
    assert read(tmp_path, format="tsv")[0] == ["a fine film\n", "of twelve lines\n"]
    data = {"source": "builtin", "name": "reviews", "limit": 2}
    split = load(LanguageModelRun(task="language_model", data=data), "running").splits["test"]
    assert [example["text"].count("\n") for example in split.examples()] == [1, 1]
