"""The lines of text files: plain or gzip, UTF-8, one at a time."""

import gzip
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from rnnkit.data.skips import Skips
from rnnkit.errors import DataError

_GZIP_MAGIC = b"\x1f\x8b"
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def raw_lines(path: Path, ends: bool = False) -> Iterator[tuple[int, bytes]]:
    """Line numbers, from 1, and lines, with their ends or without. Gzip is known by its content, not by its name.

    Raises:
        DataError: If the file cannot be read or its compression is damaged.
    """
    number = 0
    try:
        with _opened(path) as file:
            for number, line in enumerate(file, start=1):
                line = line.removeprefix(_BYTE_ORDER_MARK if number == 1 else b"")
                yield number, line if ends else line.rstrip(b"\r\n")
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataError(f"{path}:{number + 1}: damaged gzip file: {error}; get or make it anew") from None
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror or error}") from None


def _opened(path):
    with open(path, "rb") as file:
        compressed = file.read(2) == _GZIP_MAGIC
    return gzip.open(path, "rb") if compressed else open(path, "rb")


def decoded(line: bytes) -> str:
    """The text of a line.

    Raises:
        ValueError: If it is not UTF-8; says which byte.
    """
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(
            f"not UTF-8: byte 0x{line[error.start]:02x} at position {error.start + 1} of the line; "
            "convert the file, for example with iconv -f LATIN1 -t UTF-8"
        ) from None


def each_line(path: Path, parse: Callable[[str], Iterable[dict]], skips: Skips) -> Iterator[dict]:
    """The examples of a file that holds them line by line, each with its `"place"`; blank lines hold none.

    Args:
        path: The file.
        parse: The examples of one line; raises ValueError where the line is bad.
        skips: Reports bad lines.
    """
    for number, line in raw_lines(path):
        if not line.strip():
            continue
        place = f"{path}:{number}"
        try:
            examples = list(parse(decoded(line)))
        except ValueError as problem:
            skips.bad(place, problem)
        else:
            for example in examples:
                yield example | {"place": place}
