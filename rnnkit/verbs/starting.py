"""What a fine-tuning starts from: a model of the same app, or a language model whose encoder another app takes over."""

import abc
from collections.abc import Iterable
from typing import get_args

import keras

from rnnkit import config
from rnnkit.app import App
from rnnkit.artifact import Artifact, open_artifact
from rnnkit.config.schema import RUNS, Run
from rnnkit.data.corpus import Split
from rnnkit.data.matching import rows_of, words_of
from rnnkit.errors import ConfigError
from rnnkit.models.parts import parts
from rnnkit.tasks.base import Task
from rnnkit.tasks.language_modelling import LanguageModelling
from rnnkit.training.transfer import carry_encoder, carry_over
from rnnkit.verbs.common import cell_of, over_artifact, restored

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
        "model.picture.frozen",
        "image.max_pixels",
    }
)
FREE_OF_ENCODER = frozenset({"text.lowercase", "text.pattern", "model.bidirectional"})
MOST_SHOWN = 60  # labels that are listed by name


def start_of(app: App, source: str) -> "Start":
    """What `finetune.from` names, for an app.

    Raises:
        ArtifactError: it is no trained model, or one of a task that the app's does not start from.
    """
    base = open_artifact(config.expand(source), (app.name, *RUNS[app.name].STARTS_FROM))
    return (SameApp if base.run.task == app.name else Pretrained)(app, base)


class Start(abc.ABC):
    """A trained model, and what of it a new run has.

    Args:
        app: whose run begins.
        base: the trained model.

    Attributes:
        task, model: of `base`, once `load` was called.
    """

    def __init__(self, app: App, base: Artifact):
        self.app, self.base = app, base

    @abc.abstractmethod
    def task_class(self) -> type[Task]:
        """Of the trained model."""

    @abc.abstractmethod
    def configured(self, path: str, overrides: Iterable[str]) -> tuple[Run, type]:
        """(run, class of the cell) of a file and overrides, with what the model decides."""

    @abc.abstractmethod
    def fitted(self, run: Run, split: Split) -> Task:
        """The task of the run, from its training split and what the model knows."""

    @abc.abstractmethod
    def carry(self, task: Task, model: keras.Model) -> tuple[dict[str, tuple], list[str]]:
        """Fills a new model with all that still means the same: (as `carry_over`, lines that say what that is)."""

    def load(self, cell: type) -> None:
        """Reads the trained model; `cell` is the class of its cell."""
        self.task, self.model = restored(self.task_class(), self.base, self.base.run, cell)


class SameApp(Start):
    """A model of the same app: all of it is taken over, but what belongs to labels that are gone."""

    def task_class(self):
        return self.app.task_class()

    def configured(self, path, overrides):
        run, _, cell = over_artifact(self.base, path, overrides, FREE_TO_FINETUNE, needs_files=True)
        return run, cell

    def fitted(self, run, split):
        return self.task_class().fit(run, split, base=self.task)

    def carry(self, task, model):
        old, new = self.task.labels.names, task.labels.names
        carried, lines = carry_over(self.model, old, model, new), []
        for part, things in (("embedding", "words"), ("class_embedding", "classes")):
            if part in parts(model):
                old_rows, rows = (parts(each)[part][0].weights[0].shape[0] for each in (self.model, model))
                lines.append(f"{things}: {old_rows:,} kept, {rows - old_rows:,} new")
        before, after = set(old), set(new)
        for word, names in (
            ("kept", [name for name in new if name in before]),
            ("new", [name for name in new if name not in before]),
            ("gone", [name for name in old if name not in after]),
        ):
            lines.append(f"{task.heads} {word}: {_listed(names)}")
        return carried, lines


class Pretrained(Start):
    """A language model: the embedding, by token, and the recurrent layers are taken over."""

    def task_class(self):
        return LanguageModelling

    def configured(self, path, overrides):
        name, decided = f"the language model {self.base.path}", self._encoder()
        run, named = config.load_with(decided, name, self.app.name, path, overrides, FREE_OF_ENCODER)
        wider = [key for key in ("bidirectional", "characters") if getattr(run.model, key, None)]
        if wider and run.model.connection != "none":
            raise ConfigError(
                f"model.{wider[0]}: {name} has model.connection {run.model.connection}, which other widths would "
                f"change; set it to {'false' if wider[0] == 'bidirectional' else 'null'}"
            )
        return run, cell_of(self.base, run, named)

    def fitted(self, run, split):
        words = words_of(self.task.vectorizer, run.text.lowercase)
        return self.app.task_class().fit_from_words(run, split, words)

    def carry(self, task, model):
        rows = rows_of(self.task.vectorizer, task.words)
        known = int((rows >= 0).sum())
        words = f"words: {known:,} kept, {len(rows) - known:,} new (at first the mean of those)"
        return carry_encoder(self.model, model, rows), [words, f"{task.heads} new: {_listed(task.labels.names)}"]

    def _encoder(self) -> dict[str, dict]:
        """The keys that the language model decides for an app.

        Raises:
            ConfigError: it has none of the layers that the app has, or reads other tokens.
        """
        run, name = self.base.run, f"finetune.from: {self.base.path} is a language model"
        if run.model.kind != "recurrent":
            raise ConfigError(f"{name} of kind {run.model.kind}; one of kind recurrent is needed")
        if run.model.input != "embedding":
            raise ConfigError(f"{name} with input {run.model.input}; one with an embedding is needed")
        decided, sections = run.encoder, RUNS[self.app.name].model_fields
        unit = sections["text"].annotation.model_fields.get("unit")
        known = ["word"] if unit is None else get_args(unit.annotation)
        if run.text.unit not in known:
            raise ConfigError(f"{name} of unit {run.text.unit}, {self.app.name} reads {' or '.join(known)} tokens")
        if unit is not None:
            decided["text"]["unit"] = run.text.unit
        return decided


def _listed(names) -> str:
    return f"{len(names):,}" if len(names) > MOST_SHOWN else ", ".join(names) or "none"
