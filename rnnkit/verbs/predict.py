"""predict: what a model says of a user's texts."""

import itertools
import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from io import BufferedIOBase
from pathlib import Path

import click
import tensorflow as tf

from rnnkit.app import App
from rnnkit.artifact import Artifact, open_artifact
from rnnkit.config.schema import Run
from rnnkit.data.lines import raw_lines
from rnnkit.errors import ArtifactError, DataError
from rnnkit.training import runtime
from rnnkit.verbs.common import anywhere, first_line, for_use, load_model

BLOCK = 1024  # lines read before the first of them is answered, where they are there
BATCH = 64  # inputs of similar length, answered at once


def predict(
    app: App,
    model_path: str,
    texts,
    source: str | None,
    form: str,
    path: str | None,
    overrides,
    signature: str = "serving_default",
) -> int:
    """Prints an answer of a served function for every text; returns 2 where some have none, 0 otherwise."""
    if bool(texts) == (source is not None):
        raise DataError("give the texts to label either as arguments or with --input FILE (- for standard input)")
    inputs = _read(source) if source is not None else [[_checked(t, f"text {i}") for i, t in enumerate(texts, 1)]]
    artifact = open_artifact(model_path, app.name)
    run, functions = model_of(app, artifact, path, overrides)
    count, failed = 0, []
    with runtime.started(run.train, run.seed):
        served = functions()
        for block in inputs:
            for record in _answers(app, served, block, signature):
                count += 1
                failed += [record["error"]] if "error" in record else []
                click.echo(json.dumps(record, ensure_ascii=False) if form == "jsonl" else _text(app, record))
    if not count:
        raise DataError(f"--input {source}: holds no text")
    if failed:
        click.echo(f"error: {len(failed)} of {count} inputs could not be answered; the first: {failed[0]}", err=True)
    return 2 if failed else 0


def model_of(app: App, artifact: Artifact, path: str | None, overrides) -> tuple[Run, Callable[[], dict]]:
    """A run and what loads its served functions: a SavedModel's own graph, or a model built anew."""
    if artifact.saved_model and not path and not overrides:
        return anywhere(artifact.run), lambda: _load(artifact.saved_model)
    run, cell = for_use(artifact, path, overrides, flag="--set ")

    def build() -> dict:
        task, model = load_model(app, artifact, run, cell)
        return task.signatures(model)

    return run, build


class _Signatures(dict):
    """A SavedModel's served functions by name. Their variables live as long as the model, which stands beside them."""

    model = None


def _load(saved_model: Path) -> _Signatures:
    """The signatures of a SavedModel."""
    try:
        model = tf.saved_model.load(str(saved_model))
        signatures = _Signatures(model.signatures)
        signatures.model = model
        return signatures
    except Exception as error:  # a damaged file may lead TensorFlow anywhere
        raise ArtifactError(f"{saved_model}: is damaged; TensorFlow cannot load it ({first_line(error)})") from error


def _answers(app: App, functions: dict, block: list[dict], signature: str) -> Iterator[dict]:
    """A record for every input, in order; one that cannot be answered has an `error`."""
    answers: dict[int, dict] = {}
    for key, name in (("text", signature), ("tokens", "tag_tokens")):
        rows = [row for row in block if "error" not in row and key in row]
        if rows and name not in functions:
            answers |= {id(row): row | {"error": f"the {app.name} app takes text, not tokens"} for row in rows}
            continue
        for alike in _groups(sorted(rows, key=lambda row: len(row[key])), BATCH):
            answers |= {id(row): record for row, record in zip(alike, _records(app, functions[name], key, alike))}
    for row in block:
        yield answers.get(id(row), row)


