"""Local files as a source of examples."""

from collections.abc import Callable, Iterator
from functools import partial
from itertools import chain
from pathlib import Path

from rnnkit.config.paths import parallel_paths, split_paths
from rnnkit.config.schema import FilesData
from rnnkit.data.formats import captions, conll, delimited, folders, jsonl, parallel, trees, whole
from rnnkit.data.skips import Skips
from rnnkit.errors import DataError

_Read = Callable[[Path | tuple[Path, Path], Skips], Iterator[dict]]


def open_split(data: FilesData, kind: str, role: str) -> Callable[[Skips], Iterator[dict]]:
    """What starts a pass over the files of a split, one after the other.

    Raises:
        DataError: If a file does not exist or the format has no examples of this kind.
    """
    two = data.format == "parallel"
    places = parallel_paths(data, role) if two else split_paths(data, role)
    for path in chain.from_iterable(places) if two else places:
        if not path.exists():
            raise DataError(f"data.splits.{role}: {path} does not exist (data.directory: {data.directory})")
    read = _reader(data, kind, role)

    def examples(skips: Skips) -> Iterator[dict]:
        for place in places:
            yield from read(place, skips=skips)

    return examples


def _reader(data: FilesData, kind: str, role: str) -> _Read:
    what, readers = _readers(data, role)[kind]
    if data.format not in readers:
        raise DataError(f"data.format: {data.format} holds no {what}; these do: {', '.join(sorted(readers))}")
    return readers[data.format]


def _readers(data: FilesData, role: str) -> dict[str, tuple[str, dict[str, _Read]]]:
    """For each kind of example what it is called, and how each format that has such is read."""
    rows, objects = partial(delimited.read, data=data), partial(jsonl.read, data=data)
    texts = {
        "tsv": rows,
        "csv": rows,
        "jsonl": objects,
        "folders": partial(folders.read, data=data),
        "trees": partial(trees.read, phrases=role in data.phrases),
    }
    tokens = {
        "conllu": partial(conll.read_conllu, data=data),
        "conll": partial(conll.read_columns, data=data),
        "jsonl": partial(jsonl.read_tokens, data=data),
    }

    def of_kind(kind: str) -> dict[str, _Read]:
        return {"tsv": partial(rows, kind=kind), "csv": partial(rows, kind=kind), "jsonl": partial(objects, kind=kind)}

    return {
        "text": ("labelled texts", texts),
        "label": ("labelled texts", {**texts, **of_kind("label")}),
        "tokens": ("tagged tokens", tokens),
        "pair": ("pairs of texts", {"parallel": parallel.read, **of_kind("pair")}),
        "running": ("running text", {"text": partial(whole.read, data=data)} | _as_lines(texts)),
        "caption": ("pictures with captions", {"captions": partial(captions.read, data=data)}),
    }


def _as_lines(readers: dict[str, _Read]) -> dict[str, _Read]:
    """Readers of labelled texts as readers of running text: each text is a line, its label is left out."""

    def lines(read, path, skips):
        for example in read(path, skips=skips):
            yield {"text": f"{example['text']}\n", "place": example["place"]}

    return {name: partial(lines, read) for name, read in readers.items()}
