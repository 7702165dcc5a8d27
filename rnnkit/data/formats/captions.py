"""Pictures with captions: a file that names the pictures of a folder, and tells what each shows."""

import re
from collections.abc import Iterator
from pathlib import Path

from rnnkit.config.paths import expand
from rnnkit.config.schema import FilesData
from rnnkit.data.formats import delimited, jsonl
from rnnkit.data.labelling import text_of
from rnnkit.data.lines import decoded, raw_lines
from rnnkit.data.skips import Skips

_CAPTIONS = ("caption", "captions")


def read(path: Path, data: FilesData, skips: Skips) -> Iterator[dict]:
    """Pictures in the order in which the file first names them, each with all its captions.

    The file is JSON lines (a key for the picture's name, one for a caption or a list of them), or has two columns
    between tabs or commas, or the columns that its first line or `data.columns` names. A `#0` after a picture's name,
    as in Flickr8k, is no part of it. Names and captions of the whole file are held in memory, pictures one at a time.

    Args:
        path: The file with the captions.
        data: Names columns and folders.
        skips: Reports bad lines and pictures that cannot be read, at the first line that names them.
    """
    folder = expand(data.directory) / expand(data.image_directory)
    found: dict[str, tuple[int, list[str]]] = {}
    for number, name, captions in _lines(path, data, skips):
        found.setdefault(re.sub(r"#\d+$", "", name), (number, []))[1].extend(captions)
    for name, (number, captions) in found.items():
        picture, place = folder / name, f"{path}:{number}"
        try:
            image = picture.read_bytes()
        except (OSError, ValueError) as error:
            absent = isinstance(error, FileNotFoundError)
            reason = "is not there" if absent else f"cannot be read ({getattr(error, 'strerror', None) or error})"
            skips.bad(place, f"the picture {picture} {reason}")
        else:
            yield {"image": image, "captions": captions, "place": f"{place}: {picture}"}


def _lines(path, data, skips) -> Iterator[tuple[int, str, list[str]]]:
    """Line number, name of the picture and its captions."""
    for number, fields in _fields(path, data, skips):
        try:
            name = text_of(fields, data.image)
            if not name.strip():
                raise ValueError(f"{data.image!r} is empty; it must name a picture")
            captions = _captions(fields, data)
        except ValueError as problem:
            skips.bad(f"{path}:{number}", problem)
        else:
            yield number, name, captions


def _captions(fields, data):
    name = data.captions or next((name for name in _CAPTIONS if name in fields), _CAPTIONS[0])
    captions = fields[name] if isinstance(fields.get(name), list) else [text_of(fields, name)]
    if not captions or not all(isinstance(caption, str) and caption.strip() for caption in captions):
        raise ValueError(f"{name!r} must be a caption or a list of captions, none of them empty, not {captions!r:.60}")
    return captions


def _fields(path, data, skips):
    format = _format(path)
    if format == "jsonl":
        yield from _objects(path, skips)
        return
    columns = data.columns
    for number, row in delimited.rows(path, format, skips):
        if columns is None:
            columns = row if data.image in row else [data.image, data.captions or _CAPTIONS[0]]
            if columns is row:
                continue
        try:
            yield number, delimited.fields_of(row, columns)
        except ValueError as problem:
            skips.bad(f"{path}:{number}", problem)


def _objects(path, skips):
    for number, line in raw_lines(path):
        if line.strip():
            try:
                yield number, jsonl.object_of(decoded(line))
            except ValueError as problem:
                skips.bad(f"{path}:{number}", problem)


def _format(path) -> str:
    """As the first line that is not blank is written."""
    first = next((line for _, line in raw_lines(path) if line.strip()), b"")
    return "jsonl" if first.lstrip().startswith(b"{") else "tsv" if b"\t" in first else "csv"
