"""Dates, times and numbers as people write them, and their ISO and digit forms, for translation.

"the third of March, two thousand and seven", "Sat, 3 Mar 2007" and "03-Mar-07" are all 2007-03-03; "a quarter to nine
in the evening" is 20:45, "minus twelve thousand and five" -12005, "the twenty-first" 21st, "three point oh five" 3.05,
"MMVII" 2007. Each source has one right target: day and month stand in an order that can be read in one way only (the
day is above twelve, the month is named, or the year comes first in four digits), two digits of a year mean 1969 to
2068, and a time says which half of the day it is in. The grammar is data: `dates_and_numbers_styles`.

The target decides the split: a date, time or number is found in one split only, however it is written. So whoever is
right on validation or test has read the source and remembers nothing. Their words are all in train. For comparison, a
dictionary without grammar, `word_by_word`, is right on 9.6% of the test pairs, on 6.8% of the dates.

22,000 pairs: six in ten are dates (1800 to 2099), the rest times, whole numbers (to ten millions, some negative),
ordinals, decimals and Roman numerals (to 3,999). Frozen: a test pins them. Made for rnnkit, under its licence.
"""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import islice
from typing import Literal, NamedTuple

from rnnkit.data.builtin import dates_and_numbers_styles as styles
from rnnkit.data.builtin import numerals
from rnnkit.data.builtin.chance import Draw, held_out_split
from rnnkit.errors import DataError

SIZES = {"train": 20_000, "validation": 1_000, "test": 1_000}
KINDS = ((0.60, "date"), (0.10, "time"), (0.15, "integer"), (0.05, "ordinal"), (0.07, "decimal"), (0.03, "roman"))

Kind = Literal["date", "time", "integer", "ordinal", "decimal", "roman"]

_SEEDS = {"train": 1, "validation": 2, "test": 3}
_FIRST_DAY, _LAST_DAY = date(1800, 1, 1), date(2099, 12, 31)
_DIGITS = 7  # of whole numbers, at most
_ORDINAL_DIGITS = 4
_ROUND, _NEGATIVE, _LOWER = 0.25, 0.15, 0.25  # how often a number ends in zeros, is negative, a source in lower case

# The baseline's dictionary: what a word alone, or a piece of one, can be put for.
_NUMBERS = {word: str(number) for number, word in enumerate(numerals.SMALL)} | {
    word: str(number * 10) for number, word in enumerate(numerals.TENS) if number
}
_DICTIONARY = (
    _NUMBERS
    | {numerals.ordinal(word): number for word, number in _NUMBERS.items()}
    | {month.lower(): f"{place:02}" for place, month in enumerate(styles.MONTHS, 1)}
    | {month.lower()[:3]: f"{place:02}" for place, month in enumerate(styles.MONTHS, 1)}
    | {"point": ".", "minus": "-", "negative": "-", "nought": "0", "oh": "0"}
)


class Pair(NamedTuple):
    """A source, its target and the kind of thing that they are."""

    source: str
    target: str
    kind: Kind


def examples(split: str, limit: int | None = None) -> Iterator[dict[str, str]]:
    """Yields the examples {"source": str, "target": str} of a split, the same ones on every machine.

    >>> for example in examples("test", 3):
    ...     print(example["source"], "->", example["target"])
    Tuesday, April ninth nineteen sixty-three -> 1963-04-09
    4/20/1870 -> 1870-04-20
    in the year eighteen hundred and ninety, on the fourteenth of February -> 1890-02-14

    Args:
        split: "train" (20,000 pairs), "validation" or "test" (1,000 each).
        limit: at most so many.

    Raises:
        DataError: there is no such split.
    """
    return ({"source": pair.source, "target": pair.target} for pair in pairs(split, limit))


def pairs(split: str, limit: int | None = None) -> Iterator[Pair]:
    """As `examples`, with the kind of each pair."""
    if split not in SIZES:
        raise DataError(f"dates_and_numbers has no split {split!r}; it has {', '.join(SIZES)}")
    return islice(_generate(split), SIZES[split] if limit is None else min(limit, SIZES[split]))


def split_of(target: str) -> str:
    """The one split in which a target occurs, however it is written; eight in ten train."""
    return held_out_split(f"target {target}")


def word_by_word(source: str) -> str:
    """The trivial baseline: each word or number put by a dictionary, in the order of the source, without grammar.

    >>> word_by_word("three point one four"), word_by_word("2007/03/05"), word_by_word("the third of March, 2007")
    ('3.14', '2007-03-05', '3-03-2007')
    """
    pieces = [
        _DICTIONARY.get(word, word if word.isdigit() else "") for word in re.findall(r"[a-z]+|\d+", source.lower())
    ]
    joint = "-" if sum(len(piece) > 1 for piece in pieces) > 1 else ""
    return joint.join(piece for piece in pieces if piece)


def _generate(split: str) -> Iterator[Pair]:
    """Endless, no source twice, each kind as often as `KINDS` says."""
    draw = Draw(_SEEDS[split])
    seen = set()
    while True:
        kind = draw.weighted(KINDS)
        pair = _pair(draw, kind)
        while split_of(pair.target) != split or pair.source in seen:
            pair = _pair(draw, kind)
        seen.add(pair.source)
        yield pair


def _pair(draw: Draw, kind: Kind) -> Pair:
    fact = _FACTS[kind](draw)
    style = draw.weighted([(style.weight, style) for style in styles.fitting(kind, fact)])
    source = styles.fill(style, fact, draw.one_of)
    if kind != "roman" and draw.happens(_LOWER):
        source = source.lower()
    return Pair(source, styles.TARGETS[kind](fact), kind)


def _date(draw: Draw) -> date:
    return _FIRST_DAY + timedelta(days=draw.below((_LAST_DAY - _FIRST_DAY).days + 1))


def _time(draw: Draw) -> styles.Time:
    """Half of them at a multiple of five minutes."""
    minute = 5 * draw.below(12) if draw.happens(0.5) else draw.below(60)
    return styles.Time(draw.below(24), minute)


def _whole(draw: Draw, digits: int) -> int:
    """As many of one digit as of two, three, …; some of them end in zeros."""
    length = draw.between(1, digits)
    number = draw.below(10**length)
    zeros = 10 ** draw.below(length) if draw.happens(_ROUND) else 1
    return number // zeros * zeros


def _integer(draw: Draw) -> int:
    number = _whole(draw, _DIGITS)
    return -number if draw.happens(_NEGATIVE) else number


def _ordinal(draw: Draw) -> int:
    return _whole(draw, _ORDINAL_DIGITS) or 1


def _decimal(draw: Draw) -> str:
    """The last of one to four digits after the point is not zero."""
    digits = "".join(str(draw.below(10)) for _ in range(draw.below(4))) + str(draw.between(1, 9))
    return f"{'-' if draw.happens(_NEGATIVE) else ''}{_whole(draw, 3)}.{digits}"


_FACTS = {
    "date": _date,
    "time": _time,
    "integer": _integer,
    "ordinal": _ordinal,
    "decimal": _decimal,
    "roman": lambda draw: draw.between(1, 3999),
}
