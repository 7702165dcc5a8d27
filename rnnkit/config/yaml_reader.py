"""Reads YAML into a Document: every value with its line, duplicate keys and empty values told."""

import os
from collections.abc import Callable, Iterator
from typing import Any

import yaml

from rnnkit.config.document import Document, KeyPath, Place, Problems
from rnnkit.config.scalars import plain_scalar

MAX_BYTES = 1_000_000
MAX_DEPTH = 30
_YAML_TAG = "tag:yaml.org,2002:"


class Unreadable(Exception):
    """YAML that cannot be read on; says why and at which line (from 1)."""

    def __init__(self, text: str, line: int | None = None):
        super().__init__(text)
        self.line = line


def read_file(path: str | os.PathLike, problems: Problems) -> Document:
    """Reads a file; what is wrong with it goes to `problems`. An unreadable file gives an empty, broken document."""
    name = os.fspath(path)
    try:
        document = read_text(_text_of(name), lambda line: Place(name, line), problems)
        if not isinstance(document.values, dict):
            raise Unreadable(f"holds {_KINDS[type(document.values)]}; sections such as `task:` and `data:` are needed")
        return document
    except Unreadable as error:
        problems.add(Place(name, error.line), (), str(error))
        return Document({}, {(): Place(name)}, frozenset({()}))


def read_text(text: str, place: Callable[[int], Place], problems: Problems, path: KeyPath = ()) -> Document:
    """Reads the YAML value that stands at `path`. `place` turns a line (from 1) into a place. Raises Unreadable."""
    try:
        reader = _Reader(yaml.parse(text, Loader=yaml.SafeLoader), place, problems)
        values = reader.document(path)
    except yaml.MarkedYAMLError as error:
        raise Unreadable(*_explain(error)) from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise Unreadable(f"holds a character that YAML does not allow (U+{error.character:04X})", line) from error
    return Document(values, {path: place(None)} | reader.places, frozenset(reader.broken))


_KINDS = {list: "a list", type(None): "nothing: it is empty"} | dict.fromkeys((str, int, float, bool), "a single value")


def _text_of(name: str) -> str:
    try:
        with open(name, "rb") as file:
            content = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise Unreadable("there is no such file") from None
    except IsADirectoryError:
        raise Unreadable("is a directory; a YAML file is needed") from None
    except (OSError, ValueError) as error:
        raise Unreadable(f"cannot be read: {getattr(error, 'strerror', None) or error}") from error
    if len(content) > MAX_BYTES:
        raise Unreadable(f"is no configuration: it is larger than {MAX_BYTES:,} bytes")
    try:
        return content.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise Unreadable(f"is not UTF-8 (byte 0x{content[error.start]:02x}); save it as UTF-8", line) from error


def _explain(error: yaml.MarkedYAMLError) -> tuple[str, int | None]:
    mark = error.problem_mark or error.context_mark
    reason = error.problem or error.context
    if "'\\t'" in reason:
        reason = "a tab cannot indent; use spaces"
    elif "mapping values are not allowed" in reason:
        reason = "a second `: ` in one line; put text that holds one in quotes, or check the indentation"
    elif error.context and error.problem:
        reason = f"{error.problem}, {error.context}"
    return f"is not valid YAML: {reason}", mark.line + 1 if mark else None


class _Reader:
    """Builds values from PyYAML's events, with none of its tags, aliases and YAML 1.1 scalars."""

    def __init__(self, events: Iterator[yaml.Event], place: Callable[[int], Place], problems: Problems):
        self.events, self.place, self.problems = events, place, problems
        self.places: dict[KeyPath, Place] = {}
        self.broken: set[KeyPath] = set()

    def document(self, path: KeyPath) -> Any:
        """The value, at `path`, of the only document; None where there is none."""
        next(self.events)
        if isinstance(next(self.events), yaml.StreamEndEvent):
            return None
        value = self._value(next(self.events), path)
        next(self.events)
        extra = next(self.events)
        if not isinstance(extra, yaml.StreamEndEvent):
            raise Unreadable("a second document (---) starts; one file holds one", extra.start_mark.line + 1)
        return value

    def _value(self, event: yaml.Event, path: KeyPath) -> Any:
        line = event.start_mark.line + 1
        if isinstance(event, yaml.AliasEvent):
            raise Unreadable(f"aliases such as *{event.anchor} are not read; write it out or use `extends`", line)
        if event.tag not in (None, "!"):
            raise Unreadable(
                f"tags such as {event.tag.replace(_YAML_TAG, '!!')} are not read; quotes make text, all else is plain",
                line,
            )
        if len(path) > MAX_DEPTH:
            raise Unreadable(f"is nested more than {MAX_DEPTH} deep", line)
        if isinstance(event, yaml.ScalarEvent):
            return plain_scalar(event.value) if event.implicit[0] else event.value
        return self._list(path) if isinstance(event, yaml.SequenceStartEvent) else self._mapping(path)

    def _list(self, path: KeyPath) -> list:
        items = []
        while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
            items.append(self._item((*path, len(items)), event, event))
        return items

    def _mapping(self, path: KeyPath) -> dict[str, Any]:
        values = {}
        while not isinstance(key := next(self.events), yaml.MappingEndEvent):
            if not isinstance(key, yaml.ScalarEvent):
                raise Unreadable("a key must be plain text", key.start_mark.line + 1)
            event, key_path = next(self.events), (*path, key.value)
            if key.value in values:
                self._repeated(key_path, key, event)
            else:
                values[key.value] = self._item(key_path, key, event)
        return values

    def _item(self, path: KeyPath, start: yaml.Event, event: yaml.Event) -> Any:
        """The value that begins with `event`; `start` is its key, or `event` itself in a list."""
        self.places[path] = self.place(start.start_mark.line + 1)
        if isinstance(event, yaml.ScalarEvent) and event.implicit[0] and event.value == "":
            self.problems.add(self.places[path], path, "empty; fill it, remove it, or write null where none is meant")
            self.broken.add(path)
        return self._value(event, path)

    def _repeated(self, path: KeyPath, key: yaml.Event, event: yaml.Event) -> None:
        """Tells a key that was given before, and reads past its value."""
        first = self.places[path].line
        text = "given twice" if first is None else f"given twice, first at line {first}"
        self.problems.add(self.place(key.start_mark.line + 1), path, text)
        _Reader(self.events, self.place, self.problems)._value(event, path)
