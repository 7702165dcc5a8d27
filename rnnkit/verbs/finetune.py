"""finetune: a trained model goes on with other data."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import click
import keras

from rnnkit import config
from rnnkit.app import App
from rnnkit.artifact import Artifact, open_artifact
from rnnkit.config.schema import Run
from rnnkit.errors import ConfigError
from rnnkit.models.parts import parts
from rnnkit.tasks.base import Task
from rnnkit.training import freezing
from rnnkit.training.checkpoint import FILE as CHECKPOINT
from rnnkit.training.transfer import carry_over
from rnnkit.verbs.common import load_model, over_artifact
from rnnkit.verbs.running import Setting, carry_on, name_of_run, new_run_directory, opened

FREE_TO_FINETUNE = frozenset(
    {
        "model.engine",
        "model.word_dropout",
        "model.rare_word_dropout",
        "model.embedding_dropout",
        "model.dropout",
        "model.recurrent_dropout",
        "model.crf",
        "model.tag_scheme",
        "text.vocabulary_size",
        "text.min_count",
        "text.max_tokens",
        "text.source.vocabulary_size",
        "text.source.min_count",
        "text.source.max_tokens",
        "text.target.vocabulary_size",
        "text.target.min_count",
        "text.target.max_tokens",
        "model.attention.coverage_loss",
        "model.scheduled_sampling",
    }
)
MOST_SHOWN = 60  # labels that are listed by name


def finetune(app: App, path: str, overrides: Iterable[str]) -> Path:
    """Trains a new run that starts from the model which finetune.from names; returns its directory."""
    overrides = tuple(overrides)
    base = open_artifact(config.expand(config.finetune_source(path, overrides)), app.name)
    run, _, cell = over_artifact(base, path, overrides, FREE_TO_FINETUNE, needs_files=True)
    run = _starting_from(base, run)
    with new_run_directory(run, name_of_run(path)) as directory, opened(app, run, directory) as (started, corpus):
        base_task, base_model = load_model(app, base, base.run, cell)
        task = app.task_class().fit(run, corpus.splits["train"], base=base_task)
        setting = Setting(task, directory, corpus, started, cell)
        carry_on(_tuning(setting, lambda model: _take_over(base, base_task, base_model, task, model)))
    return directory


def resumed(app: App, setting: Setting) -> Setting:
    """The setting of an interrupted fine-tuning; the model it started from is read only before a checkpoint."""
    if (setting.directory / CHECKPOINT).exists():
        return _tuning(setting, lambda model: None)
    base = open_artifact(setting.task.run.finetune.source, app.name)
    base_task, base_model = load_model(app, base, base.run, setting.cell)
    return _tuning(setting, lambda model: _take_over(base, base_task, base_model, setting.task, model))


def _starting_from(base: Artifact, run: Run) -> Run:
    """The run with finetune.from as a place that stays the same: in any folder, whatever is exported later."""
    place = (base.saved_model or base.directory).resolve()
    return run.model_copy(update={"finetune": run.finetune.model_copy(update={"source": str(place)})})


def _tuning(setting: Setting, fill: Callable[[keras.Model], None]) -> Setting:
    """A setting whose model gets its weights by `fill`, and is trained as the section `finetune` says."""
    run = setting.task.run

    def prepare(model: keras.Model) -> None:
        fill(model)
        freezing.set_trained(model, _ever_trained(model, run))

    return replace(
        setting,
        prepare=prepare,
        rates=lambda model: freezing.learning_rates(model, run.finetune),
        before_epoch=lambda model, epoch: freezing.set_trained(
            model, freezing.trained_parts(model, run.finetune, epoch)
        ),
    )


def _take_over(base: Artifact, base_task: Task, base_model: keras.Model, task: Task, model: keras.Model) -> None:
    """Fills a new model with all of the old one that still means the same, and says what that is."""
    old_labels, labels = base_task.labels.names, task.labels.names
    carried = carry_over(base_model, old_labels, model, labels)
    click.echo(f"starting from {base.path}")
    if "embedding" in parts(model):
        old_words, words = (parts(each)["embedding"][0].weights[0].shape[0] for each in (base_model, model))
        click.echo(f"  words: {old_words:,} kept, {words - old_words:,} new")
    before, after = set(old_labels), set(labels)
    for word, names in (
        ("kept", [name for name in labels if name in before]),
        ("new", [name for name in labels if name not in before]),
        ("gone", [name for name in old_labels if name not in after]),
    ):
        shown = f"{len(names):,}" if len(names) > MOST_SHOWN else ", ".join(names) or "none"
        click.echo(f"  {task.heads} {word}: {shown}")
    first = freezing.first_epochs(model, task.run.finetune)
    for name, (kept, fresh) in carried.items():
        state = f", frozen until epoch {first[name] + 1}" if first.get(name) else "" if name in first else ", frozen"
        click.echo(f"  {name:<14}{kept:>10,} weights kept, {fresh:>10,} new{state}")


def _ever_trained(model: keras.Model, run: Run) -> list[str]:
    names = list(freezing.first_epochs(model, run.finetune))
    if not names:
        raise ConfigError(f"finetune.freeze: everything is frozen ({', '.join(parts(model))}); leave a part to train")
    return names
