"""The contract between a task and everything that trains, scores, exports and serves it."""

import abc
from dataclasses import dataclass, field
from typing import ClassVar

import keras
import numpy as np
import tensorflow as tf

from rnnkit.config.schema import Run
from rnnkit.data.corpus import Corpus, Split


@dataclass
class Report:
    """What an evaluation found.

    Attributes:
        metrics: value by name; names as in the run's METRICS.
        table: a table for people (per class or per tag), several lines.
        plots: functions that write a picture, by file name.
    """

    metrics: dict[str, float]
    table: str = ""
    plots: dict = field(default_factory=dict)


class Scorer(abc.ABC):
    """Gathers targets and predictions batch by batch, then reports."""

    @abc.abstractmethod
    def add(self, targets: np.ndarray, predictions: dict[str, np.ndarray]) -> None:
        """Takes one batch: targets as `Batches` gives them, predictions as `Task.predict` gives them."""

    @abc.abstractmethod
    def report(self) -> Report:
        """Scores of everything added."""


class Task(abc.ABC):
    """One kind of problem: made of a run's configuration, a vectorizer and labels, all fitted or restored together.

    Attributes:
        kind: `"text"` or `"tokens"`, the kind of example it learns from.
        run: the resolved configuration.
        vectorizer: maps what a user has to integer tensors.
        labels: maps label names to ids.
    """

    kind: ClassVar[str]

    def __init__(self, run: Run, vectorizer, labels):
        self.run = run
        self.vectorizer = vectorizer
        self.labels = labels

    @classmethod
    @abc.abstractmethod
    def fit(cls, run: Run, split: Split, base: "Task | None" = None) -> "Task":
        """A task whose vocabulary and labels come from `split`; with `base`, its vocabulary is kept or grown."""

    @classmethod
    @abc.abstractmethod
    def restore(cls, run: Run, state: dict) -> "Task":
        """The task whose `state()` was saved."""

    @abc.abstractmethod
    def state(self) -> dict:
        """Everything but the configuration and the weights, as JSON."""

    @abc.abstractmethod
    def build(self, cell: type | None = None) -> keras.Model:
        """A new model with the weights that the run's seed gives."""

    @abc.abstractmethod
    def loss(self, model: keras.Model, outputs, targets, label_smoothing: float = 0.0) -> tuple[tf.Tensor, tf.Tensor]:
        """(sum of losses, number of things summed), two float scalars; padding counts in neither."""

    @abc.abstractmethod
    def predict(self, model: keras.Model, inputs: dict, outputs) -> dict[str, tf.Tensor]:
        """What the scorer needs of a batch, from the model's inputs and outputs."""

    @abc.abstractmethod
    def scorer(self) -> Scorer:
        """A new, empty scorer."""

    @abc.abstractmethod
    def baselines(self, corpus: Corpus, role: str) -> dict[str, dict[str, float]]:
        """Metrics of trivial baselines on a split, by the baseline's name."""

    @abc.abstractmethod
    def signatures(self, model: keras.Model) -> dict[str, tf.types.experimental.ConcreteFunction]:
        """Served functions by name; `serving_default` takes what a user has."""

    def extra_reports(self, model: keras.Model, corpus: Corpus, role: str) -> dict[str, float]:
        """Further metrics that need the corpus itself; none unless a task has some."""
        return {}
