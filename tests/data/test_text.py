"""Vectorizers."""

import json

import numpy as np
import pytest
import tensorflow as tf

from rnnkit.config.schema import ClassifierText, TaggerText
from rnnkit.data.text import TextVectorizer, TokenVectorizer
from rnnkit.data.vocabulary import Vocabulary

WORDS = Vocabulary(["good", "not", "été"])
CHARACTERS = Vocabulary(list("abcdefgG"))


def text_vectorizer(**options):
    return TextVectorizer(ClassifierText(**options), WORDS)


def token_vectorizer(**options):
    return TokenVectorizer(TaggerText(**options), WORDS, CHARACTERS)


def test_texts_to_padded_ids():
    ids = text_vectorizer()(tf.constant(["Not GOOD ÉTÉ", "bad", ""]))["tokens"]
    assert ids.numpy().tolist() == [[3, 2, 4], [1, 0, 0], [0, 0, 0]] and ids.dtype == tf.int32


def test_case_is_kept_where_the_configuration_says_so():
    assert text_vectorizer(lowercase=False)(tf.constant(["good GOOD"]))["tokens"].numpy().tolist() == [[2, 1]]


@pytest.mark.parametrize("texts", [[""], ["", " \n"]])
def test_empty_texts_are_one_step_of_padding(texts):
    assert text_vectorizer()(tf.constant(texts))["tokens"].numpy().tolist() == [[0]] * len(texts)


def test_texts_are_cut():
    assert text_vectorizer(max_tokens=2)(tf.constant(["good good good"]))["tokens"].shape == (1, 2)


def test_tokens_to_words_and_characters():
    out = token_vectorizer(max_characters=4)(tf.ragged.constant([["Good", "bad"], ["?"]]))
    assert out["words"].numpy().tolist() == [[2, 1], [1, 0]]
    assert out["characters"].numpy().tolist() == [[[9, 1, 1, 5], [3, 2, 5, 0]], [[1, 0, 0, 0], [0, 0, 0, 0]]]
    assert out["words"].dtype == out["characters"].dtype == tf.int32


@pytest.mark.parametrize(("size", "read"), [(4, "abfg"), (5, "abcfg"), (1, "a"), (7, "abcdefg"), (9, "abcdefg")])
def test_of_long_words_the_two_ends_are_read(size, read):
    ids = token_vectorizer(max_characters=size)(tf.ragged.constant([["abcdefg"]]))["characters"].numpy()[0, 0]
    assert ids.tolist() == [CHARACTERS.tokens.index(c) for c in read] + [0] * (size - len(read))


def test_dense_tokens_with_lengths_equal_ragged_ones():
    vectorizer = token_vectorizer(max_tokens=3)
    rows = [["good", "a", "b", "c"], ["not"], []]
    dense = tf.constant([row + ["beyond"] * (4 - len(row)) for row in rows])
    expected = vectorizer(tf.ragged.constant(rows, ragged_rank=1, dtype=tf.string))
    for lengths in ([4, 1, 0], [9, 1, -1]):
        found = vectorizer(dense, tf.constant(lengths))
        tf.nest.map_structure(np.testing.assert_array_equal, found, expected)
    assert expected["words"].shape == (3, 3)


def test_no_tokens_at_all_are_one_step_of_padding():
    for tokens, lengths in ((tf.zeros([2, 0], tf.string), [0, 0]), (tf.constant([["a"], ["b"]]), [0, 0])):
        out = token_vectorizer(max_characters=5)(tokens, tf.constant(lengths))
        assert out["words"].numpy().tolist() == [[0], [0]]
        assert out["characters"].shape == (2, 1, 5) and not out["characters"].numpy().any()


def test_broken_bytes_and_emoji_do_no_harm():
    out = token_vectorizer(max_characters=3)(tf.constant([[b"\xff\xfe", "😀a"]]))
    assert out["characters"].numpy().tolist() == [[[1, 1, 0], [1, 2, 0]]]


def test_graph_equals_eager_for_any_shape():
    vectorizer = token_vectorizer(max_characters=3)
    traced = tf.function(
        vectorizer, input_signature=[tf.TensorSpec([None, None], tf.string), tf.TensorSpec([None], tf.int32)]
    )
    for rows, lengths in ([[["good", "x"]], [2]], [[["a"], ["bcd"]], [1, 0]]):
        arguments = tf.constant(rows), tf.constant(lengths)
        tf.nest.map_structure(np.testing.assert_array_equal, traced(*arguments), vectorizer(*arguments))
    assert traced(tf.zeros([0, 0], tf.string), tf.zeros([0], tf.int32))["characters"].shape == (0, 1, 3)


@pytest.mark.parametrize("made", [text_vectorizer(pattern=r"\S+"), token_vectorizer(max_characters=3, lowercase=False)])
def test_state_is_json_and_comes_back(made):
    again = type(made).from_state(json.loads(json.dumps(made.state())))
    example = tf.constant(["Good été, not"]) if isinstance(made, TextVectorizer) else tf.constant([["Good", "x"]])
    tf.nest.map_structure(np.testing.assert_array_equal, again(example), made(example))
    assert again.state() == made.state()


def test_vectorizers_travel_in_a_saved_model(tmp_path):
    module = tf.Module()
    module.texts, module.tokens = text_vectorizer(), token_vectorizer(max_characters=3)

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string)])
    def serve(texts):
        found = module.texts.tokenizer(texts)
        return {**module.texts(texts), **module.tokens(found.tokens), "starts": found.starts.to_tensor()}

    module.serve = serve
    tf.saved_model.save(module, str(tmp_path))
    texts = tf.constant(["Good\xa0été", "", "😀 x"])
    tf.nest.map_structure(np.testing.assert_array_equal, tf.saved_model.load(str(tmp_path)).serve(texts), serve(texts))
