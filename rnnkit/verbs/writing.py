"""generate: a language model goes on with a text, to be read as it grows."""

import sys
from collections.abc import Callable, Iterator

import click
import tensorflow as tf

from rnnkit import decoding
from rnnkit.app import App
from rnnkit.artifact import open_artifact
from rnnkit.config.schema import Generation
from rnnkit.data.units import END_ID, Unit
from rnnkit.errors import DataError
from rnnkit.tasks.base import Task
from rnnkit.tasks.writing import drawing
from rnnkit.training import runtime
from rnnkit.verbs.inputs import encodable
from rnnkit.verbs.predict import model_of, refusal

_MARGIN = 8  # tokens before a new one that decide how it is joined to them
_BROKEN = "\ufffd"  # what the first bytes of a character are shown as


def generate(app: App, model_path: str, prompt: str | None, asked: dict, path: str | None = None, overrides=()) -> None:
    """Prints a prompt and, while it is written, how it goes on.

    Args:
        app: of a language model.
        model_path: a run directory or a SavedModel.
        prompt: None reads it from standard input, without the newline at its end.
        asked: tokens, temperature, top_k, top_p and seed; what is None is as the section `generate` says.
        path, overrides: of the configuration.

    Raises:
        DataError: the prompt is empty or not UTF-8, or the model does not know one of its characters.
    """
    artifact = open_artifact(model_path, app.name)
    run, functions = model_of(app, artifact, path, overrides)
    prompt = _read_prompt() if prompt is None else prompt
    generation = run.generate.model_copy(update={key: value for key, value in asked.items() if value is not None})
    if not prompt and not run.text.end_of_document:
        raise DataError("the prompt is empty; give the beginning of a text (at least one token)")
    if not encodable(prompt):
        raise DataError("the prompt is not UTF-8")
    with runtime.started(run.train, run.seed):
        task = app.task_class().restore(run, artifact.task_state)
        task.vectorizer.check([prompt])
        pieces = _pieces(task, functions(), prompt, generation)
        click.echo(prompt, nl=False)
        for piece in pieces:
            click.echo(piece, nl=False)
        click.echo()


def grown(unit: Unit, before: list[int], tokens: Iterator[int]) -> Iterator[str]:
    """What each token adds to a text, as far as it can be shown: bytes wait until they are a character.

    Args:
        unit: that the ids are of.
        before: ids of the text so far.
        tokens: ids of what comes.
    """
    pending: list[int] = []
    for token in tokens:
        shown, pending = before[-_MARGIN:], [*pending, token]
        given, whole = (text.decode() for text in unit.decode(tf.ragged.constant([shown, shown + pending])).numpy())
        piece = whole[len(given) :]
        if not piece.endswith(_BROKEN):
            yield piece
            before, pending = shown + pending, []


def _pieces(task: Task, functions: dict[str, Callable], prompt: str, generation: Generation) -> Iterator[str]:
    """The text that follows a prompt, in pieces, drawn with the served step alone."""
    text = tf.constant([prompt])
    try:
        begun = dict(functions["begin"](text=text))
    except tf.errors.InvalidArgumentError as error:
        raise DataError(f"the prompt: {refusal(error)}") from error

    def step(tokens, states):
        answer = functions["step"](tokens=tokens, **states)
        return answer["logits"], {name: answer[name] for name in states}

    documents = task.run.text.end_of_document
    start, options = begun.pop("tokens"), drawing(generation, documents)
    drawn = decoding.stream(step, begun, start, options, end=END_ID if documents else None)
    return grown(task.vectorizer, task.vectorizer.ragged(text)[0].numpy().tolist(), (int(row[0]) for row in drawn))


def _read_prompt() -> str:
    try:
        return sys.stdin.buffer.read().decode("utf-8").removesuffix("\n")
    except UnicodeDecodeError as error:
        raise DataError(f"the prompt on standard input is not UTF-8 (byte {error.start + 1})") from None
