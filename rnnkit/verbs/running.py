"""A run from its prepared parts to a complete run directory; new runs, resumed ones and fine-tuning meet here."""

import contextlib
import itertools
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import click
import keras

from rnnkit import artifact as artifacts
from rnnkit import config, data
from rnnkit.app import App
from rnnkit.atomic import leftovers
from rnnkit.card import write_card
from rnnkit.config.schema import Run
from rnnkit.data.corpus import Corpus
from rnnkit.errors import ConfigError, UserError
from rnnkit.models.parts import parts
from rnnkit.tasks.base import Task
from rnnkit.training import runtime
from rnnkit.training.checkpoint import FILE as CHECKPOINT
from rnnkit.training.loop import Training, length
from rnnkit.training.runtime import Runtime
from rnnkit.training.step import TrainStep
from rnnkit.verbs.evaluate import score

try:
    import fcntl
except ImportError:  # on Windows: nothing keeps two processes apart there
    fcntl = None


@dataclass
class Setting:
    """Everything that a training process needs.

    Attributes:
        task: what is learned.
        directory: the run's.
        corpus: opened for training.
        runtime: where.
        cell: class of the recurrent cell.
        resumed: whether the run has begun before; then a checkpoint is looked for.
        prepare: called with the new model before training: fills in the weights that it begins with.
        rates: factor of the learning rate by part.
        before_epoch: as `Training` takes it, given the model.
    """

    task: Task
    directory: Path
    corpus: Corpus
    runtime: Runtime
    cell: type
    resumed: bool = False
    prepare: Callable[[keras.Model], None] | None = None
    rates: Callable[[keras.Model], dict[str, float]] | None = None
    before_epoch: Callable[[keras.Model, int], bool] | None = None


def carry_on(setting: Setting) -> None:
    """Trains a prepared setting to the end, scores it and completes the run directory.

    Nothing is written before data, model and optimizer are known to be right.
    """
    task, directory, run = setting.task, setting.directory, setting.task.run
    batches = task.batches(setting.corpus.splits["train"], training=True)
    held_out = setting.corpus.splits.get("validation")
    validation = task.batches(held_out) if held_out else None
    with setting.runtime.strategy.scope():
        model = task.build(setting.cell)
    if setting.prepare:
        setting.prepare(model)
    total, epochs = length(run, batches.steps_per_epoch)
    step = TrainStep(
        task, model, run.train, setting.runtime, total, setting.rates and setting.rates(model), batches.shapes
    )
    hook = setting.before_epoch and (lambda epoch: setting.before_epoch(model, epoch))
    if not setting.resumed:
        artifacts.begin(directory, run, task.state())
    training = Training(task, model, run, step, batches, validation, directory, click.echo, hook)
    click.echo(setting.corpus.describe())
    click.echo(
        f"{model.count_params():,} weights in {', '.join(parts(model))}; {batches.steps_per_epoch} batches an epoch, "
        f"{epochs} epoch{'s' * (epochs > 1)}, {100 * batches.padding_waste:.1f}% padding"
    )
    if batches.cut:
        click.echo(f"train split, {batches.examples:,} {batches.things}{batches.note_on_cut}")
    if setting.resumed:
        _say_where(training)
    try:
        training.train()
    except KeyboardInterrupt:
        command = f"python -m apps.{run.task} train --resume {directory}"
        click.echo(f"stopped at step {training.progress.step}; go on with: {command}", err=True)
        raise
    finish(setting, training)


def finish(setting: Setting, training: Training) -> None:
    """Scores the best weights and writes metrics, plots and the model card."""
    directory, run = setting.directory, setting.task.run
    metrics = {"epochs": len(training.progress.history), "steps": training.progress.step}
    metrics |= {"train_seconds": round(training.progress.seconds, 1), "device": setting.runtime.description}
    if training.validation:
        best = training.progress.history[training.progress.best_epoch]
        metrics["validation"] = {
            key.removeprefix("validation_"): value for key, value in best.items() if key.startswith("validation_")
        }
    role = run.evaluate.split
    metrics[role] = score(training.evaluator, setting.corpus, role, directory)
    artifacts.write_json(directory / artifacts.METRICS, metrics)
    write_card(directory / artifacts.CARD, run, metrics, setting.corpus)
    artifacts.seal(directory, (artifacts.WEIGHTS,))
    (directory / CHECKPOINT).unlink(missing_ok=True)
    seconds = training.progress.seconds
    click.echo(f"trained in {seconds:.0f} s; next: python -m apps.{run.task} export --model {directory}")


