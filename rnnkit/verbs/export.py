"""export: a trained model as the next version of a SavedModel."""

from collections.abc import Iterable
from pathlib import Path

import click

from rnnkit import config
from rnnkit import export as exporting
from rnnkit.app import App
from rnnkit.artifact import open_artifact
from rnnkit.training import runtime
from rnnkit.verbs.common import for_use, load_model


def export(app: App, model_path: str, path: str | None, overrides: Iterable[str]) -> Path:
    """Writes <export.directory>/<export.name>/<version> and returns it."""
    artifact = open_artifact(model_path, app.name)
    run, cell = for_use(artifact, path, overrides)
    directory = config.expand(run.export.directory) / (run.export.name or app.name)
    with runtime.started(run.train, run.seed):
        task, model = load_model(app, artifact, run, cell)
        version = exporting.write(artifact, task, model, directory)
        click.echo(f"{version}: signatures {', '.join(sorted(task.signatures(model)))}")
    click.echo(f"next: python -m apps.{app.name} predict --model {version} {app.example}")
    return version