def _records(app: App, function: Callable, key: str, rows: list[dict]) -> list[dict]:
    """A record for each of some rows; where the function refuses one of them, they are asked one by one."""
    try:
        answered = function(**_tensors(key, [row[key] for row in rows]))
    except tf.errors.InvalidArgumentError as error:
        if len(rows) == 1:
            return [rows[0] | {"error": refusal(error)}]
        return [record for row in rows for record in _records(app, function, key, [row])]
    values = {output: value.numpy() for output, value in answered.items()}
    counts = values["lengths" if "lengths" in values else "token_count"]
    no_token = {"error": "text.pattern finds no token in it"}
    return [record if count else row | no_token for row, record, count in zip(rows, app.records(rows, values), counts)]


def refusal(error: tf.errors.InvalidArgumentError) -> str:
    """What an assertion of a graph says, without where it stands."""
    said = re.search(r"assertion failed: \[b?['\"]?(.*?)['\"]?\]", error.message)
    return said.group(1) if said else first_line(error)


def _tensors(key: str, values: list) -> dict[str, tf.Tensor]:
    if key == "text":
        return {"text": tf.constant(values)}
    ragged = tf.ragged.constant(values, dtype=tf.string, ragged_rank=1)
    return {"tokens": ragged.to_tensor(""), "lengths": tf.cast(ragged.row_lengths(), tf.int32)}


def _text(app: App, record: dict) -> str:
    return f"error: {record['error']}" if "error" in record else app.show(record)


def _read(source: str) -> Iterator[list[dict]]:
    """Blocks of inputs from a file's lines or standard input; a bad line becomes a row with an `error`.

    Raises:
        DataError: the file cannot be read; at once, before a model is loaded in vain.
    """
    if source == "-":
        parts = _arriving(sys.stdin.buffer)
    else:
        lines = (line for _, line in raw_lines(Path(source).expanduser()))
        parts = _groups(itertools.chain(list(itertools.islice(lines, 1)), lines), BLOCK)
    is_json = source.removesuffix(".gz").endswith(".jsonl")
    numbers = itertools.count(1)
    return ([_row(line, f"{source}:{next(numbers)}", is_json) for line in part] for part in parts)


def _groups(items: Iterable, size: int) -> Iterator[list]:
    items = iter(items)
    while group := list(itertools.islice(items, size)):
        yield group


def _arriving(stream: BufferedIOBase) -> Iterator[list[bytes]]:
    """Blocks of a stream's lines as they come: whoever waits for an answer before the next line gets it."""
    parts = []
    while part := stream.read1():
        parts.append(part)
        if b"\n" in part:
            *lines, rest = b"".join(parts).split(b"\n")
            yield from _groups(lines, BLOCK)
            parts = [rest]
    if rest := b"".join(parts):
        yield [rest]


def _row(line: bytes, place: str, is_json: bool) -> dict:
    text = line.rstrip(b"\r\n").decode("utf-8", "surrogateescape").removeprefix("\ufeff")
    if not is_json:
        return _checked(text, place)
    try:
        row = json.loads(text)
        for key in ("tokens", "text"):
            if isinstance(row, dict) and key in row:
                return _checked(row[key], place)
    except (ValueError, RecursionError) as error:  # also for numbers too long and lists too deep for Python
        return _bad(text, f"{place}: not JSON ({first_line(error)})")
    return _bad(text, f'{place}: needs a "text" (a string) or "tokens" (a list of strings)')


def _checked(value, place: str) -> dict:
    """A row for a text or a list of tokens, with an `error` where it has no answer."""
    key = "text" if isinstance(value, str) else "tokens"
    if key == "tokens" and not (isinstance(value, list) and all(isinstance(token, str) for token in value)):
        return _bad(json.dumps(value), f'{place}: "text" must be a string and "tokens" a list of strings')
    if not "".join(value).strip():
        return {key: value, "error": f"{place}: the text is empty"}
    try:
        "".join(value).encode()
    except UnicodeEncodeError:
        return _bad(str(value), f"{place}: not UTF-8")
    return {key: value}


def _bad(text: str, error: str) -> dict:
    return {"text": text.encode("utf-8", "replace").decode(), "error": error}
