"""From a configuration to a corpus."""

import io
import json

import numpy as np
import pytest
from PIL import Image

from rnnkit.data.builtin import coloured_shapes, dates_and_numbers
from rnnkit.data.loading import load
from rnnkit.errors import DataError
from tests.data.helpers import (
    EXAMPLES,
    captioned,
    contents,
    files,
    pairs,
    sentiment,
    tagging,
    train_examples,
    write_tsv,
)


def test_roles_are_those_named_unless_fewer_are_wanted(tmp_path):
    write_tsv(tmp_path / "a", EXAMPLES)
    run = sentiment(files(tmp_path, {"train": "a", "test": ["a", "a"]}, format="tsv"))
    corpus = load(run, "text")
    assert list(corpus.splits) == ["train", "test"]
    assert contents(corpus.splits["test"]) == EXAMPLES * 2
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


DATES = {"source": "builtin", "name": "dates_and_numbers", "limit": 4}


def test_built_in_pairs_both_ways_round():
    expected = list(dates_and_numbers.examples("train", 4))
    assert train_examples(pairs(DATES)) == expected
    turned = [{"source": pair["target"], "target": pair["source"]} for pair in expected]
    assert train_examples(pairs(DATES | {"pair": ["target", "source"]})) == turned


def test_sides_that_a_built_in_corpus_has_not():
    with pytest.raises(DataError, match="pair: got en, de; the sides of dates_and_numbers are source and target"):
        train_examples(pairs(DATES | {"pair": ["en", "de"]}))


def test_built_in_pictures_are_png_files():
    found = train_examples(captioned({"source": "builtin", "name": "coloured_shapes", "limit": 2}))
    for example, made in zip(found, coloured_shapes.examples("train", 2)):
        pixels = np.asarray(Image.open(io.BytesIO(example["image"])))
        np.testing.assert_array_equal(pixels, made["image"])
        assert example["captions"] == made["captions"]


def test_built_in_pictures_are_drawn_once(monkeypatch):
    made, drawn = list(coloured_shapes.examples("train", 3)), []

    def examples(split):
        for example in made:
            drawn.append(split)
            yield example

    monkeypatch.setattr(coloured_shapes, "examples", examples)
    split = load(captioned({"source": "builtin", "name": "coloured_shapes"}), "caption").splits["train"]
    first = next(split.examples())
    assert drawn == ["train"]
    assert list(split.examples()) == list(split.examples()) and drawn == ["train"] * 3
    assert next(split.examples()) == first
    one, other = split.examples(), split.examples()
    assert all(next(one) == next(other) == example for example in list(split.examples()))


def test_a_pass_that_breaks_off_while_a_picture_is_drawn_costs_none(monkeypatch):
    made, failing = list(coloured_shapes.examples("train", 3)), [True]

    def examples(split):
        yield made[0]
        if failing:
            failing.pop()
            raise KeyboardInterrupt
        yield from made[1:]

    monkeypatch.setattr(coloured_shapes, "examples", examples)
    split = load(captioned({"source": "builtin", "name": "coloured_shapes"}), "caption").splits["train"]
    with pytest.raises(KeyboardInterrupt):
        list(split.examples())
    assert len(list(split.examples())) == 3


@pytest.mark.parametrize("ending", ["tsv", "jsonl"])
def test_texts_about_labels_are_labelled_texts_that_are_not_empty(tmp_path, ending):
    write_tsv(tmp_path / "train", EXAMPLES)
    if ending == "jsonl":
        (tmp_path / "train").write_text("".join(f"{json.dumps(example)}\n" for example in EXAMPLES))
    run = sentiment(files(tmp_path, format=ending, on_bad_example="skip"))
    split = load(run, "label").splits["train"]
    assert contents(split) == [example for example in EXAMPLES if example["text"]]
    assert sum(split.skipped.values()) == 1
    batch = next(iter(split.batches(2)))
    assert list(batch) == ["label", "text"] and batch["label"].numpy().tolist() == [b"good", b"bad"]
    assert train_examples(run) == EXAMPLES
