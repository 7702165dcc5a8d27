"""A run from its prepared parts to a complete run directory; new runs, resumed ones and fine-tuning meet here."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import click
import keras

from rnnkit import artifact as artifacts
from rnnkit import data
from rnnkit.app import App
from rnnkit.artifact import Artifact
from rnnkit.card import write_card
from rnnkit.config.schema import Run
from rnnkit.data.corpus import Corpus
from rnnkit.errors import ConfigError
from rnnkit.models.parts import parts
from rnnkit.tasks.base import Task
from rnnkit.training import runtime
from rnnkit.training.checkpoint import FILE as CHECKPOINT
from rnnkit.training.loop import Training, length
from rnnkit.training.step import TrainStep
from rnnkit.verbs.common import make_batches
from rnnkit.verbs.evaluate import score


@dataclass
class Setting:
    """Everything that a training process needs.

    Attributes:
        cell: the class of the user's own cell, or None.
        resumed: whether a checkpoint is looked for.
        prepare: called with the new model before training; fine-tuning fills in weights here.
        rates: factor of the learning rate by part.
        before_epoch: as `Training` takes it, given the model.
    """

    task: Task
    artifact: Artifact
    corpus: Corpus
    runtime: runtime.Runtime
    cell: type | None = None
    resumed: bool = False
    prepare: Callable[[keras.Model], None] | None = None
    rates: Callable[[keras.Model], dict[str, float]] | None = None
    before_epoch: Callable[[keras.Model, int], bool] | None = None


def carry_on(setting: Setting) -> None:
    """Trains a prepared setting to the end, scores it and completes the run directory."""
    task, directory, run = setting.task, setting.artifact.directory, setting.task.run
    batches = make_batches(task, setting.corpus.splits["train"], training=True)
    held_out = setting.corpus.splits.get("validation")
    validation = make_batches(task, held_out) if held_out else None
    with setting.runtime.strategy.scope():
        model = task.build(setting.cell)
    if setting.prepare:
        setting.prepare(model)
    total, epochs = length(run, batches.steps_per_epoch)
    step = TrainStep(task, model, run.train, setting.runtime, total, setting.rates and setting.rates(model))
    hook = setting.before_epoch and (lambda epoch: setting.before_epoch(model, epoch))
    training = Training(task, model, run, step, batches, validation, directory, click.echo, hook)
    click.echo(f"{directory}: {run.task} on {setting.runtime.description}")
    click.echo(setting.corpus.describe())
    click.echo(
        f"{model.count_params():,} weights in {', '.join(parts(model))}; {batches.steps_per_epoch} batches an epoch, "
        f"{epochs} epochs, {100 * batches.padding_waste:.1f}% padding"
    )
    if setting.resumed:
        _say_where(training)
    try:
        training.train()
    except KeyboardInterrupt:
        click.echo(f"stopped at step {training.progress.step}; go on with: train --resume {directory}", err=True)
        raise
    finish(setting, model, training)


def finish(setting: Setting, model: keras.Model, training: Training) -> None:
    """Scores the best weights and writes metrics, plots and the model card."""
    task, artifact, run = setting.task, setting.artifact, setting.task.run
    role = run.evaluate.split if run.evaluate.split in setting.corpus.splits else None
    metrics = {"epochs": len(training.progress.history), "steps": training.progress.step}
    metrics |= {"train_seconds": round(training.progress.seconds, 1), "device": setting.runtime.description}
    if training.validation:
        best = training.progress.history[training.progress.best_epoch]
        metrics["validation"] = {k.removeprefix("validation_"): v for k, v in best.items() if k.startswith("validation_")}
    if role:
        metrics[role] = score(task, model, setting.corpus, role, artifact.directory)
    artifacts.write_json(artifact.directory / artifacts.METRICS, metrics)
    write_card(artifact.directory / artifacts.CARD, run, metrics, setting.corpus)
    artifacts.seal(artifact.directory, (artifacts.WEIGHTS,))
    (artifact.directory / CHECKPOINT).unlink(missing_ok=True)
    click.echo(f"trained in {training.progress.seconds:.0f} s; next: python -m apps.{run.task} export --model {artifact.directory}")


def load_corpus(app: App, run: Run) -> Corpus:
    """The corpus of a run that is to be trained, with the splits it needs.

    Raises:
        ConfigError: there is nothing to train on, or nothing to monitor.
    """
    corpus = data.load(run, app.task_class().kind)
    if "train" not in corpus.splits:
        raise ConfigError("data.splits.train: is needed to train")
    if "validation" not in corpus.splits and (run.train.early_stopping or run.train.monitor):
        raise ConfigError("data.splits.validation: is needed for train.early_stopping and train.monitor")
    return corpus


def new_run_directory(run: Run, name: str) -> Path:
    """Where a new run goes: <directory>/<app>/<name>, numbered where the name was not chosen and is taken.

    Raises:
        ConfigError: the chosen name is taken.
    """
    base = Path(run.train.directory).expanduser() / run.task
    if run.train.name is not None:
        if (base / run.train.name).exists():
            raise ConfigError(f"train.name: {base / run.train.name} exists; choose another name or use train --resume")
        return base / run.train.name
    names = itertools.chain([name], (f"{name}-{i}" for i in itertools.count(2)))
    return next(base / n for n in names if not (base / n).exists())


def _say_where(training: Training) -> None:
    if training.resume():
        progress = training.progress
        click.echo(f"resumed at step {progress.step}: epoch {progress.epoch + 1}, batch {progress.batch + 1}")
    else:
        click.echo("no checkpoint was written yet: starting anew")
