"""Dates, times and numbers: the same everywhere, split by target, one right target for each source."""

import hashlib
import re
from collections import Counter
from datetime import date, timedelta

import pytest

from rnnkit.data.builtin import dates_and_numbers
from rnnkit.data.builtin import dates_and_numbers_styles as styles
from rnnkit.errors import DataError
from tests.data.builtin.alone import run_alone

SPLITS = ("train", "validation", "test")
DAY, NIGHT = date(2007, 3, 3), styles.Time(20, 45)


@pytest.fixture(scope="module")
def corpus():
    return {split: list(dates_and_numbers.pairs(split)) for split in SPLITS}


@pytest.mark.parametrize(
    ("split", "expected"),
    [
        ("train", "1bf6f28817113a4227d1601288d2c8741cea67cd330c23ff7ab232ddf8c80333"),
        ("validation", "75367a2422da4327ab15e436e90188200e315c21a5d2fd4075c053cedb62953f"),
        ("test", "46eecf851632998819a40c4a408362c76324aea62556c0b480176fcb6d2cda3f"),
    ],
)
def test_the_pairs_are_pinned(corpus, split, expected):
    lines = (f"{pair.source}\t{pair.target}\t{pair.kind}\n" for pair in corpus[split][:500])
    assert hashlib.sha256("".join(lines).encode()).hexdigest() == expected


def test_a_process_with_another_hash_seed_makes_the_same_pairs_without_tensorflow():
    program = """
from rnnkit.data.builtin import dates_and_numbers
print([tuple(pair) for pair in dates_and_numbers.pairs("test", 20)])
print([name for name in ("tensorflow", "keras", "numpy") if name in sys.modules])
"""
    made = [tuple(pair) for pair in dates_and_numbers.pairs("test", 20)]
    assert run_alone(program, PYTHONHASHSEED="7") == f"{made}\n[]"


def test_sizes_limit_and_form(corpus):
    assert {split: len(found) for split, found in corpus.items()} == dates_and_numbers.SIZES
    few = list(dates_and_numbers.examples("train", 3))
    assert few == [{"source": pair.source, "target": pair.target} for pair in corpus["train"][:3]]
    assert list(dates_and_numbers.examples("test", 0)) == []


def test_no_target_is_in_two_splits_and_no_source_twice(corpus):
    targets = [{pair.target for pair in corpus[split]} for split in SPLITS]
    assert not targets[0] & targets[1] and not targets[0] & targets[2] and not targets[1] & targets[2]
    sources = [pair.source for found in corpus.values() for pair in found]
    assert len(set(sources)) == len(sources)


@pytest.mark.parametrize("split", ("validation", "test"))
def test_every_word_is_in_train(corpus, split):
    """Numbers in digits and Roman numerals aside, of which every character is."""
    words = {
        name: {word for pair in corpus[name] for word in re.findall("[A-Za-z]+", pair.source) if pair.kind != "roman"}
        for name in ("train", split)
    }
    assert words[split] <= words["train"]
    characters = {name: {letter for pair in corpus[name] for letter in pair.source} for name in ("train", split)}
    assert characters[split] <= characters["train"]


def test_sources_and_targets_are_tidy(corpus):
    for pair in (pair for found in corpus.values() for pair in found):
        assert pair.source == " ".join(pair.source.split()) and pair.source and pair.target
        assert pair.source.isascii() and len(pair.source) <= 100 and len(pair.target) <= 10
        assert not set("{}") & set(pair.source)
        assert pair.source != pair.target


@pytest.mark.parametrize("split", SPLITS)
def test_the_kinds_have_their_shares(corpus, split):
    found = Counter(pair.kind for pair in corpus[split])
    for share, kind in dates_and_numbers.KINDS:
        assert abs(found[kind] / found.total() - share) < 0.04


def test_every_style_occurs(corpus):
    """In training, told by what the templates say besides their slots."""
    sources = [f" {pair.source.lower()} " for pair in corpus["train"]]
    for style in (style for kind, found in styles.STYLES.items() for style in found if kind != "roman"):
        words = re.split("{.*?}", style.text)
        if any(words):
            assert any(all(word in source for word in words) for source in sources), style


# === The grammar ===


