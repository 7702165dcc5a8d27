"""Sections of tasks that read pairs, write text or see pictures."""

import pytest
from pydantic import ValidationError

from rnnkit import config
from rnnkit.config.schema import BuiltinData, CaptionText, FilesData, Image, LimitedText, PairText, TfdsData
from tests.config.helpers import REVIEWS, mistakes, write


def test_the_target_is_read_as_the_source_unless_it_is_named():
    text = PairText(source={"unit": "char", "max_tokens": 70})
    assert text.target == text.source and PairText().target == LimitedText()
    assert PairText(source={"unit": "char"}, target={"max_tokens": 9}).target == LimitedText(max_tokens=9)
    assert PairText(**text.model_dump()) == text


def test_a_shared_vocabulary_has_one_description():
    text = PairText(shared=True, source={"unit": "bpe"}, target={"unit": "bpe", "max_tokens": 9})
    assert (text.source.max_tokens, text.target.max_tokens) == (128, 9)
    message = "target.unit: got 'word' beside 'bpe' of the source, but shared: true is one vocabulary for both"
    with pytest.raises(ValidationError, match=message):
        PairText(shared=True, source={"unit": "bpe"}, target={})


def test_parts_of_words_need_room_for_the_bytes():
    assert LimitedText(unit="bpe", vocabulary_size=260).vocabulary_size == 260
    with pytest.raises(ValidationError, match="vocabulary_size: got 259, but parts of words need at least 260 ids"):
        LimitedText(unit="bpe", vocabulary_size=259)


def test_defaults():
    assert CaptionText().target.unit == "word" and Image().resize == "pad"
    builtin = BuiltinData(source="builtin", name="dates_and_numbers")
    assert builtin.pair == ["source", "target"] and builtin.splits.train == "train"
    assert TfdsData(source="tfds", name="coco_captions").captions == "captions/text"


@pytest.mark.parametrize("pair", [["en"], ["en", "de", "fr"], "en", []])
def test_a_pair_has_two_names(tmp_path, pair):
    [line] = mistakes(write(tmp_path, REVIEWS), [f"data.pair={pair}"])
    assert "data.pair: got" in line and "a list of two names, of the source and of the target is needed" in line


def test_a_pair_has_two_different_names(tmp_path):
    [line] = mistakes(write(tmp_path, REVIEWS), ["data.pair=[en, en]"])
    assert line.endswith("data.pair: names 'en' twice; the source and the target must differ")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"pair": ["en", "de"], "columns": ["en", "x"]}, "pair: there is no column 'de' among columns: en, x"),
        ({"columns": ["source", "x"]}, "text: there is no column 'text' among columns: source, x"),
        ({"format": "captions", "columns": ["file", "caption"]}, "image: there is no column 'image' among columns"),
        ({"format": "captions", "columns": ["image", "x"], "captions": "y"}, "captions: there is no column 'y' among"),
        ({"format": "parallel", "columns": ["a", "b"]}, "columns: only a tsv or csv has columns to name"),
    ],
)
def test_columns_must_hold_what_is_read(options, message):
    with pytest.raises(ValidationError, match=message):
        FilesData(**{"source": "files", "format": "tsv", "splits": {"train": "x"}, **options})


@pytest.mark.parametrize("columns", [["source", "target"], ["text", "label"], ["id", "source", "label", "text"]])
def test_columns_that_fit(columns):
    data = FilesData(source="files", format="tsv", splits={"train": "x"}, columns=columns)
    assert data.columns == columns


def test_a_task_reads_only_its_own_corpus_and_formats(tmp_path):
    [line] = mistakes(write(tmp_path, REVIEWS.replace("reviews", "dates_and_numbers")))
    assert "data.name: got 'dates_and_numbers'; the built-in corpora of the sentiment task are reviews, inv" in line
    files = "task: sentiment\ndata: {source: files, format: parallel, splits: {train: x}}\n"
    lines = mistakes(write(tmp_path, files), needs_files=False)
    assert "data.format: got 'parallel'; the sentiment task reads tsv, csv" in lines[0]


def test_the_schema_for_editors_tells_what_is_what():
    definitions = config.json_schema("sentiment")["$defs"]
    assert "dates_and_numbers (translation)" in definitions["BuiltinData"]["properties"]["name"]["description"]
    assert "parallel" in definitions["FilesData"]["properties"]["format"]["enum"]
