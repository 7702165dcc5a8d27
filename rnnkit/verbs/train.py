"""train: from a configuration to a run directory."""

from collections.abc import Iterable
from pathlib import Path

from rnnkit import config
from rnnkit.app import App
from rnnkit.config.schema import Run
from rnnkit.errors import ConfigError
from rnnkit.models.cells import resolve_cell
from rnnkit.verbs.running import Setting, carry_on, name_of_run, new_run_directory, opened


def train(app: App, path: str, overrides: Iterable[str]) -> Path:
    """Trains a new run and returns its directory.

    Raises:
        ConfigError: among others, the configuration describes a fine-tuning.
    """
    run = config.load(path, overrides, task=app.name)
    if run.finetune is not None:
        raise ConfigError(
            f"{path}: finetune.from names a model to start from; use: python -m apps.{app.name} finetune {path}, "
            "or add finetune=null to train from scratch"
        )
    return train_run(app, run, name_of_run(path))


def train_run(app: App, run: Run, name: str) -> Path:
    """Trains a new run from a resolved configuration; `name` is used where train.name is not given."""
    cell = resolve_cell(run.model.cell)
    with new_run_directory(run, name) as directory, opened(app, run, directory) as (started, corpus):
        task = app.task_class().fit(run, corpus.splits["train"])
        carry_on(Setting(task, directory, corpus, started, cell, prepare=task.prepare))
    return directory
