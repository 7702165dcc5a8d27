"""Words: what is a token, and the rules that make a text of tokens again."""

import pytest
import tensorflow as tf

from rnnkit.config.schema import WORD_PATTERN
from rnnkit.data.units import Words
from rnnkit.data.units.word import PUNCTUATION, WORD
from rnnkit.errors import ConfigError
from tests.data.units.strings import NASTY, random_texts

TEXT = 'It\'s GOOD, isn’t it?\nYes (very): "fine" …'


def cut(text, **options):
    return [token.decode() for token in Words.fit([text], **options).tokens(tf.constant([text])).values.numpy()]


def joined(unit, *tokens):
    return unit.join(tf.ragged.constant([tokens], dtype=tf.string, ragged_rank=1)).numpy()[0].decode()


def test_words_are_cut_as_in_the_other_apps():
    assert f"{WORD}|{PUNCTUATION}" == WORD_PATTERN


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, ["It's", "GOOD", ",", "isn’t", "it", "?", "Yes", "(", "very", ")", ":", '"', "fine", '"', "…"]),
        ({"punctuation": False}, ["It's", "GOOD", "isn’t", "it", "Yes", "very", "fine"]),
        ({"punctuation": False, "newlines": True}, ["It's", "GOOD", "isn’t", "it", "\n", "Yes", "very", "fine"]),
        ({"punctuation": False, "lowercase": True}, ["it's", "good", "isn’t", "it", "yes", "very", "fine"]),
        ({"pattern": r"\S+"}, ["It's", "GOOD,", "isn’t", "it?", "Yes", "(very):", '"fine"', "…"]),
        ({"pattern": r"[^ \n]+", "newlines": True}, [*TEXT.split("\n")[0].split(), "\n", *TEXT.split("\n")[1].split()]),
    ],
)
def test_tokens(options, expected):
    assert cut(TEXT, **options) == expected


def test_what_cannot_be_seen_is_no_token():
    assert cut("a\u00a0b\u3000c\u200bd\u00ad. \ufeffe") == ["a", "b", "c", "d", ".", "e"]


def test_unknown_words():
    unit = Words.fit(["b a b <s>"], pattern=r"\S+", size=6)
    assert unit.names == ("<pad>", "<unk>", "<s>", "</s>", "b", "a")
    ids = unit.ragged(tf.constant(["a x b <s> <unk>", ""]))
    assert ids.to_list() == [[5, 1, 4, 1, 1], []]
    assert unit.decode(ids).numpy().tolist() == [b"a <unk> b <unk> <unk>", b""]
    assert unit.tokens(tf.constant(["a x"])).to_list() == [[b"a", b"x"]]


def test_rarer_words_are_left_out():
    assert Words.fit(["b a b c c"], min_count=2).names[4:] == ("b", "c")
    with pytest.raises(ConfigError, match="min_count: got 3, but no token of the training texts occurs as often"):
        Words.fit(["b a b c c"], min_count=3)


def test_ids_are_shown_eagerly_and_in_a_graph():
    unit = Words.fit(["b a"])
    for show in (unit.show, tf.function(unit.show), unit.show):
        assert show(tf.constant([[4, 0], [5, 1]])).numpy().tolist() == [[b"a", b"<pad>"], [b"b", b"<unk>"]]


@pytest.mark.parametrize(
    ("tokens", "expected"),
    [
        (["a", ",", "b", ".", "c", "!", "?"], "a, b. c!?"),
        (["(", "a", ")", "[", "{", "b", "}", "]", "50", "%"], "(a) [{b}] 50%"),
        (["“", "a", "”", "‘", "b", "’"], "“a” ‘b’"),
        (["¿", "a", "?", "¡", "b", "!"], "¿a? ¡b!"),
        (['"', "a", '"', "-", "b"], '" a " - b'),
        (["a", ".", "\n", "\n", "b", "\n"], "a.\n\nb\n"),
        (["\n", "\n", "\n", "a"], "\n\n\na"),
        (["a.b", ",c"], "a.b,c"),
        ([], ""),
    ],
)
def test_joining(tokens, expected):
    assert joined(Words.fit(["a"]), *tokens) == expected


def test_joining_for_corpora_that_come_tokenised():
    unit = Words.fit(["a"], detokenize=False)
    assert joined(unit, "a", ",", "(", "b", ")", "\n", "c", ".") == "a , ( b )\nc ."


def test_a_text_that_was_joined_has_the_same_tokens():
    texts = tf.constant([text.encode() for text in [TEXT, *NASTY, *random_texts(2000, seed=2)]])
    unit = Words.fit([TEXT], newlines=True)
    tokens = unit.tokens(texts)
    assert unit.tokens(unit.join(tokens)).to_list() == tokens.to_list()


def test_a_pattern_that_cannot_be():
    with pytest.raises(ConfigError, match="is not a regular expression that RE2 reads"):
        Words.fit(["a"], pattern="(")
