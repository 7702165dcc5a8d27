"""A folder for each class, holding files with one text a line."""

from collections.abc import Iterator
from pathlib import Path

from rnnkit.config.schema import FilesData
from rnnkit.data.lines import each_line
from rnnkit.data.skips import Skips
from rnnkit.errors import DataError


def read(path: Path, data: FilesData, skips: Skips) -> Iterator[dict]:
    """Examples of `path/<label>/<file>`, one a line; the classes take turns, so that `data.limit` takes of each.

    Files beside the class folders and names that begin with a dot are passed over.

    Raises:
        DataError: If `path` has no class folders, or one of them has no files.
    """
    labels = _entries(path, Path.is_dir)
    if not labels:
        raise DataError(f"{path}: no class folders; expected {path}/<label>/<file>.txt with one text a line")
    turns = [_class_examples(folder, skips) for folder in labels]
    while turns:
        for turn in list(turns):
            example = next(turn, None)
            if example is None:
                turns.remove(turn)
            else:
                yield example


def _class_examples(folder, skips):
    files = _entries(folder, Path.is_file)
    if not files:
        raise DataError(f"{folder}: a class folder without files; put texts into it, one a line, or remove it")
    for file in files:
        yield from each_line(file, lambda line: [{"text": line, "label": folder.name}], skips)


def _entries(path, is_wanted):
    try:
        return sorted(entry for entry in path.iterdir() if is_wanted(entry) and not entry.name.startswith("."))
    except OSError as error:
        raise DataError(f"{path}: cannot be read as a folder: {error.strerror}") from None
