"""generate: a generator draws texts of classes."""

import json
from collections.abc import Mapping, Sequence

import click

from rnnkit.app import App
from rnnkit.artifact import Artifact, open_artifact
from rnnkit.config.schema import GenerationRun
from rnnkit.config.words import meant
from rnnkit.decoding import DecodingOptions
from rnnkit.errors import DataError
from rnnkit.tasks.generating import listed
from rnnkit.tasks.sampling import draw
from rnnkit.training import runtime
from rnnkit.verbs.predict import model_of


def generate(
    app: App,
    model_path: str,
    names: Sequence[str],
    count: int,
    asked: Mapping,
    form: str = "text",
    path: str | None = None,
    overrides=(),
) -> None:
    """Prints texts of classes, a line each.

    Args:
        app: of a generator.
        model_path: a run directory or a SavedModel.
        names: of the classes; none: all.
        count: texts of each class.
        asked: temperature, top_k, top_p and seed; what is None is as the section `decode` says.
        form: "text", or "jsonl" with class, score and whether the text came to an end.
        path, overrides: of the configuration.

    Raises:
        DataError: there is no such class.
    """
    artifact = open_artifact(model_path, app.name)
    known = classes_of(artifact)
    check_classes(names, known)
    names = names or known
    run, functions = model_of(app, artifact, path, overrides)
    width = max(map(len, names)) + 2 if len(names) > 1 else 0
    with runtime.started(run.train, run.seed):
        served = functions()
        for name in names:
            for row in draw(served["generate"], name, count, options_of(run, asked)):
                record = {"class": name, **row, "score": round(row["score"], 4)}
                line = f"{name:<{width}}" * bool(width) + row["text"]
                click.echo(json.dumps(record, ensure_ascii=False) if form == "jsonl" else line)


def classes_of(artifact: Artifact) -> list[str]:
    """The classes that a generator was trained on, in the order of their ids."""
    return artifact.task_state["vectorizer"]["labels"]["names"]


def check_classes(names: Sequence[str], known: Sequence[str]) -> None:
    """Raises a DataError where a name is none of the known classes: it lists them, and says which one is near."""
    for name in names:
        if name not in known:
            raise DataError(f"there is no class {name!r}; {listed(known)}{meant(name, known)}")


def options_of(run: GenerationRun, asked: Mapping) -> DecodingOptions:
    """How texts are drawn: as the section `decode` says, but for what is asked."""
    given = {key: value for key, value in asked.items() if value is not None}
    return run.decode.options(run.text.target.max_tokens + 1, method="sample", n_best=1, **given)
