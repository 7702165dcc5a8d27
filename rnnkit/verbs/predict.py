"""predict: what a model says of a user's texts or pictures."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import numpy as np
import tensorflow as tf

from rnnkit.app import App
from rnnkit.artifact import Artifact, open_artifact
from rnnkit.config.schema import Run
from rnnkit.data.images import ImageDecoder, problem
from rnnkit.errors import ArtifactError, DataError
from rnnkit.training import runtime
from rnnkit.verbs import inputs
from rnnkit.verbs.common import anywhere, first_line, for_use, load_model

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
        raise DataError(f"give the {app.reads}s either as arguments or with --input FILE (- for standard input)")
    if source is not None:
        blocks = inputs.read(source, app)
    else:
        blocks = [[row for i, text in enumerate(texts, 1) for row in inputs.rows_of(text, f"{app.reads} {i}", app)]]
    artifact = open_artifact(model_path, app.name)
    run, functions = model_of(app, artifact, path, overrides)
    count, failed = 0, []
    with runtime.started(run.train, run.seed):
        served, why = functions(), _why(app, run)
        for block in blocks:
            for record in _answers(app, served, block, signature, why):
                count += 1
                failed += [record["error"]] if "error" in record else []
                click.echo(json.dumps(record, ensure_ascii=False) if form == "jsonl" else _text(app, record))
    if not count:
        raise DataError(f"--input {source}: holds no {app.reads}")
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


def _why(app: App, run: Run) -> Callable[[dict], str]:
    """From a row that the model had no answer for to why that is so."""
    if app.reads == "text":
        return lambda row: f"{row['place']}: text.pattern finds no token in it"
    decoder = ImageDecoder(run.image)
    return lambda row: f"{row['image']}: {problem(_bytes_of(row['image']), decoder)}"


def _answers(
    app: App, functions: dict, block: list[dict], signature: str, why: Callable[[dict], str]
) -> Iterator[dict]:
    """A record for every input, in order; one that cannot be answered has an `error`."""
    answers: dict[int, dict] = {}
    for key, name in ((app.reads, signature), ("tokens", "tag_tokens")):
        rows = [row for row in block if "error" not in row and key in row]
        for alike in inputs.groups(sorted(rows, key=lambda row: len(row[key])), BATCH):
            found = _records(app, functions[name], key, alike, why)
            answers |= {id(row): record for row, record in zip(alike, found)}
    for row in block:
        record = answers.get(id(row), row)
        yield {name: value for name, value in record.items() if name != "place"}


def _records(app: App, function: Callable, key: str, rows: list[dict], why: Callable[[dict], str]) -> list[dict]:
    """A record for each of some rows; where the function refuses one of them, they are asked one by one."""
    try:
        answered = function(**_tensors(key, [row[key] for row in rows]))
    except tf.errors.InvalidArgumentError as error:
        if len(rows) == 1:
            return [rows[0] | {"error": f"{rows[0]['place']}: {refusal(error)}"}]
        return [record for row in rows for record in _records(app, function, key, [row], why)]
    values = {output: value.numpy() for output, value in answered.items()}
    read = next(values[name] for name in ("lengths", "token_count", "readable") if name in values)
    records = app.records(rows, values)
    for i, row in enumerate(rows):
        if not read[i]:
            records[i] = row | {"error": why(row)}
        elif reason := app.why({name: value[i] for name, value in values.items()}):
            records[i] = row | {"error": f"{row['place']}: {reason}"}
    return records


def refusal(error: tf.errors.InvalidArgumentError) -> str:
    """What an assertion of a graph says of a single text, without where it stands."""
    said = re.search(r"assertion failed: \[b?['\"]?(.*?)['\"]?\]", error.message)
    return re.sub(r"^text \d+,? ", "", said.group(1)) if said else first_line(error)


def _tensors(key: str, values: list) -> dict[str, tf.Tensor]:
    if key == "text":
        return {"text": tf.constant(values)}
    if key == "image":
        return {"image": tf.constant([_bytes_of(path) for path in values])}
    ragged = tf.ragged.constant(values, dtype=tf.string, ragged_rank=1)
    return {"tokens": ragged.to_tensor(""), "lengths": tf.cast(ragged.row_lengths(), tf.int32)}


def fitted_by(app: App, model_path: str, path: str | None, overrides) -> Callable[[str], np.ndarray]:
    """From the path of a picture to (height, width, 3) from 0 to 1, as `predict` has a model see it."""
    run, _ = model_of(app, open_artifact(model_path, app.name), path, overrides)
    decoder = ImageDecoder(run.image)
    return lambda path: decoder.decode(tf.constant(_bytes_of(path))).numpy()


def _bytes_of(path: str) -> bytes:
    return Path(path).expanduser().read_bytes()


def _text(app: App, record: dict) -> str:
    return f"error: {record['error']}" if "error" in record else app.show(record)
