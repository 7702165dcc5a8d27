"""JSON lines."""

import json

import pytest

from rnnkit.errors import DataError
from tests.data.helpers import files, pairs, sentiment, tagging, train_examples, write


def texts(directory, content, **options):
    write(directory / "train", content)
    return train_examples(sentiment(files(directory, format="jsonl", **options)))


def tokens(directory, content):
    write(directory / "train", content)
    return train_examples(tagging(files(directory, format="jsonl", tokens="words", tags="tags")))


def test_texts(tmp_path):
    content = '{"text": "a\\nb", "label": 1, "id": 7}\n\n{"text": "\\ud83d\\ude00", "label": true}\n'
    assert texts(tmp_path, content) == [{"text": "a\nb", "label": "1"}, {"text": "😀", "label": "true"}]


def test_tokens(tmp_path):
    assert tokens(tmp_path, '{"words": ["a b", "c"], "tags": ["X", "Y"]}') == [
        {"tokens": ["a b", "c"], "tags": ["X", "Y"]}
    ]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"text": "a"', "not JSON: Expecting ',' delimiter at position 13"),
        ('["a"]', "must be a JSON object"),
        ('{"text": "a"}', "no 'label' among 'text'"),
        ('{"text": 3, "label": "x"}', "'text' must be a text, not 3"),
        ('{"text": "\\ud800", "label": "x"}', "holds half of a surrogate pair"),
        ("[" * 100_000, "nested too deeply"),
    ],
)
def test_bad_text_line(tmp_path, line, message):
    with pytest.raises(DataError, match=f"train:2: {message}"):
        texts(tmp_path, f'{{"text": "a", "label": "x"}}\n{line}\n')
    assert len(texts(tmp_path, f'{{"text": "a", "label": "x"}}\n{line}\n', on_bad_example="skip")) == 1


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"words": ["a", "b"], "tags": ["X"]}', "2 tokens but 1 tags"),
        ('{"words": [], "tags": []}', "'words' must be a list of non-empty strings"),
        ('{"words": ["a", ""], "tags": ["X", "Y"]}', "'words' must be a list of non-empty strings"),
        ('{"words": ["a"]}', "'tags' must be a list of non-empty strings, not None"),
    ],
)
def test_bad_token_line(tmp_path, line, message):
    with pytest.raises(DataError, match=f"train:1: {message}"):
        tokens(tmp_path, line)


def test_pairs(tmp_path):
    write(tmp_path / "train", json.dumps({"en": "a house", "de": "ein Haus", "id": 3}) + "\n")
    data = files(tmp_path, format="jsonl", pair=["de", "en"])
    assert train_examples(pairs(data)) == [{"source": "ein Haus", "target": "a house"}]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ({"en": "a"}, "no 'de' among 'en'"),
        ({"en": "a", "de": ""}, "'de' is empty"),
        ({"en": 3, "de": "a"}, "'en' must be a text, not 3"),
    ],
)
def test_a_bad_pair(tmp_path, line, message):
    write(tmp_path / "train", json.dumps(line))
    with pytest.raises(DataError, match=f"train:1: {message}"):
        train_examples(pairs(files(tmp_path, format="jsonl", pair=["en", "de"])))
