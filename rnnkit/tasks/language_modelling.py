"""Many-to-many: running text in, the chances of each next token out."""

import math

import keras
import numpy as np
import tensorflow as tf

from rnnkit.config.schema import LanguageModelRun
from rnnkit.data.corpus import Corpus, Split
from rnnkit.data.streams import ScoringWindows, Stream, TrainingWindows, Windows, read_stream
from rnnkit.data.units import Unit, fit_configured, unit_from_config
from rnnkit.errors import ConfigError
from rnnkit.models import language_model
from rnnkit.tasks.base import Report, Scorer, Task
from rnnkit.tasks.ngrams import KneserNey
from rnnkit.tasks.writing import Writer, served

ORDER = 5  # of the n-grams beside the model


class LanguageModelling(Task):
    """The next token of a running text, in characters, words or parts of words."""

    kind = "running"
    heads = "next tokens"
    run: LanguageModelRun
    vectorizer: Unit
    labels: Unit  # the tokens are what the head tells apart

    @classmethod
    def fit(cls, run: LanguageModelRun, split: Split, base: "LanguageModelling | None" = None) -> "LanguageModelling":
        texts = (example["text"] for example in split.examples())
        if base is None:
            unit = fit_configured(run.text, texts)
        elif run.finetune.vocabulary == "grow":
            unit = base.vectorizer.grow(texts, run.text.vocabulary_size, run.text.min_count)
            _check_growth(run, len(unit) - len(base.vectorizer))
        else:
            unit = base.vectorizer
        return cls(run, unit, unit)

    @classmethod
    def restore(cls, run: LanguageModelRun, state: dict) -> "LanguageModelling":
        unit = unit_from_config(state["unit"])
        return cls(run, unit, unit)

    def state(self) -> dict:
        return {"unit": self.vectorizer.to_config()}

    def batches(self, split: Split, training: bool = False) -> Windows:
        train, evaluate = self.run.train, self.run.evaluate
        stream = self._stream(split)
        if training:
            return TrainingWindows(stream, train.batch_size, train.window, self.run.seed)
        return ScoringWindows(stream, evaluate.batch_size, evaluate.window or train.window, evaluate.carry_state)

    def build(self, cell: type | None = None) -> keras.Model:
        vocabulary = getattr(self.vectorizer, "vocabulary", None)
        counts = None if vocabulary is None else vocabulary.counts
        return language_model.build(self.run.model, len(self.vectorizer), self.run.seed, cell, counts)

    def initial_states(self, model: keras.Model, rows: int) -> dict[str, tf.Tensor]:
        return language_model.initial_states(model, rows)

    def loss(self, model, outputs, targets, label_smoothing=0.0):
        return language_model.loss(model, outputs, targets, label_smoothing)

    def predict(self, model, inputs, outputs):
        return {"tokens": tf.argmax(outputs[language_model.LOGITS], axis=-1, output_type=tf.int32)}

    def scorer(self) -> "TokenScorer":
        return TokenScorer()

    def follows_from_loss(self, loss: float, batches: Windows) -> dict[str, float]:
        return of_loss(loss, batches.stream)

    def baselines(self, corpus: Corpus, role: str) -> dict[str, dict[str, float]]:
        train, scored = (self._stream(corpus.splits[each]) for each in ("train", role))
        return {
            name: of_ngrams(KneserNey(train.ids, len(self.vectorizer), order), scored)
            for name, order in (("unigrams", 1), (f"{ORDER}-grams, modified Kneser-Ney", ORDER))
        }

    def signatures(self, model: keras.Model) -> dict:
        run = self.run
        writer = Writer(model, self.vectorizer, run.train.window, run.text.end_of_document)
        return served(writer, run.generate)

    def _stream(self, split: Split) -> Stream:
        return read_stream(split, self.vectorizer, self.run.text.end_of_document)


class TokenScorer(Scorer):
    """How often the most probable token is the one that came."""

    def __init__(self):
        self._right = self._count = 0

    def add(self, targets, predictions):
        self._right += int(np.count_nonzero(predictions["tokens"] == targets))
        self._count += int(np.count_nonzero(targets >= 0))

    def report(self) -> Report:
        return Report({"accuracy": self._right / max(self._count, 1)})


def of_loss(loss: float, stream: Stream) -> dict[str, float]:
    """Perplexity, and bits for each character of the text, from a mean loss in nats per token."""
    bits = loss / math.log(2) / stream.characters_per_token
    return {"perplexity": math.exp(min(loss, 700.0)), "bits_per_character": bits}


def of_ngrams(model: KneserNey, stream: Stream) -> dict[str, float]:
    """What n-grams score on a stream: of its tokens but the first, as a network does."""
    loss = -float(np.mean(np.log(model.probabilities(stream.ids)[1:])))
    return {"loss": loss, **of_loss(loss, stream)}


def _check_growth(run: LanguageModelRun, new: int) -> None:
    """One-hot input has no rows to add: its first layer would begin anew."""
    if new and run.model.input == "one_hot":
        raise ConfigError(
            f"finetune.vocabulary: the training split has {new:,} new tokens, and with model.input one_hot none can be "
            "added to a trained network; set it to keep"
        )