@pytest.mark.parametrize(
    ("kind", "fact", "source", "target"),
    [
        ("date", DAY, "the third of March, two thousand and seven", "2007-03-03"),
        ("date", DAY, "Saturday, March third, twenty oh seven", "2007-03-03"),
        ("date", DAY, "March 3rd 2007", "2007-03-03"),
        ("date", DAY, "Sat 3 Mar 07", "2007-03-03"),
        ("date", DAY, "2007/03/03", "2007-03-03"),
        ("date", date(1999, 12, 21), "the twenty first of December, nineteen ninety-nine", "1999-12-21"),
        ("date", date(1999, 12, 21), "12/21/1999", "1999-12-21"),
        ("date", date(1999, 12, 21), "21/12/1999", "1999-12-21"),
        ("time", NIGHT, "a quarter to nine in the evening", "20:45"),
        ("time", NIGHT, "eight forty-five p.m.", "20:45"),
        ("time", NIGHT, "8:45 pm", "20:45"),
        ("time", NIGHT, "twenty forty-five hours", "20:45"),
        ("time", styles.Time(0, 5), "five past twelve at night", "00:05"),
        ("time", styles.Time(7, 0), "oh seven hundred hours", "07:00"),
        ("time", styles.Time(7, 0), "seven o'clock in the morning", "07:00"),
        ("time", styles.Time(23, 59), "one minute to twelve at night", "23:59"),
        ("integer", -12_005, "minus twelve thousand and five", "-12005"),
        ("integer", 2_500_000, "two point five million", "2500000"),
        ("integer", 1_050_000, "one point oh five million", "1050000"),
        ("integer", 0, "zero", "0"),
        ("ordinal", 21, "the twenty-first", "21st"),
        ("decimal", "3.05", "three point oh five", "3.05"),
        ("decimal", "-0.5", "negative zero point five", "-0.5"),
        ("decimal", "0.5", "nought point five", "0.5"),
        ("roman", 2007, "MMVII", "2007"),
    ],
)
def test_ways_to_write_by_hand(kind, fact, source, target):
    assert source in set(styles.every_way(kind, fact))
    assert styles.TARGETS[kind](fact) == target


@pytest.mark.parametrize(
    ("kind", "fact", "source"),
    [
        ("date", DAY, "3/3/2007"),
        ("date", date(1968, 3, 3), "3 Mar 68"),
        ("date", date(2069, 3, 3), "3 Mar 69"),
        ("ordinal", 100, "a hundredth"),
        ("time", styles.Time(0, 5), "five past twelve in the morning"),
        ("integer", 2_000_000, "two point million"),
    ],
)
def test_what_could_be_read_in_two_ways_is_not_written(kind, fact, source):
    assert source not in set(styles.every_way(kind, fact))


def facts():
    """(kind, fact) of every time and Roman numeral, of all days of four years and many numbers."""
    days = [date(year, 1, 1) + timedelta(days=place) for year in (1899, 1907, 2007, 2020) for place in range(0, 365, 3)]
    yield from (("date", day) for day in days)
    yield from (("date", date(year, 12, 21)) for year in range(1800, 2100))
    yield from (("time", styles.Time(*divmod(minute, 60))) for minute in range(24 * 60))
    numbers = [
        *range(-130, 1_200),
        *range(1_990, 2_130),
        *range(9 * 10**5, 4 * 10**6, 70_000),
        *range(0, 10**7, 99_991),
    ]
    yield from (("integer", number) for number in numbers)
    yield from (("ordinal", number) for number in range(1, 2_200))
    wholes = (0, 1, 3, 12, 20, 21, 100, 305)
    yield from (
        ("decimal", f"{sign}{whole}.{digits}")
        for sign in ("", "-")
        for whole in wholes
        for digits in (1, 14, "05", "007")
    )
    yield from (("roman", number) for number in range(1, 4_000))


def test_no_source_has_two_targets():
    targets = {}
    for kind, fact in facts():
        target = styles.TARGETS[kind](fact)
        for source in set(styles.every_way(kind, fact)):
            for cased in {source, source.lower()} if kind != "roman" else {source}:
                assert targets.setdefault(cased, target) == target, cased


def test_every_slot_and_condition_of_the_grammar_is_there():
    used = {style.condition for found in styles.STYLES.values() for style in found}
    assert used == set(styles.CONDITIONS)
    templates = "".join(style.text for found in styles.STYLES.values() for style in found)
    assert all(f"{{{slot}}}" in templates for slot in styles.SLOTS)


# === The baseline ===


def test_word_by_word_is_right_where_no_grammar_is_needed(corpus):
    assert dates_and_numbers.word_by_word("2007, March 21") == "2007-03-21"
    assert dates_and_numbers.word_by_word("minus three point oh five") == "-3.05"
    assert dates_and_numbers.word_by_word("") == ""
    right = sum(dates_and_numbers.word_by_word(pair.source) == pair.target for pair in corpus["test"])
    assert 0.05 < right / len(corpus["test"]) < 0.15


def test_an_unknown_split_is_named():
    with pytest.raises(DataError, match="no split 'dev'; it has train, validation, test"):
        dates_and_numbers.examples("dev")
