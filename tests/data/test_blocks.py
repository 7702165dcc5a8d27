"""Vectorized parts of a split."""

from hashlib import blake2b

import numpy as np
import tensorflow as tf

from rnnkit.data.blocks import dense, examples_of, gathered, owners, update

ALONE = ({"tokens": tf.ragged.constant([[5], [], [6, 7]])}, tf.constant([0, 1, 0]))
SEVERAL = (
    {"image": tf.constant(["a", "b"]), "target_in": tf.ragged.constant([[[1], [2, 3]], [[4]]], ragged_rank=2)},
    {"ids": tf.ragged.constant([[[7], [8, 9]], [[6]]], ragged_rank=2)},
)


def test_who_owns_an_example():
    assert owners(ALONE).numpy().tolist() == [0, 1, 2]
    assert owners(SEVERAL).numpy().tolist() == [0, 0, 1]
    assert owners(({"image": tf.constant(["a", "b"])}, tf.constant([0, 1]))).numpy().tolist() == [0, 1]


def test_examples_are_gathered_with_what_they_share():
    examples = tf.constant([2, 0, 1])
    rows = tf.gather(owners(SEVERAL), examples)
    inputs, targets = tf.nest.map_structure(lambda feature: gathered(feature, examples, rows), SEVERAL)
    assert inputs["image"].numpy().tolist() == [b"b", b"a", b"a"]
    assert inputs["target_in"].to_list() == [[4], [1], [2, 3]] and targets["ids"].to_list() == [[6], [7], [8, 9]]
    assert examples_of(ALONE[0]["tokens"]) is ALONE[0]["tokens"]


def test_ids_and_texts_are_padded_and_all_else_stays():
    assert dense(ALONE[0]["tokens"], tf.constant(3), -1).numpy().tolist() == [[5, -1, -1], [-1] * 3, [6, 7, -1]]
    texts = dense(tf.ragged.constant([["a"], ["b", "c"]]), tf.constant(9), 0)
    assert texts.numpy().tolist() == [[b"a", b""], [b"b", b"c"]]
    assert dense(ALONE[1], tf.constant(3), 0) is ALONE[1]


def test_a_digest_of_strings_knows_where_each_ends():
    def digest(*values):
        made = blake2b()
        for value in values:
            update(made, value)
        return made.hexdigest()

    strings = np.array([b"ab", b"c"], object)
    assert digest(strings) == digest(strings.copy()) != digest(np.array([b"a", b"bc"], object))
    assert digest(np.arange(3)) == digest(np.arange(3)) != digest(np.arange(4))
