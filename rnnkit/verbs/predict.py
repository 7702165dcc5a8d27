"""predict: what a model says of a user's texts."""

import gzip
import itertools
import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import click
import tensorflow as tf

from rnnkit.app import App
from rnnkit.artifact import Artifact, open_artifact
from rnnkit.errors import ArtifactError, DataError
from rnnkit.verbs.common import load_model, over_artifact

BATCH = 64


def predict(app: App, model_path: str, texts, source: str | None, form: str, path: str | None, overrides) -> int:
    """Prints an answer for every text; returns 2 where some could not be answered, 0 otherwise."""
    if bool(texts) == (source is not None):
        raise DataError("give the texts to label either as arguments or with --input FILE (- for standard input)")
    inputs = [{"text": text} for text in texts] if texts else _read(source)
    artifact = open_artifact(model_path, app.name)
    functions = _functions(app, artifact, path, overrides)
    failed = 0
    while batch := list(itertools.islice(inputs := iter(inputs), BATCH)):
        for record in _answer(app, functions, batch):
            failed += "error" in record
            click.echo(json.dumps(record, ensure_ascii=False) if form == "jsonl" else _text(app, record))
    if failed:
        click.echo(f"error: {failed} of the inputs could not be answered", err=True)
    return 2 if failed else 0


def _functions(app: App, artifact: Artifact, path: str | None, overrides: Iterable[str]) -> dict:
    """Served functions by name: of the SavedModel's own graph, or of a run's model built anew."""
    if artifact.saved_model and not path and not overrides:
        try:
            return dict(tf.saved_model.load(str(artifact.saved_model)).signatures)
        except (OSError, ValueError, KeyError, tf.errors.OpError) as error:
            raise ArtifactError(f"{artifact.saved_model}: TensorFlow cannot load it ({_first_line(error)})") from error
    run, cell = over_artifact(artifact, path, overrides)
    task, model = load_model(app, artifact, run, cell)
    return task.signatures(model)


def _answer(app: App, functions: dict, batch: list[dict]) -> Iterator[dict]:
    """A record for every input, in order; one that cannot be answered has an `error`."""
    good = [row for row in batch if "error" not in row and not _problem(row)]
    answers: dict[int, dict] = {}
    for key, name in (("text", "serving_default"), ("tokens", "tag_tokens")):
        rows = [row for row in good if key in row]
        if rows and name not in functions:
            answers |= {id(row): {**row, "error": f"the {app.name} app takes text, not tokens"} for row in rows}
        elif rows:
            answered = functions[name](**_tensors(key, [row[key] for row in rows]))
            values = {output: value.numpy() for output, value in answered.items()}
            answers |= {id(row): record for row, record in zip(rows, app.records(rows, values))}
    for row in batch:
        problem = row.get("error") or _problem(row)
        yield {**row, "error": problem} if problem else answers[id(row)]


def _tensors(key: str, values: list) -> dict[str, tf.Tensor]:
    if key == "text":
        return {"text": tf.constant(values)}
    ragged = tf.ragged.constant(values, dtype=tf.string, ragged_rank=1)
    return {"tokens": ragged.to_tensor(""), "lengths": tf.cast(ragged.row_lengths(), tf.int32)}


def _problem(row: dict) -> str | None:
    """Why an input has no answer, or None."""
    if "tokens" in row:
        return None if row["tokens"] else "there is no token"
    return None if row["text"].strip() else "the text is empty"


def _text(app: App, record: dict) -> str:
    return f"error: {record['error']}" if "error" in record else app.show(record)


def _read(source: str) -> Iterator[dict]:
    """Inputs from a file's lines or standard input; a bad line becomes a row with an `error`."""
    if source == "-":
        lines, rows = sys.stdin.buffer, False
    else:
        path = Path(source).expanduser()
        try:
            file = open(path, "rb")
            zipped = file.read(2) == b"\x1f\x8b"
            file.seek(0)
        except OSError as error:
            raise DataError(f"--input {source}: cannot be read ({error.strerror})") from error
        lines, rows = (gzip.open(file) if zipped else file), path.name.removesuffix(".gz").endswith(".jsonl")
    return (_row(line, f"{source}:{number}", rows) for number, line in enumerate(lines, 1))


def _row(line: bytes, place: str, is_json: bool) -> dict:
    try:
        text = line.decode("utf-8-sig" if place.endswith(":1") else "utf-8").rstrip("\r\n")
    except UnicodeDecodeError as error:
        return {"text": line.decode("utf-8", "replace").rstrip("\r\n"), "error": f"{place}: not UTF-8 ({error.reason})"}
    if not is_json:
        return {"text": text}
    try:
        row = json.loads(text)
    except json.JSONDecodeError as error:
        return {"text": text, "error": f"{place}: not JSON ({error.msg})"}
    if isinstance(row, dict) and isinstance(row.get("tokens"), list) and all(isinstance(t, str) for t in row["tokens"]):
        return {"tokens": row["tokens"]}
    if isinstance(row, dict) and isinstance(row.get("text"), str):
        return {"text": row["text"]}
    return {"text": text, "error": f'{place}: needs a "text" (a string) or "tokens" (a list of strings)'}


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0][:200] if str(error).strip() else type(error).__name__
