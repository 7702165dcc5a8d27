"""Characters: lossless round trips, and what becomes of an unknown one."""

import pytest
import tensorflow as tf

from rnnkit.data.units import Characters
from rnnkit.errors import ConfigError, DataError
from tests.data.units.strings import LONG, NASTY, random_texts

TEXTS = [*NASTY, *LONG, *random_texts(2000, seed=1)]


def strings(texts):
    return tf.constant([text.encode() for text in texts])


def test_frequent_first():
    assert Characters.fit(["abcb", "\nb"]).names == ("<pad>", "<unk>", "<s>", "</s>", "b", "\n", "a", "c")
    assert Characters.fit(["abcb", "\nb"], size=6, unknown="<unk>").names[4:] == ("b", "\n")
    assert Characters.fit(["abcb", "\nb"], min_count=2, unknown="<unk>").names[4:] == ("b",)


def test_ids_are_those_of_the_code_points():
    unit = Characters.fit(TEXTS)
    ids = {name: index for index, name in enumerate(unit.names)}
    assert unit.ragged(strings(TEXTS)).to_list() == [[ids[character] for character in text] for text in TEXTS]


def test_round_trip():
    unit = Characters.fit(TEXTS)
    found = unit.decode(unit.ragged(strings(TEXTS))).numpy()
    assert [text.decode() for text in found] == TEXTS


def test_bytes_that_are_no_characters_are_replaced():
    unit = Characters.fit(["ab\ud800"])  # a lone surrogate, as Python lets texts have
    assert "\ufffd" in unit.names
    unit.check(["a\udfffb"])
    found = unit.decode(unit.encode(tf.constant([b"a\xffb", b"\xed\xa0\x80", b"b\xf0\x9f"]))[0]).numpy()
    assert [text.decode() for text in found] == ["a\ufffdb", "\ufffd\ufffd\ufffd", "b\ufffd"]


def test_an_unknown_character_may_have_the_id_of_unk():
    unit = Characters.fit(["abc"], unknown="<unk>")
    unit.check(["xyz"])
    ids = unit.ragged(tf.constant(["axb", "é"]))
    assert ids.to_list() == [[4, 1, 5], [1]]
    assert unit.decode(ids).numpy().tolist() == [b"a<unk>b", b"<unk>"]
    assert unit.tokens(tf.constant(["axb"])).to_list() == [[b"a", b"x", b"b"]]


@pytest.mark.parametrize(
    ("character", "name"),
    [("é", "U+00E9"), ("😀", "U+1F600"), ("\x00", "U+0000"), ("日", "U+65E5"), ("\U0010ffff", "U+10FFFF")],
)
def test_an_unknown_character_is_an_error_that_names_it(character, name):
    unit = Characters.fit(["abc"])
    texts = ["", "abc", f"ab{character}c{character}", "x"]
    with pytest.raises(DataError) as caught:
        unit.check(texts)
    assert str(caught.value) == (
        f"text 2, position 2 (from 0): the character {character!r} ({name}) is not among the 3 of the vocabulary; "
        'take it out, or train with unknown set to "<unk>"'
    )
    escaped = name.replace("+", r"\+")
    expected = rf"text 2, position 2 \(from 0\): the character {escaped} is not in the vocabulary"
    for encode in (unit.encode, tf.function(unit.encode)):
        with pytest.raises(tf.errors.InvalidArgumentError, match=expected):
            encode(tf.constant(texts))


def test_the_place_of_an_unknown_character_counts_over_all_texts():
    texts = ["ab"] * 3000 + ["abé"]
    with pytest.raises(DataError, match=r"^text 3000, position 2 "):
        Characters.fit(["ab"]).check(texts)


def test_known_characters_pass():
    unit = Characters.fit(["abc"])
    unit.check([])
    unit.check(["cab", ""])
    assert unit.ragged(tf.constant(["cab", ""])).to_list() == [[6, 4, 5], []]


def test_lower_case():
    unit = Characters.fit(["AbB É"], lowercase=True)
    assert unit.names[4:] == ("b", " ", "a", "é")
    assert unit.decode(unit.ragged(tf.constant(["ÉAB"]))).numpy().tolist() == ["éab".encode()]


@pytest.mark.parametrize("options", [{"size": 6}, {"min_count": 2}])
def test_training_characters_left_out_are_an_error_where_unknown_ones_are(options):
    with pytest.raises(ConfigError, match="they leave out 1 of the 3 characters of the training texts, such as 'c'"):
        Characters.fit(["aabbc"], **options)


def test_a_policy_that_is_none():
    with pytest.raises(ConfigError, match="unknown: got 'skip'; it must be one of 'error', '<unk>'"):
        Characters.fit(["a"], unknown="skip")
