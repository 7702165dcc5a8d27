"""TSV and CSV with named columns."""

import csv
from collections.abc import Iterator
from pathlib import Path

from rnnkit.config.schema import FilesData
from rnnkit.data.labelling import example_of, wanted_fields
from rnnkit.data.lines import decoded, raw_lines
from rnnkit.data.skips import Skips
from rnnkit.errors import DataError


def read(path: Path, data: FilesData, skips: Skips, kind: str = "text") -> Iterator[dict]:
    """Examples of a TSV or CSV file, whose first line names the columns unless `data.columns` does.

    Args:
        path: The file.
        data: Names the format and the columns.
        skips: Reports bad lines.
        kind: `"text"` for labelled texts, `"label"` for such that are not empty, `"pair"` for pairs.
    """
    columns = data.columns
    for number, row in rows(path, data.format, skips):
        if columns is None:
            columns = row
            _check_columns(path, columns, wanted_fields(kind, data))
            continue
        place = f"{path}:{number}"
        try:
            example = example_of(kind, fields_of(row, columns), data, skips)
        except ValueError as problem:
            skips.bad(place, problem)
        else:
            if example is not None:
                yield example | {"place": place}


def rows(path: Path, format: str, skips: Skips) -> Iterator[tuple[int, list[str]]]:
    """Rows of a `"tsv"` or `"csv"` and the number of the line each begins at; blank lines hold none.

    A TSV has no quoting: a tab always ends a field, a line a row. A CSV is quoted as in RFC 4180, so a field may hold
    line breaks; a field has at most 131,072 characters (then a quote was left open).
    """
    return _tsv_rows(path, skips) if format == "tsv" else _csv_rows(path, skips)


def fields_of(row: list[str], columns: list[str]) -> dict[str, str]:
    """A row's fields by their column.

    Raises:
        ValueError: If it has more or fewer.
    """
    if len(row) != len(columns):
        raise ValueError(f"{len(row)} columns where {len(columns)} are expected ({', '.join(columns)})")
    return dict(zip(columns, row))


def _check_columns(path, columns, wanted):
    if len(set(columns)) != len(columns):
        raise DataError(f"{path}:1: the header names a column twice: {', '.join(columns)}")
    for key, names in wanted.items():
        for name in names:
            if name not in columns:
                raise DataError(
                    f"{path}:1: no column {name!r} ({key}); the header has {', '.join(map(repr, columns))}. "
                    "Name the column, or give data.columns if the file has no header line."
                )


def _tsv_rows(path, skips):
    for number, line in raw_lines(path):
        if line.strip():
            try:
                yield number, decoded(line).split("\t")
            except ValueError as problem:
                skips.bad(f"{path}:{number}", problem)


def _csv_rows(path, skips):
    """Rows and the number of the line each begins at."""
    lines = _Lines(path)
    rows = csv.reader(lines, strict=True)
    while True:
        begin = lines.number + 1
        try:
            row = next(rows)
        except StopIteration:
            return
        except (csv.Error, ValueError) as problem:
            skips.bad(f"{path}:{begin}" + f"-{lines.number}" * (lines.number > begin), problem)
        else:
            if row:
                yield begin, row


class _Lines:
    """The text lines of a file and the number of the latest; goes on after a line that cannot be decoded."""

    def __init__(self, path: Path):
        self.number = 0
        self._lines = raw_lines(path)

    def __iter__(self):
        return self

    def __next__(self):
        self.number, line = next(self._lines)
        return decoded(line) + "\n"
