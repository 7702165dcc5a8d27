"""English numerals: cardinals, ordinals, decimals and years in words, and Roman numerals."""

from itertools import product

SMALL = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
TENS = ("zero", "ten", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
SCALES = ((1_000_000, "million"), (1_000, "thousand"), (100, "hundred"))
LARGEST = 999_999_999

_ORDINALS = {
    "one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth", "nine": "ninth",
    "twelve": "twelfth",
}  # fmt: skip
_ROMAN = (
    (1000, "M"), (900, "CM"), (500, "D"), (400, "CD"), (100, "C"), (90, "XC"), (50, "L"), (40, "XL"), (10, "X"),
    (9, "IX"), (5, "V"), (4, "IV"), (1, "I"),
)  # fmt: skip
_LARGEST_ROMAN = 3999

# How a year is said, by whether its century is a whole thousand and by how many digits follow the century's.
_YEARS = {
    (True, 0): ("{british}",),
    (True, 1): ("{british}", "{american}", "{century} oh {rest}"),
    (True, 2): ("{century} {rest}", "{british}", "{american}"),
    (False, 0): ("{century} hundred",),
    (False, 1): ("{century} oh {rest}", "{century} hundred and {rest}"),
    (False, 2): ("{century} {rest}", "{century} hundred and {rest}"),
}


def below_hundred(number: int, hyphen: str = "-") -> str:
    """0 to 99 in words: twenty-one, or with another sign for the hyphen."""
    if number < len(SMALL):
        return SMALL[number]
    return TENS[number // 10] + (hyphen + SMALL[number % 10] if number % 10 else "")


def cardinal(number: int, joint: str = " and ", hyphen: str = "-", pause: str = " ", article: str = "one") -> str:
    """A number from 0 to 999,999,999 in words: "one million two hundred and seven".

    Args:
        number: The number.
        joint: Before the last part below a hundred: " and " (British) or " " (American).
        hyphen: Within twenty-one.
        pause: After millions and thousands: " " or ", ".
        article: How the number begins if it begins with one hundred, thousand or million: "one" or "a".

    Raises:
        ValueError: If the number is not one of these.
    """
    if not 0 <= number <= LARGEST:
        raise ValueError(f"cardinal: argument `number` must be from 0 to {LARGEST}. Received: number={number!r}")
    words, rest = "", number
    for size, name in SCALES:
        count, rest = divmod(rest, size)
        if count:
            begin = "one" if words else article
            spoken = begin if count == 1 else cardinal(count, joint, hyphen, pause, begin)
            words += (pause if words else "") + f"{spoken} {name}"
    if rest or not number:
        words += (joint if words else "") + below_hundred(rest, hyphen)
    return words


def cardinals(number: int) -> tuple[str, ...]:
    """All ways to say a number in words, the plainest one first, each of them once."""
    ways = product((" and ", " "), ("-", " "), (" ", ", "), ("one", "a"))
    return tuple(dict.fromkeys(cardinal(number, *way) for way in ways))


def ordinal(cardinal: str) -> str:
    """The ordinal of a cardinal in words: twenty-one to twenty-first, five hundred to five hundredth."""
    begin = max(cardinal.rfind(" "), cardinal.rfind("-")) + 1
    last = cardinal[begin:]
    return cardinal[:begin] + _ORDINALS.get(last, last.removesuffix("y") + ("ieth" if last[-1] == "y" else "th"))


def ordinal_digits(number: int) -> str:
    """1st, 2nd, 3rd, 4th, …, 11th, 12th, 13th, …"""
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def decimals(digits: str) -> tuple[str, ...]:
    """The ways to say the digits after a point, one by one: "05" is zero five, oh five."""
    spoken = [SMALL[int(digit)] for digit in digits]
    return tuple(dict.fromkeys(" ".join(spoken).replace("zero", zero) for zero in ("zero", "oh")))


def years(year: int) -> tuple[str, ...]:
    """All ways to say a year from 1000 to 9999: "two thousand and seven", "twenty oh seven", "nineteen eighty-four"."""
    century, rest = divmod(year, 100)
    ways = _YEARS[century % 10 == 0, len(str(rest)) if rest else 0]
    spoken = []
    for way, hyphen in product(ways, "- "):
        slots = {"century": below_hundred(century, hyphen), "rest": below_hundred(rest, hyphen)}
        slots |= {"british": cardinal(year, hyphen=hyphen), "american": cardinal(year, " ", hyphen)}
        spoken.append(way.format(**slots))
    return tuple(dict.fromkeys(spoken))


def roman(number: int) -> str:
    """A number from 1 to 3,999 as a Roman numeral, in capitals.

    Raises:
        ValueError: If the number is not one of these.
    """
    if not 1 <= number <= _LARGEST_ROMAN:
        raise ValueError(f"roman: argument `number` must be from 1 to {_LARGEST_ROMAN}. Received: number={number!r}")
    letters = ""
    for value, letter in _ROMAN:
        count, number = divmod(number, value)
        letters += letter * count
    return letters
