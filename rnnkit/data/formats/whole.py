"""Whole files as running text."""

from collections.abc import Iterator
from pathlib import Path

from rnnkit.config.schema import FilesData
from rnnkit.data.lines import decoded, raw_lines
from rnnkit.data.skips import Skips


def read(path: Path, data: FilesData, skips: Skips) -> Iterator[dict]:
    """One example, {"text": str}: all of a file as it is, but for line ends of Windows; none for an empty file.

    A line that is not UTF-8 is reported, or left out and counted.
    """
    lines = []
    for number, line in raw_lines(path, ends=True):
        try:
            lines.append(decoded(line))
        except ValueError as problem:
            skips.bad(f"{path}:{number}", problem)
    text = "".join(lines).replace("\r\n", "\n")
    if text:
        yield {"text": text, "place": str(path)}