@contextlib.contextmanager
def opened(app: App, run: Run, directory: Path) -> Iterator[tuple[Runtime, Corpus]]:
    """The devices and the corpus of a run that is to be trained; says which.

    Raises:
        ConfigError: there is nothing to train on, or nothing to monitor.
    """
    splits = run.data.splits
    if splits.train is None:
        raise ConfigError("data.splits.train: is needed to train")
    if splits.validation is None and (run.train.early_stopping or run.train.monitor):
        raise ConfigError("data.splits.validation: is needed for train.early_stopping and train.monitor")
    with runtime.started(run.train, run.seed) as started:
        click.echo(f"{directory}: {run.task} on {started.description}")
        yield started, data.load(run, app.task_class().kind)


@contextlib.contextmanager
def new_run_directory(run: Run, name: str) -> Iterator[Path]:
    """Makes <train.directory>/<app>/<name>; numbered where that is taken and the user did not choose it.

    A directory whose run was killed before it began is free. It is removed again where this run ends before anything is
    written.

    Raises:
        ConfigError: the chosen name is taken.
        UserError: the directory cannot be made.
    """
    base = config.expand(run.train.directory) / run.task
    names = itertools.chain([name], (f"{name}-{i}" for i in itertools.count(2)))
    with contextlib.ExitStack() as stack:
        try:
            base.mkdir(parents=True, exist_ok=True)
            directory = _claimed(base, [run.train.name] if run.train.name else names, stack)
        except OSError as error:
            raise UserError(f"{base}: cannot be made ({error.strerror}); choose another train.directory") from error
        if directory is None:
            raise ConfigError(f"train.name: {base / run.train.name} exists; choose another name or use train --resume")
        try:
            yield directory
        finally:
            with contextlib.suppress(OSError):  # not empty: the run has begun
                directory.rmdir()


def _claimed(base: Path, names: Iterable[str], stack: contextlib.ExitStack) -> Path | None:
    """The first of the names that is free below `base`, made if need be and held for this process alone."""
    for directory in map(base.joinpath, names):
        with contextlib.suppress(FileExistsError, ConfigError):
            directory.mkdir(exist_ok=True)
            if artifacts.not_begun(directory):
                stack.enter_context(held(directory))
                return directory
    return None


@contextlib.contextmanager
def held(directory: Path) -> Iterator[None]:
    """Keeps other processes from training in a directory. However this one ends, the system lets go of it.

    What a process left that was killed while it wrote a file is removed.

    Raises:
        ConfigError: another process is there.
    """
    with contextlib.ExitStack() as stack:
        if fcntl:
            stack.enter_context(_locked(directory))
        for path in leftovers(directory):
            path.unlink()
        yield


@contextlib.contextmanager
def _locked(directory: Path) -> Iterator[None]:
    handle = os.open(directory, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(handle)
        raise ConfigError(f"{directory}: another process is training in it") from error
    except OSError:  # a file system without locks
        pass
    try:
        yield
    finally:
        os.close(handle)


def name_of_run(path: str) -> str:
    """A run's name from its configuration file; a run's own config.yaml gives that run's name."""
    file = Path(path)
    return file.resolve().parent.name if file.name == artifacts.CONFIG else file.stem


def _say_where(training: Training) -> None:
    if training.resume():
        progress = training.progress
        click.echo(f"resumed at step {progress.step}: epoch {progress.epoch + 1}, batch {progress.batch + 1}")
    else:
        click.echo("no checkpoint was written yet: starting anew")
