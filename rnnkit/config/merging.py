"""Lays documents over each other: `extends`, then overrides; the later wins, key by key."""

import os
from collections.abc import Iterable
from typing import Any

from rnnkit.config.document import OVERRIDE, Document, KeyPath, Place, Problems, value_at, without
from rnnkit.config.yaml_reader import Unreadable, read_file, read_text

_SUPERSEDES: dict[KeyPath, KeyPath] = {
    ("data", "source"): ("data",),
    ("model", "cell"): ("model", "cell_options"),
    ("train", "optimizer", "name"): ("train", "optimizer", "options"),
}
"""A new value of the key makes what the base says at the path meaningless."""

_RIVALS: tuple[tuple[KeyPath, KeyPath], ...] = (
    (("train", "epochs"), ("train", "steps")),
    (("train", "clip_norm"), ("train", "clip_value")),
    (("train", "schedule", "warmup_steps"), ("train", "schedule", "warmup_share")),
    (("model", "word_dropout"), ("model", "rare_word_dropout")),
)
"""Of each two only one counts: naming one takes the other out of the base."""


def merge(base: Document, over: Document) -> Document:
    """`over` laid on `base`: sections are merged, all else (lists, and `{}` too) is replaced."""
    for path in _superseded(base.values, over.values):
        base = drop(base, path)
    for path in _replaced(base.values, over.values, ()):
        base = drop(base, path)
    values = _merged(base.values, over.values)
    return Document(values, base.places | over.places, base.broken | over.broken)


def drop(document: Document, path: KeyPath) -> Document:
    """The document without the value at `path`, and without all that was said of it."""
    places = {key: place for key, place in document.places.items() if key[: len(path)] != path}
    broken = {key for key in document.broken if key[: len(path)] != path}
    return Document(without(document.values, path), places, frozenset(broken))


def read_extended(path: str | os.PathLike, problems: Problems) -> Document:
    """Reads a file with all that it extends merged below it."""
    return _Extender(problems).read(os.fspath(path), ())


def read_overrides(overrides: Iterable[str], problems: Problems) -> Document:
    """Makes a document of `section.key=value` texts, the later over the earlier; it only says where they stand."""
    merged = Document({}, {})
    for override in overrides:
        merged = merge(merged, _read_override(override, problems))
    return merged


class _Extender:
    """Reads files with what they extend, each once; knows a circle when it meets one."""

    def __init__(self, problems: Problems):
        self.problems = problems
        self.known: dict[str, Document] = {}

    def read(self, name: str, chain: tuple[str, ...]) -> Document:
        """Reads the file `name`; `chain` holds the files that led here."""
        real = os.path.realpath(name)
        if real not in self.known:
            self.known[real] = self._read(name, (*chain, name))
        return self.known[real]

    def _read(self, name: str, chain: tuple[str, ...]) -> Document:
        document = read_file(name, self.problems)
        merged = Document({}, {})
        for base, path in self._bases(document):
            below = os.path.normpath(os.path.join(os.path.dirname(name), os.path.expanduser(base or "")))
            wrong = None
            if base is None:
                wrong = "a file name or a list of file names is needed"
            elif os.path.realpath(below) in map(os.path.realpath, chain):
                wrong = f"goes in a circle: {' -> '.join((*chain, below))}"
            elif not os.path.exists(below):
                wrong = f"there is no file {below}"
            if wrong and path not in document.broken:
                self.problems.add(document.place(path), ("extends",), wrong)
            merged = merge(merged, Document({}, {}, frozenset({()})) if wrong else self.read(below, chain))
        return merge(merged, drop(document, ("extends",)))

    def _bases(self, document: Document) -> list[tuple[str | None, KeyPath]]:
        """The files that a document extends, None for what is no file name, each with the path that names it."""
        named = document.values.get("extends", [])
        listed = enumerate(named) if isinstance(named, list) else [(None, named)]
        return [
            (base if isinstance(base, str) else None, ("extends",) if place is None else ("extends", place))
            for place, base in listed
        ]


def _read_override(override: str, problems: Problems) -> Document:
    place = Place(OVERRIDE + override)
    key, equals, text = override.partition("=")
    path = tuple(key.strip().split("."))
    if not equals or not all(path):
        problems.add(place, (), "the form section.key=value is needed, such as train.batch_size=64")
        return Document({}, {})
    try:
        value = read_text(text, lambda line: place, problems, path)
    except Unreadable as error:
        problems.add(place, (), f"{error}; put text in quotes: {key}='\"…\"'")
        return Document({}, {})
    broken = set(value.broken)
    if not text.strip():
        problems.add(place, path, "no value is given; write null where none is meant, or '' for empty text")
        broken.add(path)
    values: Any = value.values
    for part in reversed(path):
        values = {part: values}
    above = {path[:length]: place for length in range(2, len(path))}
    return Document(values, above | value.places, frozenset(broken))


def _superseded(base: dict, over: dict) -> list[KeyPath]:
    """What of `base` no longer means anything below `over`."""
    gone = []
    for key, follower in _SUPERSEDES.items():
        before, after = value_at(base, key), value_at(over, key)
        if before is not None and after is not None and before != after:
            gone.append(follower)
    for pair in _RIVALS:
        for named, rival in (pair, pair[::-1]):
            if value_at(over, named) is not None and value_at(over, rival) is None:
                gone.append(rival)
    return gone


def _replaced(base: dict, over: dict, path: KeyPath) -> list[KeyPath]:
    """Paths of `base` whose whole value `over` replaces."""
    gone = []
    for key in over.keys() & base.keys():
        if isinstance(over[key], dict) and over[key] and isinstance(base[key], dict):
            gone += _replaced(base[key], over[key], (*path, key))
        else:
            gone.append((*path, key))
    return gone


def _merged(base: dict, over: dict) -> dict:
    both = {key: _merged(base[key], over[key]) for key in base.keys() & over.keys() if isinstance(base[key], dict)}
    return base | over | both
