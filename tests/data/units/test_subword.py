"""Subwords: the graph against the library that learnt them, on any Unicode."""

import json
import re
import sys

import pytest
import tensorflow as tf

from rnnkit.data.units import Subwords, training
from rnnkit.data.units.merging import pieces_of
from rnnkit.data.units.subword import PATTERN
from rnnkit.errors import UserError
from tests.data.units.strings import LONG, NASTY, random_texts

PROSE = [
    "the quick brown fox doesn't jump over the lazy dog, it isn't there.",
    "Zwei junge weiße Männer sind im Freien in der Nähe vieler Büsche.",
    "two young, white males are outside near many bushes.\n",
    "    def step(self, projected, recurrent, states):\n        return projected + recurrent\n",
]
SIZE = 1500
ALL = "".join(map(chr, [*range(0xD800), *range(0xE000, sys.maxunicode + 1)]))


@pytest.fixture(scope="module")
def learnt():
    """(the library's tokenizer, the unit of its merges, our id of each of the library's)"""
    texts = [*PROSE * 5, *NASTY, *random_texts(3000, seed=3)]
    tokenizer = training.learn(texts, SIZE - 4, 2, PATTERN)
    unit = Subwords(training.merges_of(tokenizer))
    pieces = pieces_of(unit.to_config()["merges"])[0]
    ours = {piece: index for index, piece in enumerate(pieces) if index > 3}
    ids = {index: ours[training.piece_bytes(piece)] for piece, index in tokenizer.get_vocab().items()}
    return tokenizer, unit, ids


def by_library(learnt, texts):
    tokenizer, _, ids = learnt
    return [[ids[index] for index in found.ids] for found in tokenizer.encode_batch(texts)]


def strings(texts):
    return tf.constant([text.encode() for text in texts], tf.string)


def test_the_library_learnt_as_many_as_asked(learnt):
    tokenizer, unit, ids = learnt
    assert len(unit) == SIZE and tokenizer.get_vocab_size() == SIZE - 4
    assert sorted(ids.values()) == list(range(4, SIZE))
    assert max(len(name) for name in unit.names) > 4


def test_ten_thousand_random_texts_are_encoded_as_by_the_library_and_come_back(learnt):
    encode = tf.function(learnt[1].ragged, input_signature=[tf.TensorSpec([None], tf.string)])
    texts = [*NASTY, *PROSE, *random_texts(10_000, seed=4)]
    for begin in range(0, len(texts), 1000):
        part = texts[begin : begin + 1000]
        ids = encode(strings(part))
        assert ids.to_list() == by_library(learnt, part)
        assert [text.decode() for text in learnt[1].decode(ids).numpy()] == part


@pytest.mark.parametrize("place", range(len(LONG)))
def test_ten_thousand_characters(learnt, place):
    ids = learnt[1].ragged(strings(LONG[place : place + 1]))
    assert ids.to_list() == by_library(learnt, LONG[place : place + 1])
    assert learnt[1].decode(ids).numpy()[0].decode() == LONG[place]


def test_ten_thousand_random_characters(learnt):
    texts = random_texts(3, seed=5, longest=20_000)
    assert learnt[1].ragged(strings(texts)).to_list() == by_library(learnt, texts)


def test_every_character_is_in_one_class_for_both_engines(learnt):
    words = re.findall(PATTERN, ALL)
    assert "".join(words) == ALL
    assert len(words) > 20
    library = [ALL[begin:end] for _, (begin, end) in learnt[0].pre_tokenizer.pre_tokenize_str(ALL)]
    assert library == words
    unit = Subwords(())
    unit._merging = lambda distinct: tf.RaggedTensor.from_row_lengths(distinct, tf.ones_like(distinct, tf.int64))
    assert [word.decode() for word in unit._ids(strings([ALL])).values.numpy()] == words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("it doesn't hurt", ["it", " doesn", "'t", " hurt"]),
        ("l’été 'so'", ["l", "’été", " '", "so", "'"]),
        ("a  b\n\n c\td", ["a", "  ", "b", "\n\n ", "c", "\t", "d"]),
        ("in 2024, 50%!", ["in", " 2024", ",", " 50", "%!"]),
        ("x=y3", ["x", "=", "y", "3"]),
        ("日本語。中文", ["日本語", "。", "中文"]),
        ("e\u0301 שָׁלוֹם", ["e\u0301", " שָׁלוֹם"]),
        ("ok 👩‍💻❤️", ["ok", " 👩‍💻❤️"]),
        (" " + "a" * 130, [" " + "a" * 64, "a" * 64, "aa"]),
        (" " * 130, [" " * 64, " " * 64, "  "]),
    ],
)
def test_words(text, words):
    assert re.findall(PATTERN, text) == words


def test_bytes_that_are_no_characters_are_replaced(learnt):
    unit = learnt[1]
    wrong = [b"a\xffb", b"\xed\xa0\x80", b"b\xf0\x9f", b"\xc0\x80", b"\xf4\x90\x80\x80"]
    found = unit.decode(unit.ragged(tf.constant(wrong))).numpy()
    assert [text.decode() for text in found] == [text.decode(errors="replace") for text in wrong]


def test_ids_that_make_no_characters_are_replaced():
    unit = Subwords(())
    a, first, second = (4 + byte for byte in (0x61, 0xC3, 0xA9))
    assert unit.decode([[a, first], [first, second], [second, a]]).numpy().tolist() == [
        "a\ufffd".encode(), "é".encode(), "\ufffda".encode()
    ]  # fmt: skip


def test_names_show_bytes_that_are_no_characters():
    unit = Subwords([(4 + 0xE2, 4 + 0x80)])
    assert unit.names[4 + 0x61] == "a" and unit.names[4 + 0xE2] == "<0xE2>" and unit.names[260] == "<0xE2><0x80>"
    assert unit.tokens(tf.constant(["a…"])).to_list() == [[b"a", b"<0xE2><0x80>", b"<0xA6>"]]


def test_the_same_texts_give_the_same_merges():
    texts = [*PROSE, *random_texts(300, seed=6)]
    assert Subwords.fit(texts, 600).to_config() == Subwords.fit(texts, 600).to_config()


def test_texts_are_learnt_as_they_are_read():
    assert Subwords.fit(["AB ab"], 270, lowercase=True).names[260:] == ("ab",)
    unit = Subwords.fit(["\ud800"] * 3, 270)  # a lone surrogate, as Python lets texts have
    assert "\ufffd" in unit.names
    assert Subwords.fit(["", "ab ab"], 270).names[260:] == ("ab",)
    assert Subwords.fit(["ab ab"], 270, min_count=3).names[260:] == ()


class Learnt:
    """A tokenizer of the library, as far as its merges go."""

    def __init__(self, *merges):
        self._merges = merges

    def to_str(self):
        return json.dumps({"model": {"merges": self._merges}})


def test_two_merges_may_make_the_same_bytes():
    learnt = Learnt(("a", "b"), ("b", "c"), ("ab", "c"), ("a", "bc"), ("abc", "a"))
    assert training.merges_of(learnt) == [(101, 102), (102, 103), (260, 103), (101, 261), (262, 101)]


def test_the_library_is_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "tokenizers", None)
    with pytest.raises(UserError, match="the package tokenizers that learns it is missing; pip install tokenizers"):
        Subwords.fit(["a"], 300)
