"""Local files as a source of examples."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from rnnkit.config.paths import split_paths
from rnnkit.config.schema import FilesData
from rnnkit.data.formats import conll, delimited, folders, jsonl, trees
from rnnkit.data.skips import Skips
from rnnkit.errors import DataError

_TEXT_READERS = {"tsv": delimited.read, "csv": delimited.read, "jsonl": jsonl.read_texts, "folders": folders.read}
_TOKEN_READERS = {"conllu": conll.read_conllu, "conll": conll.read_columns, "jsonl": jsonl.read_tokens}


def open_split(data: FilesData, kind: str, role: str) -> Callable[[Skips], Iterator[dict]]:
    """What starts a pass over the files of a split, one after the other.

    Raises:
        DataError: If a file does not exist or the format has no examples of this kind.
    """
    paths = split_paths(data, role)
    for path in paths:
        if not path.exists():
            raise DataError(f"data.splits.{role}: {path} does not exist (data.directory: {data.directory})")
    read = _reader(data, kind, role)

    def examples(skips: Skips) -> Iterator[dict]:
        for path in paths:
            yield from read(path, skips=skips)

    return examples


def _reader(data: FilesData, kind: str, role: str) -> Callable[[Path, Skips], Iterator[dict]]:
    if kind == "text" and data.format == "trees":
        return partial(trees.read, phrases=role in data.phrases)
    readers = _TEXT_READERS if kind == "text" else _TOKEN_READERS
    if data.format not in readers:
        what = "labelled texts" if kind == "text" else "tagged tokens"
        formats = sorted([*readers, *(["trees"] if kind == "text" else [])])
        raise DataError(f"data.format: {data.format} holds no {what}; these do: {', '.join(formats)}")
    return partial(readers[data.format], data=data)
