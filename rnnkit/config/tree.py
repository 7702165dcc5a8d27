"""The schema as a tree: what may stand at a path, and where else a key of that name is."""

import types
from collections.abc import Iterator
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from rnnkit.config.document import KeyPath, value_at
from rnnkit.config.schema import RUNS, Run, Section


def fields(section: type[Section]) -> dict[str, FieldInfo]:
    """The fields of a section by the names they have in YAML."""
    return {field.alias or name: field for name, field in section.model_fields.items()}


def locate(run_class: type[Run], location: tuple, values: dict) -> tuple[KeyPath, Any]:
    """The path that pydantic's error location means, and the type of what may stand there (None for an unknown key).

    A location also holds names of union members, which are no part of the path.
    """
    path, annotation = (), run_class
    for part in location:
        arms = _arms(annotation)
        if len(arms) > 1 and part in sources(annotation):
            continue
        arms = _chosen(arms, value_at(values, path))
        if len(arms) != 1:
            break
        path, annotation = (*path, part), _below(arms[0], part)
    return path, annotation


def section_at(run_class: type[Run], path: KeyPath, values: dict) -> type[Section] | None:
    """The section that stands at `path`; None for a plain value, free keys or data of unknown source."""
    arms = _chosen(_arms(locate(run_class, path, values)[1]), value_at(values, path))
    return arms[0] if len(arms) == 1 and _is_section(arms[0]) else None


def keys_elsewhere(run_class: type[Run], key: str) -> list[KeyPath]:
    """Paths of the keys named `key` in all sections of a run, shortest first."""
    return sorted((path for path in set(_paths(run_class, ())) if path[-1] == key), key=lambda path: (len(path), path))


def owners(run_class: type[Run], path: KeyPath) -> list[str]:
    """The other data sources, or else the other tasks, that have a key at `path`: `the tagging task`."""
    data = _arms(run_class.model_fields["data"]) if path[0] == "data" else []
    owning = [f"source {_source(arm)}" for arm in data if path[1:] in set(_paths(arm, ()))]
    others = [task for task, other in RUNS.items() if other is not run_class and path in set(_paths(other, ()))]
    return owning or [f"the {task} task" for task in others]


def sources(annotation: Any) -> list[str]:
    """The data sources that sections of a type stand for."""
    return [source for source in map(_source, _arms(annotation)) if source]


def is_text(annotation: Any) -> bool:
    """True where text, quoted if need be, may stand."""
    return str in _arms(annotation)


def _arms(annotation: Any) -> list[Any]:
    """The types a value may have, null left out."""
    if isinstance(annotation, FieldInfo):
        return _arms(annotation.annotation)
    if get_origin(annotation) is Annotated:
        return _arms(get_args(annotation)[0])
    if get_origin(annotation) in (Union, types.UnionType):
        return [arm for argument in get_args(annotation) for arm in _arms(argument)]
    return [] if annotation in (None, type(None)) else [annotation]


def _chosen(arms: list[Any], value: Any) -> list[Any]:
    """Of several sections the one whose source `value` names; other types as they are."""
    if len(arms) > 1 and all(map(_is_section, arms)):
        return [arm for arm in arms if _source(arm) == value_at(value, ("source",))]
    return arms


def _below(arm: Any, part: str | int) -> Any:
    if _is_section(arm):
        return fields(arm).get(part)
    return get_args(arm)[-1] if get_origin(arm) in (dict, list) else None


def _paths(section: type[Section], path: KeyPath) -> Iterator[KeyPath]:
    for name, field in fields(section).items():
        yield (*path, name)
        for arm in filter(_is_section, _arms(field)):
            yield from _paths(arm, (*path, name))


def _source(annotation: Any) -> str | None:
    """The `source` that a section of data stands for; None for all else."""
    field = annotation.model_fields.get("source") if _is_section(annotation) else None
    return get_args(field.annotation)[0] if field is not None and get_args(field.annotation) else None


def _is_section(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, Section)
