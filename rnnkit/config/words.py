"""Plain words for what came, what the schema allows, and what was probably meant."""

import json
import types
from collections.abc import Iterable
from difflib import get_close_matches
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt, MinLen
from pydantic.fields import FieldInfo

from rnnkit.config.schema import Section

_SCALARS = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "text",
    type(None): "null",
    Any: "any value",
}
_BOUNDS = {Ge: (">=", "ge"), Gt: (">", "gt"), Le: ("<=", "le"), Lt: ("<", "lt")}
_LONGEST = 70


def show(value: Any) -> str:
    """A value as it came, with its kind: 'abc' (text)."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    kind = {int: "a whole number", float: "a number", str: "text", list: "a list", dict: "a section"}[type(value)]
    text = json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else repr(value)
    return f"{text if len(text) <= _LONGEST else text[:_LONGEST] + '…'} ({kind})"


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that is most like `word`, or that it may be short for, if there is one."""
    lowered = {name.lower(): name for name in known}
    found = get_close_matches(word.lower(), lowered, n=1)
    found = found or [name for name in lowered if _is_short_for(word.lower(), name)]
    return lowered[found[0]] if found else None


def _is_short_for(word: str, name: str) -> bool:
    """True for the beginning of `name` (opt, optimizer) and for the initials of its words (lr, learning_rate)."""
    return len(word) > 1 and (name.startswith(word) or word == "".join(part[:1] for part in name.split("_")))


def meant(word: Any, known: Iterable[str]) -> str:
    """`; did you mean …?`, or nothing where no known word is near."""
    near = nearest(word, known) if isinstance(word, str) else None
    return f"; did you mean {near}?" if near else ""


def allowed(annotation: Any, constraints: Iterable[Any] = ()) -> str:
    """What a field of this type may hold: `a whole number >= 1 or null`."""
    if isinstance(annotation, FieldInfo):
        return annotation.title or allowed(annotation.annotation, annotation.metadata)
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _allowed_annotated(arguments[0], arguments[1:])
    if origin in (Union, types.UnionType):
        return _allowed_union(arguments)
    if origin is Literal:
        words = [str(one).lower() if isinstance(one, bool) else str(one) for one in arguments]
        return f"one of {', '.join(words)}" if len(words) > 1 else words[0]
    if origin is list:
        return f"a list{_not_empty(constraints)} (each {allowed(arguments[0])})"
    if origin is dict:
        return "a section" if arguments[1] is Any else f"a section (each value {allowed(arguments[1])})"
    if isinstance(annotation, type) and issubclass(annotation, Section):
        return "a section"
    return _SCALARS[annotation] + _not_empty(constraints) + _bounds(constraints)


def choices(annotation: Any) -> list[str]:
    """The words that a field of this type knows by name."""
    if isinstance(annotation, FieldInfo):
        return annotation.examples or choices(annotation.annotation)
    if get_origin(annotation) is Literal:
        return [choice for choice in get_args(annotation) if isinstance(choice, str)]
    return [choice for part in get_args(annotation) for choice in choices(part)]


def _allowed_annotated(annotation: Any, metadata: Iterable[Any]) -> str:
    constraints = []
    for item in metadata:
        if isinstance(item, FieldInfo) and item.title:
            return item.title
        constraints += item.metadata if isinstance(item, FieldInfo) else [item]
    return allowed(annotation, constraints)


def _allowed_union(arguments: Iterable[Any]) -> str:
    parts = []
    for argument in arguments:
        part = allowed(argument)
        single = next((other for other in parts if f"(each {other})" in part), None)
        part = "a list of these" if single else part
        if part not in parts:
            parts.append(part)
    return " or ".join(parts)


def _bounds(constraints: Iterable[Any]) -> str:
    texts = [
        f"{sign} {getattr(constraint, name)}"
        for constraint in constraints
        for kind, (sign, name) in _BOUNDS.items()
        if isinstance(constraint, kind)
    ]
    return " " + " and ".join(texts) if texts else ""


def _not_empty(constraints: Iterable[Any]) -> str:
    shortest = next((item.min_length for item in constraints if isinstance(item, MinLen)), 0)
    return {0: "", 1: ", not empty"}.get(shortest, f" of at least {shortest}")
