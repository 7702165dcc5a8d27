"""Loads a configuration: read, merged, overridden, validated; every mistake is told at once."""

import os
from collections.abc import Iterable

from rnnkit.config.document import Document, Place, Problems, dotted, leaves, related, value_at
from rnnkit.config.merging import drop, merge, read_extended, read_overrides
from rnnkit.config.paths import absent_files
from rnnkit.config.schema import RUNS, Run
from rnnkit.config.validation import validate
from rnnkit.config.words import meant, show
from rnnkit.config.yaml_reader import read_file
from rnnkit.errors import ArtifactError, ConfigError

_OF_MODEL = ("text", "image", "model")  # the sections that every task fills in its own way and a trained model keeps


def load(
    path: str | os.PathLike, overrides: Iterable[str] = (), task: str | None = None, needs_files: bool = True
) -> Run:
    """Loads a file, what it extends, and overrides on top.

    Args:
        path: a YAML file.
        overrides: texts `section.key=value`; the value is YAML.
        task: the app that asks; a file for another app is a mistake. None takes any.
        needs_files: whether files and folders named in `data` and `finetune` must be there.

    Raises:
        ConfigError: lists every mistake, each with its place, key, what came and what is allowed.
    """
    problems = Problems()
    document = merge(read_extended(path, problems), read_overrides(overrides, problems))
    run_class, document = _for_task(document, task, problems)
    run, broken = validate(run_class, document, problems)
    if needs_files:
        _need_files(run, broken, document, problems)
    problems.stop()
    return run


def load_on(
    base: Run,
    path: str | os.PathLike | None = None,
    overrides: Iterable[str] = (),
    free: Iterable[str] = (),
    needs_files: bool = False,
) -> tuple[Run, frozenset[str]]:
    """Lays a file and overrides on the configuration that a model was trained with.

    A file's `data` and `finetune` stand for themselves, and which split is scored depends on that `data`; all else that
    it does not name is the model's. The model's `train.name` is not taken over by a file, which describes a run of its
    own.

    Args:
        base: the model's configuration.
        path: a YAML file, or None.
        overrides: texts `section.key=value`.
        free: dotted keys, or sections, of `text`, `image` and `model` that may differ from the model's.
        needs_files: whether the files named in `data` must be there; those that the user names always must.

    Returns:
        The run, and the dotted keys that the user gave himself.

    Raises:
        ConfigError: lists every mistake; a key of `text`, `image` or `model` that differs from the model's is one.
    """
    problems = Problems()
    start = Document(_values(base), {(): Place(_of("the model"))})
    over = given = read_overrides(overrides, problems)
    if path is not None:
        file = read_extended(path, problems)
        given = merge(file, over)
        start = drop(start, ("train", "name"))
        start = drop(drop(start, ("data",)), ("evaluate", "split")) if "data" in file.values else start
    if "finetune" in given.values:
        start = drop(start, ("finetune",))
    run = _laid_on(start, given, base.task, free, problems, needs_files)
    return run, frozenset(map(dotted, leaves(given.values)))


def load_with(
    decided: dict[str, dict],
    model: str,
    task: str,
    path: str | os.PathLike,
    overrides: Iterable[str] = (),
    free: Iterable[str] = (),
) -> tuple[Run, frozenset[str]]:
    """As `load`, where a trained model of another task decides some keys, which may be left out.

    Args:
        decided: these keys and their values, by section.
        model: what messages call that model.
        task: the app that asks.
        path: a YAML file.
        overrides: texts `section.key=value`.
        free: dotted keys among them that may differ.

    Returns:
        As `load_on`.

    Raises:
        ConfigError: lists every mistake; another value of a key that is decided is one.
    """
    problems = Problems()
    given = merge(read_extended(path, problems), read_overrides(overrides, problems))
    if _for_task(given, task, problems)[0] is not RUNS[task]:
        problems.stop()
    others = {section: RUNS[task].model_fields[section].default.model_dump(by_alias=True) for section in decided}
    start = Document({section: others[section] | decided[section] for section in decided}, {(): Place(_of(model))})
    free = {
        *free,
        *(f"{section}.{key}" for section in others for key in others[section] if key not in decided[section]),
    }
    run = _laid_on(start, given, task, free, problems, True, model)
    return run, frozenset(map(dotted, leaves(given.values)))


