"""train: from a configuration to a run directory."""

from collections.abc import Iterable
from pathlib import Path

from rnnkit import artifact as artifacts
from rnnkit import config
from rnnkit.app import App
from rnnkit.config.schema import Run
from rnnkit.models.cells import resolve_cell
from rnnkit.training import runtime
from rnnkit.verbs.running import Setting, carry_on, load_corpus, new_run_directory


def train(app: App, path: str, overrides: Iterable[str]) -> Path:
    """Trains a new run and returns its directory."""
    run = config.load(path, overrides, task=app.name)
    return train_run(app, run, _name(path))


def train_run(app: App, run: Run, name: str) -> Path:
    """Trains a new run from a resolved configuration; `name` is used where train.name is not given."""
    directory = new_run_directory(run, name)
    with runtime.started(run.train, run.seed) as started:
        corpus = load_corpus(app, run)
        task = app.task_class().fit(run, corpus.splits["train"])
        artifact = artifacts.begin(directory, run, task.state())
        carry_on(Setting(task, artifact, corpus, started, cell=resolve_cell(run.model.cell)))
    return directory


def _name(path: str) -> str:
    """A run's name from its configuration file; a run's own config.yaml gives that run's name."""
    file = Path(path)
    return file.resolve().parent.name if file.name == artifacts.CONFIG else file.stem
