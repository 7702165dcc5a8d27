"""Two files of translations: a line of one is the translation of the same line of the other."""

from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path

from rnnkit.data.lines import decoded, raw_lines
from rnnkit.data.skips import Skips
from rnnkit.errors import DataError

_NONE = (None, b"")


def read(paths: tuple[Path, Path], skips: Skips) -> Iterator[dict]:
    """The pairs of two files; lines that are blank in both hold none, and one that is blank in one is bad.

    Args:
        paths: The file of the sources and that of the targets.
        skips: Reports bad pairs, at the line of the source.

    Raises:
        DataError: If one file has a line that the other one has not; blank lines at the end do not count.
    """
    for number, lines in enumerate(zip_longest(*map(raw_lines, paths), fillvalue=_NONE), start=1):
        texts = [line for _, line in lines]
        if not any(text.strip() for text in texts):
            continue
        _check_partners(paths, number, [line for line, _ in lines])
        place = f"{paths[0]}:{number}"
        try:
            source, target = (_side(text, path) for text, path in zip(texts, paths))
        except ValueError as problem:
            skips.bad(place, problem)
        else:
            yield {"source": source, "target": target, "place": place}


def _check_partners(paths, number, numbers):
    if None in numbers:
        short = numbers.index(None)
        raise DataError(
            f"{paths[1 - short]}:{number}: has no partner, for {paths[short]} ends before line {number}; line by line, "
            "one file must hold the translation of the other"
        )


def _side(line, path):
    try:
        text = decoded(line)
    except ValueError as problem:
        raise ValueError(f"the line of {path} is {problem}") from None
    if not text.strip():
        raise ValueError(f"the line of {path} is empty, its partner is not")
    return text