def finetune_source(path: str | os.PathLike, overrides: Iterable[str] = ()) -> str:
    """The model that a fine-tuning starts from, before its own configuration is known: `finetune.from`.

    Raises:
        ConfigError: the file cannot be read, or names no model.
    """
    problems = Problems()
    document = merge(read_extended(path, problems), read_overrides(overrides, problems))
    source = value_at(document.values, ("finetune", "from"))
    if not isinstance(source, str) and not problems.found:
        text = "missing; name the run directory or SavedModel to start from"
        problems.add(document.place(("finetune", "from")), ("finetune", "from"), text)
    problems.stop()
    return source


def from_artifact(path: str | os.PathLike) -> Run:
    """Reads the filled configuration that a run or SavedModel carries.

    Raises:
        ArtifactError: it is missing, damaged or not a configuration.
    """
    problems = Problems()
    document = read_file(path, problems)
    run_class, document = _for_task(document, None, problems)
    run, _ = validate(run_class, document, problems)
    try:
        problems.stop()
    except ConfigError as error:
        raise ArtifactError(
            f"{os.fspath(path)} is no configuration that rnnkit wrote, or is damaged:\n{error}"
        ) from error
    return run


def _of(model: str) -> str:
    return f"{model}'s configuration"


def _values(run: Run) -> dict:
    """A run as the values of a file."""
    return run.model_dump(by_alias=True)


def _for_task(document: Document, asked: str | None, problems: Problems) -> tuple[type[Run], Document]:
    """The schema for a document, and the document with a task that fits it."""
    task = document.values.get("task")
    known = isinstance(task, str) and task in RUNS
    if known and asked not in (None, task):
        text = f"got {show(task)}, but this is {asked}; it is a configuration for `python -m apps.{task}`"
        problems.add(document.place(("task",)), ("task",), text)
    if known:
        return RUNS[task], document
    if not {(), ("task",)} & document.broken:
        came = f"got {show(task)}" if "task" in document.values else "missing"
        text = f"{came}; one of {', '.join(RUNS)} is needed{meant(task, RUNS)}"
        problems.add(document.place(("task",)), ("task",), text)
    run_class = RUNS.get(asked, Run)
    values = document.values | {"task": asked or "unknown"}
    if run_class is Run:
        values = {key: value for key, value in values.items() if key not in _OF_MODEL}
    return run_class, Document(values, document.places, document.broken | {("task",)})


def _laid_on(start, given, task, free, problems, needs_files, model="the model") -> Run:
    """What the user gives, laid on what a trained model has: no key that it decides may differ but those in `free`."""
    document = merge(start, given)
    run_class, document = _for_task(document, task, problems)
    run, broken = validate(run_class, document, problems)
    _keep_model(start, given, document, broken, tuple(free), problems, model)
    data, finetune = needs_files or "data" in given.values, "finetune" in given.values
    _need_files(run, broken, document, problems, data=data, finetune=finetune, weights=False)
    problems.stop()
    return run


def _need_files(run, broken, document, problems, **which: bool) -> None:
    """Tells the files that are not there, of all that is named rightly; `which` as for `absent_files`."""
    for key, reason in absent_files(run, **which) if run else ():
        if not any(related(key, other) for other in broken - {()}):
            problems.add(document.place(key), key, reason)


def _keep_model(start, given, document, broken, free, problems, model) -> None:
    """Tells what the user names in `text`, `image` and `model` that differs from the trained model."""
    for path in leaves({key: given.values[key] for key in _OF_MODEL if isinstance(given.values.get(key), dict)}):
        before, after, key = value_at(start.values, path), value_at(document.values, path), dotted(path)
        is_free = any(f"{key}.".startswith(f"{allowed}.") for allowed in free)
        if before != after and not is_free and not any(related(path, other) for other in broken):
            text = f"got {show(after)}, but {model} was trained with {show(before)}; remove it, or train a new model"
            problems.add(document.place(path), path, text)
