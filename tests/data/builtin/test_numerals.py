"""Numerals by hand, and all of them read back."""

import pytest

from rnnkit.data.builtin import numerals

SCALES = {"hundred": 100, "thousand": 1_000, "million": 1_000_000}
VALUES = {word: number for number, word in enumerate(numerals.SMALL)} | {"a": 1, "and": 0}
VALUES |= {word: 10 * number for number, word in enumerate(numerals.TENS) if number}


def read(words):
    """The number that a cardinal in words means."""
    total = group = 0
    for word in words.replace("-", " ").replace(",", "").split():
        if word == "hundred":
            group *= 100
        elif word in SCALES:
            total, group = total + group * SCALES[word], 0
        else:
            group += VALUES[word]
    return total + group


@pytest.mark.parametrize(
    ("number", "british", "american"),
    [
        (0, "zero", "zero"),
        (13, "thirteen", "thirteen"),
        (40, "forty", "forty"),
        (100, "one hundred", "one hundred"),
        (121, "one hundred and twenty-one", "one hundred twenty-one"),
        (2_007, "two thousand and seven", "two thousand seven"),
        (105_000, "one hundred and five thousand", "one hundred five thousand"),
        (
            1_234_567,
            "one million two hundred and thirty-four thousand five hundred and sixty-seven",
            "one million two hundred thirty-four thousand five hundred sixty-seven",
        ),
    ],
)
def test_cardinals_by_hand(number, british, american):
    assert (numerals.cardinal(number), numerals.cardinal(number, " ")) == (british, american)


def test_the_styles_of_a_cardinal():
    assert numerals.cardinal(1_121, hyphen=" ", pause=", ", article="a") == "a thousand, one hundred and twenty one"
    assert numerals.cardinal(100_000, article="a") == "a hundred thousand"
    assert numerals.cardinals(7) == ("seven",)
    assert numerals.cardinals(21) == ("twenty-one", "twenty one")
    assert len(numerals.cardinals(1_121)) == 16


@pytest.mark.parametrize(
    "numbers", [range(2_200), range(99_900, 100_200), range(999_950, 1_000_250), range(0, 10**9, 1_234_567)]
)
def test_every_way_is_read_back(numbers):
    for number in numbers:
        assert {read(words) for words in numerals.cardinals(number)} == {number}


@pytest.mark.parametrize("number", [-1, 10**9])
def test_a_number_out_of_range_is_named(number):
    with pytest.raises(ValueError, match=rf"`number` must be from 0 to 999999999\. Received: number={number}"):
        numerals.cardinal(number)


@pytest.mark.parametrize(
    ("number", "words", "digits"),
    [
        (1, "first", "1st"), (2, "second", "2nd"), (3, "third", "3rd"), (5, "fifth", "5th"), (8, "eighth", "8th"),
        (9, "ninth", "9th"), (11, "eleventh", "11th"), (12, "twelfth", "12th"), (13, "thirteenth", "13th"),
        (20, "twentieth", "20th"), (21, "twenty-first", "21st"), (22, "twenty-second", "22nd"),
        (100, "one hundredth", "100th"), (112, "one hundred and twelfth", "112th"),
        (1_003, "one thousand and third", "1003rd"), (2_000, "two thousandth", "2000th"),
    ],
)  # fmt: skip
def test_ordinals_by_hand(number, words, digits):
    assert (numerals.ordinal(numerals.cardinal(number)), numerals.ordinal_digits(number)) == (words, digits)


@pytest.mark.parametrize(
    ("year", "ways"),
    [
        (1800, {"eighteen hundred"}),
        (1905, {"nineteen oh five", "nineteen hundred and five"}),
        (1912, {"nineteen twelve", "nineteen hundred and twelve"}),
        (2000, {"two thousand"}),
        (2007, {"two thousand and seven", "two thousand seven", "twenty oh seven"}),
        (2010, {"twenty ten", "two thousand and ten", "two thousand ten"}),
    ],
)
def test_years_by_hand(year, ways):
    assert set(numerals.years(year)) == ways


def test_no_two_years_are_said_alike():
    found = [words for year in range(1000, 10_000) for words in numerals.years(year)]
    assert len(set(found)) == len(found)


def test_decimals_by_hand():
    assert numerals.decimals("14") == ("one four",)
    assert numerals.decimals("05") == ("zero five", "oh five")


@pytest.mark.parametrize(
    ("number", "letters"), [(1, "I"), (4, "IV"), (14, "XIV"), (2007, "MMVII"), (3999, "MMMCMXCIX")]
)
def test_roman_by_hand(number, letters):
    assert numerals.roman(number) == letters


def test_every_roman_numeral_is_read_back():
    value = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100, "D": 500, "M": 1000}
    for number in range(1, 4000):
        digits = [value[letter] for letter in numerals.roman(number)]
        assert sum(-one if one < after else one for one, after in zip(digits, [*digits[1:], 0])) == number


def test_no_roman_numeral_is_named():
    with pytest.raises(ValueError, match=r"must be from 1 to 3999\. Received: number=0"):
        numerals.roman(0)
