"""What predict is asked about: texts, lists of tokens, or pictures, as rows; a bad one is a row with an `error`.

A row has the `text`, the `tokens` or the path of the `image`, and the `place` where it stands, for messages.
"""

import itertools
import json
import sys
from collections.abc import Iterable, Iterator
from io import BufferedIOBase
from pathlib import Path

from rnnkit.app import App
from rnnkit.data.lines import raw_lines
from rnnkit.errors import DataError
from rnnkit.verbs.common import first_line

BLOCK = 1024  # lines read before the first of them is answered, where they are there
ENDINGS = {".png", ".jpg", ".jpeg", ".gif", ".bmp"}  # of the pictures of a folder
_BEGINNING = 64  # lines of a file that tell whether it is text
_NEEDED = {
    "text": '"text" (a string)',
    "class": '"class" (a string)',
    "tokens": '"tokens" (a list of strings)',
    "image": '"image" (the path of a picture)',
}


def rows_of(value, place: str, app: App, key: str | None = None) -> list[dict]:
    """The rows of one input.

    Args:
        value: a text or a list of tokens; or the path of a picture, or of a folder, which stands for all its pictures.
        place: where it stands, for messages.
        app: whose input it is.
        key: that it stands under in JSON, or None where it stands alone.
    """
    make = _pictures if app.reads == "image" else _ready if key == "tokens" else _text
    return [row | {"place": place} for row in make(value, place, key)]


def read(source: str, app: App) -> Iterator[list[dict]]:
    """Blocks of inputs from a file's lines or standard input; a bad line becomes a row with an `error`.

    Args:
        source: the file's name, or - for standard input.
        app: whose inputs they are.

    Raises:
        DataError: the file cannot be read, or is no text; at once, before a model is loaded in vain.
    """
    if source == "-":
        parts = _arriving(sys.stdin.buffer)
    else:
        path = Path(source).expanduser()
        lines = (line for _, line in raw_lines(path))
        begun = list(itertools.islice(lines, _BEGINNING if path.is_file() else 1))  # nobody waits for more of a pipe
        if any(b"\0" in line for line in begun) and not all(map(_is_text, begun)):
            pictures = "; pictures are arguments, or paths in a text file" if app.reads == "image" else ""
            raise DataError(f"--input {source}: is a binary file, no UTF-8 text{pictures}")
        parts = groups(itertools.chain(begun, lines), BLOCK)
    is_json = source.removesuffix(".gz").endswith(".jsonl")
    numbers = itertools.count(1)

    def rows(line: bytes) -> list[dict]:
        return _rows_of_line(line, f"{source}:{next(numbers)}", is_json, app)

    return ([row for line in part for row in rows(line)] for part in parts)


def _is_text(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True


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


def _rows_of_line(line: bytes, place: str, is_json: bool, app: App) -> list[dict]:
    text = line.rstrip(b"\r\n").decode("utf-8", "surrogateescape").removeprefix("\ufeff")
    if not is_json:
        return rows_of(text, place, app)
    try:
        row = json.loads(text)
        for key in app.keys:
            if isinstance(row, dict) and key in row:
                return rows_of(row[key], place, app, key)
    except (ValueError, RecursionError) as error:  # also for numbers too long and lists too deep for Python
        return [_bad(text, f"{place}: not JSON ({first_line(error)})")]
    return [_bad(text, f"{place}: needs {' or '.join(_NEEDED[key] for key in app.keys)}")]


def _text(value, place: str, key: str | None) -> list[dict]:
    """A row for a text, with an `error` where it has no answer."""
    if not isinstance(value, str):
        return [_bad(json.dumps(value), _wrong(value, place, key))]
    return [_checked({"text": value}, value, place)]


def _ready(value, place: str, key: str) -> list[dict]:
    """A row for a list of tokens, with an `error` where it has no answer."""
    if not isinstance(value, list) or not all(isinstance(token, str) for token in value):
        return [_bad(json.dumps(value), _wrong(value, place, key))]
    return [_checked({"tokens": value}, "".join(value), place)]


def _checked(row: dict, text: str, place: str) -> dict:
    if not text.strip():
        return row | {"error": f"{place}: the text is empty"}
    return row if encodable(text) else _bad(text, f"{place}: not UTF-8")


def encodable(text: str) -> bool:
    """Whether a text can be written as UTF-8; an argument whose bytes are none, or half a pair of JSON, cannot."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _wrong(value, place: str, key: str) -> str:
    shown = json.dumps(value)
    return f"{place}: needs {_NEEDED[key]}, got {shown if len(shown) < 60 else shown[:60] + ' …'}"


def _bad(text: str, error: str) -> dict:
    return {"text": text.encode("utf-8", "replace").decode(), "error": error}


def _pictures(value, place: str, key: str | None) -> list[dict]:
    if not isinstance(value, str):
        return [{"image": json.dumps(value), "error": _wrong(value, place, key)}]
    if not value.strip():
        return [{"image": value, "error": f"{place}: the path of a picture is needed"}]
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
        shown = value if value.isprintable() else f"{place}: {value.encode('unicode_escape').decode()[:60]}"
        return [{"image": value, "error": f"{shown}: {getattr(error, 'strerror', None) or error}"}]
