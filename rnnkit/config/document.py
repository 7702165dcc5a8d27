"""What was written in configuration files and overrides: values, and the place where each was written."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from rnnkit.errors import ConfigError

KeyPath = tuple[str | int, ...]
"""Keys and list positions that lead to a value, from the top: ("train", "optimizer", "name")."""

OVERRIDE = "override "


class Place(NamedTuple):
    """Where something was written: a file and a line in it from 1, or an override (without a line)."""

    source: str
    line: int | None = None

    def __str__(self):
        return self.source if self.line is None else f"{self.source}:{self.line}"


class Problem(NamedTuple):
    """One mistake: where it stands, the key it concerns (none for a whole file), and what to do."""

    place: Place
    path: KeyPath
    text: str

    def __str__(self):
        return ": ".join([str(self.place), *([dotted(self.path)] if self.path else []), self.text])


@dataclass(frozen=True)
class Document:
    """A tree of mappings, lists and scalars.

    Args:
        values: the top mapping; its keys, at every depth, are text.
        places: the place of each key and list item; () is the whole file.
        broken: paths already reported, whose values are missing from `values`; () where nothing could be read.
    """

    values: dict[str, Any]
    places: dict[KeyPath, Place]
    broken: frozenset[KeyPath] = frozenset()

    def place(self, path: KeyPath) -> Place:
        """Where `path` was written, or else the section that would hold it."""
        while path not in self.places:
            path = path[:-1]
        return self.places[path]


@dataclass
class Problems:
    """Collects mistakes, to tell them all at once."""

    found: list[Problem] = field(default_factory=list)

    def add(self, place: Place, path: KeyPath, text: str) -> None:
        """Notes a mistake; one that is already noted is not told twice."""
        problem = Problem(place, path, text)
        if problem not in self.found:
            self.found.append(problem)

    def stop(self) -> None:
        """Raises a ConfigError that lists every mistake, file by file in the order read and then overrides, if any."""
        sources = list(dict.fromkeys(problem.place.source for problem in self.found))

        def order(problem: Problem) -> tuple:
            source, line = problem.place
            return source.startswith(OVERRIDE), sources.index(source), line or 0

        if self.found:
            raise ConfigError("\n".join(map(str, sorted(self.found, key=order))))


def dotted(path: KeyPath) -> str:
    """The path as it is written in messages and overrides: train.optimizer.name."""
    return ".".join(map(str, path))


def related(path: KeyPath, other: KeyPath) -> bool:
    """True if one of the two paths lies within the other."""
    shared = min(len(path), len(other))
    return path[:shared] == other[:shared]


def value_at(values: Any, path: KeyPath, default: Any = None) -> Any:
    """The value that `path` leads to, or `default` where there is none."""
    for part in path:
        if (isinstance(values, dict) and part in values) or (isinstance(values, list) and part in range(len(values))):
            values = values[part]
        else:
            return default
    return values


def without(values: dict, path: KeyPath) -> dict:
    """A copy of the mapping `values` without the key at `path`, if it is there."""
    head, rest = path[0], path[1:]
    if not rest or not isinstance(values.get(head), dict):
        return {key: value for key, value in values.items() if key != head or rest}
    return values | {head: without(values[head], rest)}


def leaves(values: dict, path: KeyPath = ()) -> Iterator[KeyPath]:
    """Paths of everything in `values` that is no section: scalars, lists and empty mappings."""
    for key, value in values.items():
        if isinstance(value, dict) and value:
            yield from leaves(value, (*path, key))
        else:
            yield (*path, key)
