"""Every format says where each of its examples was read."""

import json

import pytest

from tests.data.helpers import files, pairs, sentiment, tagging, train_split, write

ROW = json.dumps({"text": "a", "label": "x", "tokens": ["a"], "tags": ["x"]})
COLUMNS = {"tokens": 0, "tags": 1}
CASES = {
    "tsv": (sentiment, {}, {"f": "text\tlabel\na\tx\n\nb\ty\n"}, ["f:2", "f:4"]),
    "csv": (sentiment, {}, {"f": 'text,label\n"a\na",x\nb,y\n'}, ["f:2", "f:4"]),
    "jsonl": (sentiment, {}, {"f": f"{ROW}\n\n{ROW}\n"}, ["f:1", "f:3"]),
    "folders": (sentiment, {}, {"f/x/1": "a\n\nb\n", "f/y/1": "c\n"}, ["f/x/1:1", "f/y/1:1", "f/x/1:3"]),
    "trees": (sentiment, {}, {"f": "(1 (2 a) (3 b))\n(1 c)\n"}, ["f:1"] * 3 + ["f:2"]),
    "conll": (tagging, COLUMNS, {"f": "a X\nb Y\n\n\nc X\n"}, ["f:1", "f:5"]),
    "conllu": (tagging, {"tags": "form"}, {"f": f"# text = a\n1\ta{8 * chr(9)}_\n"}, ["f:1"]),
    "parallel": (pairs, {"pair": ["de", "en"]}, {"f.en": "a\n\nb\n", "f.de": "c\n\nd\n"}, ["f.de:1", "f.de:3"]),
}


@pytest.mark.parametrize("format", CASES)
def test_texts_tokens_and_pairs(tmp_path, format):
    run_over, options, contents, expected = CASES[format]
    for name, content in contents.items():
        write(tmp_path / name, content)
    data = files(tmp_path, {"train": "f.{}" if format == "parallel" else "f"}, format=format, **options)
    found = [example["place"] for example in train_split(run_over(data)).examples()]
    assert found == [str(tmp_path / place) for place in expected]


def test_tokens_of_json(tmp_path):
    write(tmp_path / "train", f"\n{ROW}\n")
    [example] = train_split(tagging(files(tmp_path, format="jsonl", tokens="tokens", tags="tags"))).examples()
    assert example["place"] == f"{tmp_path}/train:2"
