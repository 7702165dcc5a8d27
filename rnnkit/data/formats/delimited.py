"""TSV and CSV with named columns."""

import csv
from collections.abc import Iterator
from pathlib import Path

from rnnkit.config.schema import FilesData
from rnnkit.data.labelling import label_of, text_of
from rnnkit.data.lines import decoded, raw_lines
from rnnkit.data.skips import Skips
from rnnkit.errors import DataError


def read(path: Path, data: FilesData, skips: Skips) -> Iterator[dict]:
    """Examples of a TSV or CSV file, whose first line names the columns unless `data.columns` does.

    A TSV has no quoting: a tab always ends a field, a line a row. A CSV is quoted as in RFC 4180, so a field may hold
    line breaks; a field has at most 131,072 characters (then a quote was left open).
    """
    rows = _tsv_rows(path, skips) if data.format == "tsv" else _csv_rows(path, skips)
    columns = data.columns
    for number, row in rows:
        if columns is None:
            columns = row
            _check_columns(path, columns, data)
            continue
        try:
            example = _example(row, columns, data, skips)
        except ValueError as problem:
            skips.bad(f"{path}:{number}", problem)
        else:
            if example is not None:
                yield example


def _example(row, columns, data, skips):
    if len(row) != len(columns):
        raise ValueError(f"{len(row)} columns where {len(columns)} are expected ({', '.join(columns)})")
    fields = dict(zip(columns, row))
    label = label_of(fields, data.label, skips)
    return None if label is None else {"text": text_of(fields, data.text), "label": label}


def _check_columns(path, columns, data):
    if len(set(columns)) != len(columns):
        raise DataError(f"{path}:1: the header names a column twice: {', '.join(columns)}")
    wanted = {"data.text": [data.text], "data.label": [data.label] if isinstance(data.label, str) else data.label}
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
