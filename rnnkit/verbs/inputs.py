"""What predict is asked about: texts, lists of tokens, or pictures, as rows; a bad one is a row with an `error`."""

import itertools
import json
import sys
from collections.abc import Iterable, Iterator
from io import BufferedIOBase
from pathlib import Path

from rnnkit.data.lines import raw_lines
from rnnkit.verbs.common import first_line

BLOCK = 1024  # lines read before the first of them is answered, where they are there
ENDINGS = {".png", ".jpg", ".jpeg", ".gif", ".bmp"}  # of the pictures of a folder
_KEYS = {"text": ("tokens", "text"), "image": ("image",)}
_NEEDED = {
    "text": 'a "text" (a string) or "tokens" (a list of strings)',
    "image": 'an "image" (the path of a picture)',
}


def rows_of(value, place: str, reads: str) -> list[dict]:
    """The rows of one input.

    Args:
        value: a text or a list of tokens; or the path of a picture, or of a folder, which stands for all its pictures.
        place: where it stands, for messages.
        reads: "text" or "image".
    """
    return [_checked(value, place)] if reads == "text" else _pictures(value, place)


def read(source: str, reads: str) -> Iterator[list[dict]]:
    """Blocks of inputs from a file's lines or standard input; a bad line becomes a row with an `error`.

    Args:
        source: the file's name, or - for standard input.
        reads: what an input is: "text", or "image", the path of a picture or of a folder of pictures.

    Raises:
        DataError: the file cannot be read; at once, before a model is loaded in vain.
    """
    if source == "-":
        parts = _arriving(sys.stdin.buffer)
    else:
        lines = (line for _, line in raw_lines(Path(source).expanduser()))
        parts = groups(itertools.chain(list(itertools.islice(lines, 1)), lines), BLOCK)
    is_json = source.removesuffix(".gz").endswith(".jsonl")
    numbers = itertools.count(1)

    def rows(line: bytes) -> list[dict]:
        return _rows_of_line(line, f"{source}:{next(numbers)}", is_json, reads)

    return ([row for line in part for row in rows(line)] for part in parts)


def groups(items: Iterable, size: int) -> Iterator[list]:
    """Lists of up to `size` items."""
    items = iter(items)
    while group := list(itertools.islice(items, size)):
        yield group


def _arriving(stream: BufferedIOBase) -> Iterator[list[bytes]]:
    """Blocks of a stream's lines as they come: whoever waits for an answer before the next line gets it."""
    parts = []
    while part := stream.read1():
        parts.append(part)
        if b"\n" in part:
            *lines, rest = b"".join(parts).split(b"\n")
            yield from groups(lines, BLOCK)
            parts = [rest]
    if rest := b"".join(parts):
        yield [rest]


def _rows_of_line(line: bytes, place: str, is_json: bool, reads: str) -> list[dict]:
    text = line.rstrip(b"\r\n").decode("utf-8", "surrogateescape").removeprefix("\ufeff")
    if not is_json:
        return rows_of(text, place, reads)
    try:
        row = json.loads(text)
        for key in _KEYS[reads]:
            if isinstance(row, dict) and key in row:
                return rows_of(row[key], place, reads)
    except (ValueError, RecursionError) as error:  # also for numbers too long and lists too deep for Python
        return [_bad(text, f"{place}: not JSON ({first_line(error)})")]
    return [_bad(text, f"{place}: needs {_NEEDED[reads]}")]


def _checked(value, place: str) -> dict:
    """A row for a text or a list of tokens, with an `error` where it has no answer."""
    key = "text" if isinstance(value, str) else "tokens"
    if key == "tokens" and not (isinstance(value, list) and all(isinstance(token, str) for token in value)):
        return _bad(json.dumps(value), f'{place}: "text" must be a string and "tokens" a list of strings')
    if not "".join(value).strip():
        return {key: value, "error": f"{place}: the text is empty"}
    try:
        "".join(value).encode()
    except UnicodeEncodeError:
        return _bad(str(value), f"{place}: not UTF-8")
    return {key: value}


def _bad(text: str, error: str) -> dict:
    return {"text": text.encode("utf-8", "replace").decode(), "error": error}


def _pictures(value, place: str) -> list[dict]:
    if not isinstance(value, str) or not value.strip():
        return [{"image": str(value), "error": f"{place}: the path of a picture is needed"}]
    path = Path(value).expanduser()
    try:
        if path.is_dir():
            found = sorted(each for each in path.iterdir() if each.suffix.lower() in ENDINGS)
            nothing = [
                {"image": value, "error": f"{value}: is a folder without pictures ({', '.join(sorted(ENDINGS))})"}
            ]
            return [{"image": str(each)} for each in found] or nothing
        with path.open("rb"):
            return [{"image": value}]
    except (OSError, ValueError) as error:
        return [{"image": value, "error": f"{value}: {getattr(error, 'strerror', None) or error}"}]
