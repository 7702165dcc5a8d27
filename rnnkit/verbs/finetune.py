"""finetune: a trained model goes on with other data."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import click
import keras

from rnnkit import config
from rnnkit.app import App
from rnnkit.artifact import Artifact
from rnnkit.config.schema import Run
from rnnkit.errors import ConfigError
from rnnkit.models.parts import parts
from rnnkit.tasks.base import Task
from rnnkit.training import freezing
from rnnkit.training.checkpoint import FILE as CHECKPOINT
from rnnkit.verbs.running import Setting, carry_on, name_of_run, new_run_directory, opened
from rnnkit.verbs.starting import Start, start_of


def finetune(app: App, path: str, overrides: Iterable[str]) -> Path:
    """Trains a new run that starts from the model which finetune.from names; returns its directory."""
    overrides = tuple(overrides)
    start = start_of(app, config.finetune_source(path, overrides))
    run, cell = start.configured(path, overrides)
    run = _starting_from(start.base, run)
    with new_run_directory(run, name_of_run(path)) as directory, opened(app, run, directory) as (started, corpus):
        start.load(cell)
        task = start.fitted(run, corpus.splits["train"])
        carry_on(_tuning(Setting(task, directory, corpus, started, cell), start))
    return directory


def resumed(app: App, setting: Setting) -> Setting:
    """The setting of an interrupted fine-tuning; the model it started from is read only before a checkpoint."""
    if (setting.directory / CHECKPOINT).exists():
        return _tuning(setting)
    start = start_of(app, setting.task.run.finetune.source)
    start.load(setting.cell)
    return _tuning(setting, start)


def _starting_from(base: Artifact, run: Run) -> Run:
    """The run with finetune.from as a place that stays the same: in any folder, whatever is exported later.

    What the model never trains is frozen.
    """
    place = (base.saved_model or base.directory).resolve()
    freeze = [*dict.fromkeys([*run.finetune.freeze, *run.model.frozen_parts])]
    finetune = run.finetune.model_copy(update={"source": str(place), "freeze": freeze})
    return run.model_copy(update={"finetune": finetune})


def _tuning(setting: Setting, start: Start | None = None) -> Setting:
    """A setting whose model gets the weights of `start`, if there is one, and is trained as `finetune` says."""
    run = setting.task.run

    def prepare(model: keras.Model) -> None:
        if start:
            _take_over(start, setting.task, model)
        freezing.set_trained(model, _ever_trained(model, run))

    return replace(
        setting,
        prepare=prepare,
        rates=lambda model: freezing.learning_rates(model, run.finetune),
        before_epoch=lambda model, epoch: freezing.set_trained(
            model, freezing.trained_parts(model, run.finetune, epoch)
        ),
    )


def _take_over(start: Start, task: Task, model: keras.Model) -> None:
    """Fills a new model with all of the old one that still means the same, and says what that is."""
    carried, lines = start.carry(task, model)
    click.echo("\n  ".join([f"starting from {start.base.path}", *lines]))
    first = freezing.first_epochs(model, task.run.finetune)
    for name, (kept, fresh) in carried.items():
        state = f", frozen until epoch {first[name] + 1}" if first.get(name) else "" if name in first else ", frozen"
        click.echo(f"  {name:<14}{kept:>10,} weights kept, {fresh:>10,} new{state}")


def _ever_trained(model: keras.Model, run: Run) -> list[str]:
    names = list(freezing.first_epochs(model, run.finetune))
    if not names:
        raise ConfigError(f"finetune.freeze: everything is frozen ({', '.join(parts(model))}); leave a part to train")
    return names
