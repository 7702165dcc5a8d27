"""Tokens and their offsets, against Python's own reading of the same text."""

import numpy as np
import pytest
import tensorflow as tf

from rnnkit.config.schema import WORD_PATTERN
from rnnkit.data.tokenizer import Tokenizer
from rnnkit.errors import ConfigError

TEXTS = [
    "It's GOOD, isn’t it?",
    "",
    " \t\n ",
    "😀😀 naïve שָׁלוֹם עולם, 3.14",
    "a\x1fb\x1f",
    "日本語 text\u2028next",
    "\x1f",
]


@pytest.fixture(scope="module")
def words():
    return Tokenizer("word", WORD_PATTERN, 512)


def listed(tokens, row):
    return [token.decode() for token in tokens.tokens[row].numpy()]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It's GOOD, isn’t it?", ["It's", "GOOD", ",", "isn’t", "it", "?"]),
        ("3.14 a_b --", ["3", ".", "14", "a_b", "-", "-"]),
        ("a\x1fb", ["a", "b"]),
        ("", []),
        (" \n", []),
    ],
)
def test_words(words, text, expected):
    found = words(tf.constant([text]))
    assert listed(found, 0) == expected
    assert found.tokens.dtype == tf.string and found.starts.dtype == tf.int32


@pytest.mark.parametrize("unit", ["word", "char"])
def test_offsets_cut_the_tokens_out_of_the_text(unit):
    found = Tokenizer(unit, WORD_PATTERN, 512)(tf.constant(TEXTS))
    for row, text in enumerate(TEXTS):
        spans = zip(found.starts[row].numpy(), found.ends[row].numpy())
        assert listed(found, row) == [text[start:end] for start, end in spans]
    assert not found.truncated.numpy().any()


def test_characters_are_all_there_is_spaces_too():
    found = Tokenizer("char", WORD_PATTERN, 512)(tf.constant(TEXTS))
    assert ["".join(listed(found, row)) for row in range(len(TEXTS))] == TEXTS


def test_a_pattern_with_groups_of_its_own():
    found = Tokenizer("word", r"(\d)(\d)|([a-z])+", 9)(tf.constant(["12 ab 345"]))
    assert listed(found, 0) == ["12", "ab", "34"]
    assert found.starts.to_list() == [[0, 3, 6]]


def test_bytes_that_are_not_utf8_are_one_character_each(words):
    found = words(tf.constant([b"ok \xff\xfe fine", b"\xf0\x9f"]))
    assert listed(found, 0) == ["ok", "\ufffd", "\ufffd", "fine"]
    assert found.starts[0].numpy().tolist() == [0, 3, 4, 6]


@pytest.mark.parametrize("unit", ["word", "char"])
def test_long_texts_are_cut_and_say_so(unit):
    found = Tokenizer(unit, WORD_PATTERN, 3)(tf.constant(["a,b", "a,b,c", ""]))
    assert found.tokens.row_lengths().numpy().tolist() == [3, 3, 0]
    assert found.starts.row_lengths().numpy().tolist() == [3, 3, 0]
    assert found.truncated.numpy().tolist() == [False, True, False]


def test_a_hundred_thousand_characters_are_cut(words):
    texts = tf.constant(["word " * 20_000, "😀" * 100_000, "a" * 100_000, " " * 100_000])
    found = words(texts)
    assert found.tokens.row_lengths().numpy().tolist() == [512, 512, 1, 0]


def test_a_graph_gives_the_same_for_any_batch(words):
    traced = tf.function(words, input_signature=[tf.TensorSpec([None], tf.string)])
    np.testing.assert_array_equal(traced(tf.constant(TEXTS)).starts.values, words(tf.constant(TEXTS)).starts.values)
    assert traced(tf.zeros([0], tf.string)).tokens.to_list() == []


@pytest.mark.parametrize("pattern", ["(", "(?=a)", "[a"])
def test_a_pattern_that_re2_does_not_read(pattern):
    with pytest.raises(ConfigError, match=r"text\.pattern: .* is not a regular expression that RE2 reads: "):
        Tokenizer("word", pattern, 9)


@pytest.mark.parametrize("pattern", ["x*", "", r"\b", "a|", "^", "$"])
def test_a_pattern_that_matches_nothing(pattern):
    with pytest.raises(ConfigError, match=r"text\.pattern: .* matches where there is no character"):
        Tokenizer("word", pattern, 9)


def test_characters_need_no_pattern():
    assert listed(Tokenizer("char", "(", 9)(tf.constant(["a b"])), 0) == ["a", " ", "b"]
