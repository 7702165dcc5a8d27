"""Vectorizers."""

import json

import numpy as np
import pytest
import tensorflow as tf

from rnnkit.config.schema import ClassifierText, TaggerText
from rnnkit.data.text import TextVectorizer, TokenVectorizer, to_dense
from rnnkit.data.vocabulary import Vocabulary

WORDS = Vocabulary(["good", "not", "été"])
CHARACTERS = Vocabulary(list("abcdefgG"))


def text_vectorizer(**options):
    return TextVectorizer(ClassifierText(**options), WORDS)


def token_vectorizer(**options):
    return TokenVectorizer(TaggerText(**options), WORDS, CHARACTERS)


def ragged(rows):
    return tf.ragged.constant(rows, ragged_rank=1, dtype=tf.string)


def test_texts_to_padded_ids():
    ids = text_vectorizer()(tf.constant(["Not GOOD ÉTÉ", "bad", ""]))["tokens"]
    assert ids.numpy().tolist() == [[3, 2, 4], [1, 0, 0], [0, 0, 0]] and ids.dtype == tf.int32


def test_case_is_kept_where_the_configuration_says_so():
    assert text_vectorizer(lowercase=False)(tf.constant(["good GOOD"]))["tokens"].numpy().tolist() == [[2, 1]]


@pytest.mark.parametrize("texts", [[""], ["", " \n"]])
def test_empty_texts_are_one_step_of_padding(texts):
    assert text_vectorizer()(tf.constant(texts))["tokens"].numpy().tolist() == [[0]] * len(texts)


def test_texts_are_cut():
    vectorizer, texts = text_vectorizer(max_tokens=2), tf.constant(["good good good", "good good"])
    assert vectorizer(texts)["tokens"].shape == (2, 2)
    assert vectorizer.ragged(texts)[1].numpy().tolist() == [True, False]


def test_tokens_to_words_and_characters():
    out = token_vectorizer(max_characters=4)(tf.ragged.constant([["Good", "bad"], ["?"]]))
    assert out["words"].numpy().tolist() == [[2, 1], [1, 0]]
    assert out["characters"].numpy().tolist() == [[[9, 1, 1, 5], [3, 2, 5, 0]], [[1, 0, 0, 0], [0, 0, 0, 0]]]
    assert out["words"].dtype == out["characters"].dtype == tf.int32


@pytest.mark.parametrize(("size", "read"), [(4, "abfg"), (5, "abcfg"), (1, "a"), (7, "abcdefg"), (9, "abcdefg")])
def test_of_long_words_the_two_ends_are_read(size, read):
    ids = token_vectorizer(max_characters=size)(tf.ragged.constant([["abcdefg"]]))["characters"].numpy()[0, 0]
    assert ids.tolist() == [CHARACTERS.tokens.index(c) for c in read] + [0] * (size - len(read))


def test_sentences_are_cut():
    vectorizer = token_vectorizer(max_tokens=3)
    tokens = ragged([["good", "a", "b", "c"], ["not"], [], ["a", "b", "c"]])
    assert vectorizer(tokens)["words"].numpy().tolist() == [[2, 1, 1], [3, 0, 0], [0, 0, 0], [1, 1, 1]]
    assert vectorizer.ragged(tokens)[1].numpy().tolist() == [True, False, False, False]


def test_no_tokens_at_all_are_one_step_of_padding():
    out = token_vectorizer(max_characters=5)(ragged([[], []]))
    assert out["words"].numpy().tolist() == [[0], [0]]
    assert out["characters"].shape == (2, 1, 5) and not out["characters"].numpy().any()


def test_broken_bytes_and_emoji_do_no_harm():
    out = token_vectorizer(max_characters=3)(ragged([[b"\xff\xfe", "😀a"]]))
    assert out["characters"].numpy().tolist() == [[[1, 1, 0], [1, 2, 0]]]


def test_graph_equals_eager_for_any_shape():
    vectorizer = token_vectorizer(max_characters=3)
    traced = tf.function(vectorizer, input_signature=[tf.RaggedTensorSpec([None, None], tf.string)])
    for tokens in (ragged([["good", "x"]]), ragged([["a"], []])):
        tf.nest.map_structure(np.testing.assert_array_equal, traced(tokens), vectorizer(tokens))
    assert traced(ragged([]))["characters"].shape == (0, 1, 3)


@pytest.mark.parametrize(("time", "steps"), [(1, 2), (2, 2), (4, 4)])
def test_padding_to_a_time(time, steps):
    rows = tf.ragged.constant([[5], [6, 7], []], dtype=tf.int32)
    filled = np.full((3, steps), -1)
    filled[0, 0], filled[1, :2] = 5, (6, 7)
    dense = to_dense({"flat": rows, "deep": tf.stack([rows, rows], axis=-1)}, time, padding=-1)
    np.testing.assert_array_equal(dense["flat"], filled)
    np.testing.assert_array_equal(dense["deep"], np.stack([filled, filled], axis=-1))


@pytest.mark.parametrize("made", [text_vectorizer(pattern=r"\S+"), token_vectorizer(max_characters=3, lowercase=False)])
def test_state_is_json_and_comes_back_with_the_configuration(made):
    again = type(made).from_state(made.text, json.loads(json.dumps(made.state())))
    example = tf.constant(["Good été, not"]) if isinstance(made, TextVectorizer) else ragged([["Good", "x"]])
    tf.nest.map_structure(np.testing.assert_array_equal, again(example), made(example))
    assert again.state() == made.state()
    other = type(made).from_state(made.text.model_copy(update={"max_tokens": 1}), made.state())
    assert next(iter(other(example).values())).shape[1] == 1


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
