"""export: a trained model as the next version of a SavedModel."""

from collections.abc import Iterable
from pathlib import Path

import click

from rnnkit import export as exporting
from rnnkit.app import App
from rnnkit.artifact import open_artifact
from rnnkit.verbs.common import load_model, over_artifact


def export(app: App, model_path: str, path: str | None, overrides: Iterable[str]) -> Path:
    """Writes <export.directory>/<export.name>/<version> and returns it."""
    artifact = open_artifact(model_path, app.name)
    run, cell = over_artifact(artifact, path, overrides)
    task, model = load_model(app, artifact, run, cell)
    directory = Path(run.export.directory).expanduser() / (run.export.name or app.name)
    version = exporting.write(artifact, task, model, directory)
    click.echo(f"{version}: signatures {', '.join(sorted(task.signatures(model)))}")
    click.echo(f'next: python -m apps.{app.name} predict --model {version} "…"')
    return version
