"""Splits as examples and as datasets."""

import pytest
import tensorflow as tf

from rnnkit.data.corpus import Corpus, Split
from rnnkit.errors import DataError
from tests.data.helpers import EXAMPLES

SENTENCES = [{"tokens": ["a", "😀"], "tags": ["X", "Y"], "text": "a😀"}, {"tokens": ["b"], "tags": ["X"]}]


def split(examples, kind="text", policy="stop"):
    return Split("train", kind, lambda skips: iter(examples), policy)


def test_examples_and_datasets_are_the_same_in_every_pass():
    texts = split(EXAMPLES)
    for _ in range(2):
        assert list(texts.examples()) == EXAMPLES
        [batch] = texts.batches(9)
        rows = zip(*(batch[name].numpy() for name in ("text", "label")))
        assert [{"text": text.decode(), "label": label.decode()} for text, label in rows] == EXAMPLES


def test_batches():
    [first, second] = split(SENTENCES, "tokens").batches(1)
    assert first["tokens"].to_list() == [[b"a", "😀".encode()]] and first["tags"].to_list() == [[b"X", b"Y"]]
    assert second["tokens"].to_list() == [[b"b"]]
    spec = split(SENTENCES, "tokens").batches(2).element_spec["tags"]
    assert spec == tf.RaggedTensorSpec((None, None), tf.string, row_splits_dtype=tf.int64)
    assert [len(batch["text"]) for batch in split(EXAMPLES).batches(2)] == [2, 2, 1]
    assert first.keys() == {"tokens", "tags"}


def test_pairs_and_pictures():
    [batch] = split([{"source": "ein", "target": "one"}, {"source": "", "target": "é"}], "pair").batches(9)
    assert batch["source"].numpy().tolist() == [b"ein", b""] and batch["target"].numpy()[1] == "é".encode()
    shown = [{"image": b"\x89PNG\0\xff", "captions": ["a", "b"], "place": "x:1"}, {"image": b"", "captions": ["c"]}]
    [batch] = split(shown, "caption").batches(9)
    assert batch.keys() == {"image", "captions"}
    assert batch["image"].numpy().tolist() == [b"\x89PNG\0\xff", b""]
    assert batch["captions"].to_list() == [[b"a", b"b"], [b"c"]]


def test_strings_pass_unchanged():
    odd = ["ends in nul\0", "\0", "line\nbreak", "\u2028", "e\u0301", " x "]
    [batch] = split([{"text": text, "label": "a"} for text in odd]).batches(9)
    assert [text.decode() for text in batch["text"].numpy()] == odd


def test_an_error_comes_out_of_a_dataset_as_it_was():
    def start(skips):
        yield from EXAMPLES
        skips.bad("file:9", "what is wrong")

    bad = Split("train", "text", start, "stop")
    with pytest.raises(DataError, match=r"^file:9: what is wrong"), bad.errors():
        list(bad.batches(9))
    skipping = Split("train", "text", start, "skip")
    with skipping.errors():
        assert len(list(skipping.batches(1))) == len(EXAMPLES)
    assert skipping.skipped == {"bad": 1} and skipping.count == len(EXAMPLES)


def test_a_pass_that_is_given_up_tells_nothing():
    def start(skips):
        for example in EXAMPLES:
            skips.left_out("duplicate")
            yield example

    texts = Split("train", "text", start, "stop")
    next(texts.examples())
    assert texts.count is None and not texts.skipped
    list(texts.examples())
    next(texts.examples())
    assert texts.count == texts.skipped["duplicate"] == len(EXAMPLES)


def test_an_empty_split_says_what_was_left_out():
    def start(skips):
        skips.left_out("duplicate", 1234)
        yield from ()

    with pytest.raises(DataError, match=r"train split: it has no examples \(left out: 1,234 duplicate\)"):
        list(Split("train", "text", start, "stop").examples())


def test_a_corpus_describes_what_it_has_seen():
    corpus = Corpus("reviews", {"train": split(EXAMPLES), "test": split(EXAMPLES)})
    list(corpus.splits["train"].examples())
    assert corpus.describe() == "reviews: train 5"
