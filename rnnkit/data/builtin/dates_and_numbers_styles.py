"""The grammar of the corpus of dates and numbers, as data: how each kind of fact can be written out.

A style is a template. Its slots, such as {month} in "the {nth} of {month}", are filled by `SLOTS`, which gives all the
ways to write one; its condition, if it has one, is a name in `CONDITIONS`.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from itertools import product
from typing import Any, NamedTuple

from rnnkit.data.builtin import numerals

Fact = Any  # a date, a Time, an int, or a decimal number's text

MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
SHORT_YEARS = range(1969, 2069)  # those that two digits stand for, as in POSIX


class Time(NamedTuple):
    """A time of day: hour 0 to 23, minute 0 to 59."""

    hour: int
    minute: int


class Style(NamedTuple):
    """A template, how often it is taken beside the others of its kind, and the condition on the fact."""

    text: str
    weight: float
    condition: str


def _styles(lines: str) -> tuple[Style, ...]:
    """Reads lines of `weight | template` or `weight | template | condition`."""
    rows = [[part.strip() for part in line.split("|")] for line in lines.strip().splitlines()]
    return tuple(Style(row[1], float(row[0]), row[2] if len(row) > 2 else "always") for row in rows)


STYLES: Mapping[str, tuple[Style, ...]] = {
    "date": _styles(
        """
        3 | {weekday, }the {nth} of {month}, {year in words}
        2 | {weekday, }the {nth} of {month} {year in words}
        2 | {weekday, }{nth} {month} {year in words}
        2 | {weekday, }{month} the {nth}, {year in words}
        3 | {weekday, }{month} {nth}, {year in words}
        2 | {weekday, }{month} {nth} {year in words}
        1 | the {nth} of {month} in the year {year in words}
        1 | in the year {year in words}, on the {nth} of {month}
        2 | {weekday, }{month} {3rd}, {2007}
        2 | {weekday, }{month} {3rd} {2007}
        2 | {weekday, }{month} {3}, {2007}
        2 | {weekday, }{3} {month} {2007}
        2 | {weekday, }{3rd} {month} {2007}
        2 | {weekday, }the {3rd} of {month}, {2007}
        1 | {weekday, }the {nth} of {month} {2007}
        1 | {2007}, {month} {3}
        2 | {wd }{3} {mon} {2007}
        2 | {wd }{mon} {3} {2007}
        1 | {03}-{mon}-{2007}
        2 | {wd }{3} {mon} {07} | year of two digits
        1 | {wd }{mon} {3rd} '{07} | year of two digits
        1 | {03}-{mon}-{07} | year of two digits
        1 | {2007}/{month 03}/{03}
        1 | {2007}.{month 03}.{03}
        2 | {3}/{month 3}/{2007} | day above twelve
        2 | {month 3}/{3}/{2007} | day above twelve
        """
    ),
    "time": _styles(
        """
        3 | {hour} {minute in words} {am}
        2 | {12}:{00} {am}
        1 | {12}.{00} {am}
        1 | {hour of 24} {minute of 24} hours
        3 | {hour} o'clock {in the morning} | full hour
        3 | {hour} {am} | full hour
        2 | {12} {am} | full hour
        3 | half past {hour} {in the morning} | half hour
        3 | {quarter} past {hour} {in the morning} | quarter past
        1 | {quarter} after {hour} {in the morning} | quarter past
        3 | {quarter} to {next hour} {in the morning} | quarter to
        3 | {past} past {hour} {in the morning} | past the hour
        3 | {to} to {next hour} {in the morning} | before the hour
        """
    ),
    "integer": _styles(
        """
        9 | {cardinal} | not negative
        5 | minus {cardinal} | negative
        4 | negative {cardinal} | negative
        6 | {scaled} | decimal of a million
        """
    ),
    "ordinal": _styles("2 | {ordinal}\n1 | the {ordinal}"),
    "decimal": _styles(
        """
        4 | {whole} point {digits} | not negative text
        1 | nought point {digits} | below one
        2 | minus {whole} point {digits} | negative text
        1 | negative {whole} point {digits} | negative text
        """
    ),
    "roman": _styles("1 | {roman}"),
}

CONDITIONS: Mapping[str, Callable[[Fact], bool]] = {
    "always": lambda fact: True,
    "year of two digits": lambda day: day.year in SHORT_YEARS,
    "day above twelve": lambda day: day.day > 12,
    "full hour": lambda time: time.minute == 0,
    "half hour": lambda time: time.minute == 30,
    "quarter past": lambda time: time.minute == 15,
    "quarter to": lambda time: time.minute == 45,
    "past the hour": lambda time: 0 < time.minute < 30,
    "before the hour": lambda time: time.minute > 30,
    "not negative": lambda number: number >= 0,
    "negative": lambda number: number < 0,
    "decimal of a million": lambda number: number >= 10**6 and number % 10**6 and number % 10**4 == 0,
    "not negative text": lambda text: text[0] != "-",
    "negative text": lambda text: text[0] == "-",
    "below one": lambda text: text.startswith("0."),
}

# The times that "in the morning" and its like are said of; no hour of twelve stands twice in one of them.
_PARTS_OF_DAY = {
    "in the morning": range(1, 12), "in the afternoon": range(12, 18), "in the evening": range(17, 22),
    "at night": (21, 22, 23, 0),
}  # fmt: skip


def _in_words(minute: int) -> tuple[str, ...]:
    """As after the hour in "seven oh five"; of a full hour "o'clock"."""
    words = {0: ("o'clock",)} | {digit: (f"oh {numerals.SMALL[digit]}",) for digit in range(1, 10)}
    return words.get(minute) or _hyphened(minute)


def _of_24(number: int, zero: str) -> tuple[str, ...]:
    return _hyphened(number) if number > 9 else (zero if number == 0 else f"oh {numerals.SMALL[number]}",)


def _hyphened(number: int) -> tuple[str, ...]:
    return tuple(dict.fromkeys(numerals.below_hundred(number, hyphen) for hyphen in "- "))


def _minutes(count: int) -> tuple[str, ...]:
    """As before past and to: "twenty", "one minute", "seventeen minutes"."""
    unit = "minute" if count == 1 else "minutes"
    bare = _hyphened(count) if count % 5 == 0 else ()
    return (*bare, *(f"{words} {unit}" for words in _hyphened(count)))


def _hour(hour: int) -> tuple[str, ...]:
    return (numerals.SMALL[hour % 12 or 12],)


def _scaled(number: int) -> tuple[str, ...]:
    """As "two point five million"."""
    whole, hundredths = divmod(number // 10**4, 100)
    ways = numerals.decimals(f"{hundredths:02}".rstrip("0"))
    return tuple(f"{numerals.cardinal(whole)} point {digits} million" for digits in ways)


def _ordinals(number: int) -> tuple[str, ...]:
    """All ways but "a hundredth", which is a fraction."""
    return tuple(numerals.ordinal(words) for words in numerals.cardinals(number) if not words.startswith("a "))


SLOTS: Mapping[str, Callable[[Fact], Sequence[str]]] = {
    # of a date
    "weekday, ": lambda day: ("", "", "", f"{WEEKDAYS[day.weekday()]}, ", f"{WEEKDAYS[day.weekday()]} "),
    "wd ": lambda day: ("", "", f"{WEEKDAYS[day.weekday()][:3]} ", f"{WEEKDAYS[day.weekday()][:3]}, "),
    "month": lambda day: (MONTHS[day.month - 1],),
    "mon": lambda day: (MONTHS[day.month - 1][:3],),
    "month 3": lambda day: (str(day.month),),
    "month 03": lambda day: (f"{day.month:02}",),
    "nth": lambda day: _ordinals(day.day),
    "3rd": lambda day: (numerals.ordinal_digits(day.day),),
    "3": lambda day: (str(day.day),),
    "03": lambda day: (f"{day.day:02}",),
    "year in words": lambda day: numerals.years(day.year),
    "2007": lambda day: (str(day.year),),
    "07": lambda day: (f"{day.year % 100:02}",),
    # of a time
    "hour": lambda time: _hour(time.hour),
    "next hour": lambda time: _hour(time.hour + 1),
    "minute in words": lambda time: _in_words(time.minute),
    "12": lambda time: (str(time.hour % 12 or 12),),
    "00": lambda time: (f"{time.minute:02}",),
    "am": lambda time: ("am", "a.m.", "AM") if time.hour < 12 else ("pm", "p.m.", "PM"),
    "hour of 24": lambda time: _of_24(time.hour, "zero"),
    "minute of 24": lambda time: _of_24(time.minute, "hundred"),
    "in the morning": lambda time: [name for name, hours in _PARTS_OF_DAY.items() if time.hour in hours],
    "quarter": lambda time: ("a quarter", "quarter"),
    "past": lambda time: _minutes(time.minute),
    "to": lambda time: _minutes(60 - time.minute),
    # of a number
    "cardinal": lambda number: numerals.cardinals(abs(number)),
    "scaled": _scaled,
    "ordinal": _ordinals,
    "whole": lambda text: numerals.cardinals(int(text.partition(".")[0].removeprefix("-"))),
    "digits": lambda text: numerals.decimals(text.partition(".")[2]),
    "roman": lambda number: (numerals.roman(number),),
}

TARGETS: Mapping[str, Callable[[Fact], str]] = {
    "date": date.isoformat,
    "time": lambda time: f"{time.hour:02}:{time.minute:02}",
    "integer": str,
    "ordinal": numerals.ordinal_digits,
    "decimal": str,
    "roman": str,
}


def fill(style: Style, fact: Fact, choose: Callable[[Sequence[str]], str]) -> str:
    """A fact in a style, with `choose` choosing among the ways to write each slot."""
    return re.sub("{(.*?)}", lambda slot: choose(SLOTS[slot[1]](fact)), style.text)


def fitting(kind: str, fact: Fact) -> list[Style]:
    """The styles that a fact of a kind can be written in."""
    return [style for style in STYLES[kind] if CONDITIONS[style.condition](fact)]


def every_way(kind: str, fact: Fact) -> Iterator[str]:
    """All that `fill` can make of a fact, some of it more than once."""
    for style in fitting(kind, fact):
        pieces = re.split("{(.*?)}", style.text)
        choices = [[piece] if place % 2 == 0 else SLOTS[piece](fact) for place, piece in enumerate(pieces)]
        yield from ("".join(chosen) for chosen in product(*choices))
