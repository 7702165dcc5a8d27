"""The contract between a task and everything that trains, scores, exports and serves it."""

import abc
from dataclasses import dataclass, field
from typing import ClassVar

import keras
import numpy as np
import tensorflow as tf

from rnnkit.config.schema import Run
from rnnkit.data.batching import Batches
from rnnkit.data.corpus import Corpus, Split
from rnnkit.data.vocabulary import Vocabulary


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
        kind: `"text"`, `"tokens"` or `"running"`, the kind of example it learns from.
        run: the resolved configuration.
        vectorizer: maps what a user has to integer tensors.
        labels: has the `names` of the classes that the head tells apart, in the order of their ids.
        heads: what they are called.
    """

    kind: ClassVar[str]
    heads: ClassVar[str] = "labels"

    def __init__(self, run: Run, vectorizer, labels):
        self.run = run
        self.vectorizer = vectorizer
        self.labels = labels

    @classmethod
    @abc.abstractmethod
    def fit(cls, run: Run, split: Split, base: "Task | None" = None) -> "Task":
        """A task whose vocabulary and labels come from `split`; with `base`, its vocabulary is kept or grown."""

    @classmethod
    def fit_from_words(cls, run: Run, split: Split, words: Vocabulary) -> "Task":
        """A task that keeps or grows the words of a language model; all else comes from `split`.

        A task has this, and `words`, whose `run.STARTS_FROM` names language models.
        """
        raise NotImplementedError

    @property
    def words(self) -> Vocabulary:
        """What the rows of the embedding stand for."""
        raise NotImplementedError

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

    def prepare(self, model: keras.Model) -> None:
        """Gives a new model the weights that it is to begin with in place of drawn ones; none unless a task has some.

        Called before a run is trained from scratch, never for a model that has been trained.
        """
        return

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

    def batches(self, split: Split, training: bool = False) -> Batches:
        """Batches of a split as the run says: shuffled for training, in a fixed order for scoring."""
        run = self.run
        size = run.train.batch_size if training else run.evaluate.batch_size
        return Batches(split, self.vectorizer, self.labels, run.data, size, run.seed, training)

    def initial_states(self, model: keras.Model, rows: int) -> dict[str, tf.Tensor]:
        """States that the model hands from batch to batch, (rows, …) by name, as they are before the first; or none.

        A model with states has them among its inputs and outputs; the batches' inputs say in `begins`, (rows,) bool,
        where they are to be forgotten.
        """
        return {}

    def follows_from_loss(self, loss: float, batches: Batches) -> dict[str, float]:
        """Metrics that are functions of the mean loss over `batches`; none unless a task has some."""
        return {}

    def extra_reports(self, model: keras.Model, corpus: Corpus, role: str) -> dict[str, float]:
        """Further metrics that need the corpus itself; none unless a task has some."""
        return {}
