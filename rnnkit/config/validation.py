"""Checks a document against the schema and tells every mistake in plain words."""

from typing import Any, Literal, NamedTuple

from pydantic import ValidationError

from rnnkit.config import tree
from rnnkit.config.document import Document, KeyPath, Problems, dotted, related, value_at, without
from rnnkit.config.schema import Run
from rnnkit.config.words import allowed, choices, meant, nearest, show

_MAX_ROUNDS = 20
_ABSENT = object()


class _Mistake(NamedTuple):
    """What is wrong with the value at `path`; a contradiction has the other keys, and what the schema said."""

    path: KeyPath
    text: str
    kind: Literal["value", "missing", "contradiction"]
    others: tuple[KeyPath, ...] = ()
    said: tuple[str, str] | None = None


def validate(run_class: type[Run], document: Document, problems: Problems) -> tuple[Run | None, set[KeyPath]]:
    """Tells every mistake; returns the run without what is wrong (None where nothing is left), and the wrong paths.

    Keys that contradict each other are only found when each key alone is right. So wrong values are taken out and the
    rest is checked again; contradictions that involve what was taken out are not told.
    """
    values, broken, told = document.values, set(document.broken), []
    for attempt in range(_MAX_ROUNDS):
        try:
            return run_class.model_validate(values, by_alias=True, by_name=False, context=told), broken
        except ValidationError as error:
            mistakes = _mistakes(error, run_class, values)
        for mistake in mistakes:
            if _is_news(mistake, broken, attempt):
                keys = (mistake.path, *mistake.others)
                written = next((path for path in keys if path in document.places), mistake.path)
                problems.add(document.place(written), mistake.path, mistake.text)
        told += [mistake.said for mistake in mistakes if mistake.said]
        wrong = {mistake.path for mistake in mistakes if not mistake.said}
        values = _repaired(values, wrong if attempt else wrong | broken, run_class)
        broken |= wrong
    return None, broken


def _is_news(mistake: _Mistake, broken: set[KeyPath], attempt: int) -> bool:
    """False for what follows from a mistake already told. A file that could not be read breaks (), the whole."""
    if mistake.kind == "contradiction":
        return not any(related(path, other) for path in (mistake.path, *mistake.others) for other in broken)
    within = {other for other in broken if mistake.path[: len(other)] == other}
    return attempt == 0 and not (within if mistake.kind == "missing" else within - {()})


def _repaired(values: dict, wrong: set[KeyPath], run_class: type[Run]) -> dict:
    """`values` without what is wrong; what lacks a needed key goes whole, data become the built-in corpus."""
    for path in wrong:
        while len(path) > 1 and (isinstance(path[-1], int) or value_at(values, path, _ABSENT) is _ABSENT):
            path = path[:-1]
        if path == ("data",):
            values = values | {"data": {"source": "builtin", "name": run_class.BUILTIN}}
        elif path:
            values = without(values, path)
    return values


def _mistakes(error: ValidationError, run_class: type[Run], values: dict) -> list[_Mistake]:
    """One mistake for each wrong value, where pydantic has one for each member of a union."""
    wrong, contradictions = {}, []
    for item in error.errors(include_url=False):
        path, annotation = tree.locate(run_class, item["loc"], values)
        if item["type"] == "mismatch":
            for keys, reason in item["ctx"]["found"]:
                first, *others = [(*path, *key.split(".")) for key in keys.split()]
                contradictions.append(_Mistake(first, reason, "contradiction", tuple(others), (keys, reason)))
        elif item["type"] in ("union_tag_not_found", "union_tag_invalid"):
            path = (*path, "source")
            wrong[path] = _source_mistake(path, tree.sources(annotation), value_at(values, path, _ABSENT))
        else:
            text = _value_mistake(item, run_class, path, annotation, values)
            wrong.setdefault(path, _Mistake(path, text, "missing" if item["type"] == "missing" else "value"))
    return [*wrong.values(), *contradictions]


def _source_mistake(path: KeyPath, sources: list[str], value: Any) -> _Mistake:
    needed = f"one of {', '.join(sources)} is needed"
    if value is _ABSENT:
        return _Mistake(path, f"missing; {needed}", "missing")
    return _Mistake(path, f"got {show(value)}, {needed}{meant(value, sources)}", "value")


def _value_mistake(item: Any, run_class: type[Run], path: KeyPath, annotation: Any, values: dict) -> str:
    if item["type"] == "extra_forbidden":
        return _unknown_key(run_class, path, values)
    if item["type"] == "missing":
        return f"missing; {allowed(annotation)} is needed"
    value = value_at(values, path)
    needed = item["ctx"]["error"] if item["type"] == "value_error" else allowed(annotation)
    hint = meant(value, choices(annotation))
    if isinstance(value, int | float) and tree.is_text(annotation):
        hint = "; put it in quotes to make it text"
    return f"got {show(value)}, {needed} is needed{hint}"


def _unknown_key(run_class: type[Run], path: KeyPath, values: dict) -> str:
    section = tree.section_at(run_class, path[:-1], values)
    known = list(tree.fields(section))
    owners, near = tree.owners(run_class, path), nearest(path[-1], known)
    elsewhere = [dotted(other) for other in tree.keys_elsewhere(run_class, path[-1])]
    if owners:
        hint = f"; {path[-1]} belongs to {' and '.join(owners)}"
    elif near or elsewhere:
        hint = f"; did you mean {near or ' or '.join(elsewhere)}?"
    else:
        hint = ""
    return f"unknown key{hint} (allowed: {', '.join(known)})"
