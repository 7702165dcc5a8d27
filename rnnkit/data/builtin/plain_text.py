"""Real text made plain for language models: ASCII, line ends, no trailing blanks; and cut at the ends of lines."""

from rnnkit.errors import DataError

SPLITS = ("train", "validation", "test")

_TYPOGRAPHIC = str.maketrans(
    {"“": '"', "”": '"', "‘": "'", "’": "'", "–": "-", "—": "--", "…": "...", "•": "*", "\u00a0": " ", "\f": "\n"}
)


def plain(text: str) -> str:
    """A text without trailing blanks and tabs, with one line end at its end and two empty lines in a row at most.

    Typographic quotes and dashes are put in ASCII; `is_plain` tells whether something else is left. A text of blanks
    alone becomes empty.
    """
    lines = [line.expandtabs(8).rstrip() for line in text.translate(_TYPOGRAPHIC).splitlines()]
    kept = [line for place, line in enumerate(lines) if line or any(lines[max(0, place - 2) : place])]
    while kept and not kept[-1]:
        kept.pop()
    return "".join(f"{line}\n" for line in kept)


def is_plain(text: str) -> bool:
    """Whether a text is of the 95 printable characters of ASCII and line ends."""
    return text.isascii() and text.replace("\n", "").isprintable()


def begin_of(text: str, size: int) -> str:
    """The whole lines within the first `size` characters of a text."""
    return text if len(text) <= size else text[: text.rfind("\n", 0, size) + 1]


def check_split(corpus: str, split: str) -> None:
    """Raises a DataError if the split does not exist."""
    if split not in SPLITS:
        raise DataError(f"{corpus} has no split {split!r}; it has {', '.join(SPLITS)}")
