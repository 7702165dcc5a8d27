"""Ids of tokens and labels."""

import json

import pytest
import tensorflow as tf

from rnnkit.data.vocabulary import Labels, Vocabulary


def test_frequent_first_ties_by_name_and_special_ones_never():
    counts = {"b": 2, "a": 2, "c": 5, "rare": 1, "<pad>": 9, "<unk>": 9, "": 9}
    assert Vocabulary.fit(counts, size=10).tokens == ("<pad>", "<unk>", "c", "a", "b", "rare")
    assert Vocabulary.fit(counts, size=4).tokens == ("<pad>", "<unk>", "c", "a")
    assert Vocabulary.fit(counts, size=10, min_count=2).tokens == ("<pad>", "<unk>", "c", "a", "b")
    assert len(Vocabulary.fit(counts, size=4)) == 4


def test_lookup():
    vocabulary = Vocabulary(["é", "b"])
    assert vocabulary.lookup(tf.constant([["é", "b"], ["x", "<pad>"]])).numpy().tolist() == [[2, 3], [1, 1]]
    ragged = vocabulary.lookup(tf.ragged.constant([["b"], [], ["", "é"]]))
    assert ragged.to_list() == [[3], [], [1, 2]] and ragged.dtype == tf.int32


def test_an_empty_vocabulary_knows_nothing():
    assert Vocabulary([]).lookup(tf.constant(["a"])).numpy().tolist() == [1]


def test_growing_keeps_old_ids():
    old = Vocabulary(["b", "a"])
    new = old.grow({"a": 9, "z": 2, "y": 3, "x": 1}, size=2)
    assert new.tokens == (*old.tokens, "y", "z")
    assert old.grow({"a": 9}, size=2).tokens == old.tokens
    assert old.grow({"x": 1}, size=2, min_count=2).tokens == old.tokens


def test_labels():
    labels = Labels.fit(["b", "a", "b", "c"])
    assert labels.names == ("a", "b", "c") and len(labels) == 3
    encoded = labels.encode(tf.constant(["c", "a", "?"]))
    assert encoded.numpy().tolist() == [2, 0, -1] and encoded.dtype == tf.int32


def test_new_labels_come_after_the_old_ones():
    assert Labels(["b", "a"]).grow(["c", "a", "0"]).names == ("b", "a", "0", "c")


@pytest.mark.parametrize("made", [Vocabulary(["b", "שלום"]), Labels(["1", "0"])])
def test_state_is_json_and_comes_back(made):
    again = type(made).from_state(json.loads(json.dumps(made.state())))
    assert again.state() == made.state()


def test_tables_travel_in_a_saved_model(tmp_path):
    module = tf.Module()
    module.vocabulary, module.labels = Vocabulary(["b", "a"]), Labels(["x", "y"])

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string)])
    def serve(tokens):
        return {"ids": module.vocabulary.lookup(tokens), "encoded": module.labels.encode(tokens)}

    module.serve = serve
    tf.saved_model.save(module, str(tmp_path))
    answer = tf.saved_model.load(str(tmp_path)).serve(tf.constant(["a", "y", "?"]))
    assert answer["ids"].numpy().tolist() == [3, 1, 1]
    assert answer["encoded"].numpy().tolist() == [-1, 1, -1]
