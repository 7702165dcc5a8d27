"""What tasks share whose answer is a text about something else: writing, scoring and serving it."""

import itertools
import math
from collections.abc import Callable, Sequence
from typing import ClassVar

import keras
import tensorflow as tf

from rnnkit.config.schema import Decoding, WriterRun
from rnnkit.data.corpus import FIELDS, Corpus
from rnnkit.data.units import END_ID, PADDING_ID, START_ID, Unit
from rnnkit.decoding import Decoded, decode
from rnnkit.errors import ConfigError
from rnnkit.models import writer
from rnnkit.models.writer import Writer
from rnnkit.tasks.base import Task
from rnnkit.tasks.text_scores import TextScorer

NEVER_WRITTEN = (PADDING_ID, START_ID)


def write(model: Writer, given: tf.Tensor, config: Decoding, longest: int, limits: tf.Tensor | None = None) -> Decoded:
    """Target tokens about what is given.

    Args:
        model: the network.
        given: (B, ...), as the model's `begin` takes it.
        config: how to decode.
        longest: tokens of a text at most, its end not among them, where the configuration does not say.
        limits: (B,) int32, tokens of each text at most, or None.

    Returns:
        Decoded; `extras` are the attention's scores (B, n, T, S), or () where there is none.
    """
    options = config.options(longest + 1, banned=NEVER_WRITTEN)
    start = tf.fill([tf.shape(given)[0]], START_ID)
    return decode(model.step, model.begin(given), start, options, end=END_ID, pad=PADDING_ID, limits=limits)


def target_tokens(unit: Unit, found: Decoded) -> tf.Tensor:
    """Texts (B, n, T) token by token, for a person to read; "" behind each."""
    names = tf.gather(tf.constant(unit.names), found.tokens)
    return tf.where(found.tokens == PADDING_ID, "", names)


def served(name: str, texts: tf.Tensor, found: Decoded) -> dict[str, tf.Tensor]:
    """What every writer answers: the best text (B,) under `name` with its score, and all candidates (B, n)."""
    return {
        name: texts[:, 0],
        "scores": found.scores[:, 0],
        "finished": found.finished[:, 0],
        "candidates": texts,
        "candidate_scores": found.scores,
    }


def attended(unit: Unit, found: Decoded) -> dict[str, tf.Tensor]:
    """What a writer with attention answers besides, of the best text: its tokens, their number, what each saw."""
    return {
        "target_tokens": target_tokens(unit, found)[:, 0],
        "target_lengths": found.lengths[:, 0],
        "alignment": found.extras[:, 0],
    }


def texts_about(given: Sequence, function: Callable[[tf.Tensor], tf.Tensor], batch_size: int) -> list[str]:
    """The texts that a served function from (B,) to (B,) strings writes, of what is of similar length at a time."""
    order = sorted(range(len(given)), key=lambda place: len(given[place]))
    texts = [""] * len(given)
    places = iter(order)
    while batch := list(itertools.islice(places, batch_size)):
        for place, text in zip(batch, function(tf.constant([given[place] for place in batch])).numpy()):
            texts[place] = text.decode("utf-8", "replace")
    return texts


class TextOut(Task):
    """Something in, a text about it out. A subclass has `kind`, the fields of whose examples are what is written about
    and what is to be written, and a signature `serving_default` from the one to the other.

    Args:
        run: the resolved configuration.
        vectorizer: has the unit `target` of what is written.

    Attributes:
        answer: name of the texts in what is served.

    Raises:
        ConfigError: the beam is wider than the target's vocabulary.
    """

    heads = "target tokens"
    answer: ClassVar[str]
    run: WriterRun
    labels: Unit  # the target's tokens are what the head tells apart

    def __init__(self, run: WriterRun, vectorizer):
        super().__init__(run, vectorizer, vectorizer.target)
        decoding, tokens = run.decode, len(vectorizer.target)
        if decoding.method == "beam" and decoding.beam_width > tokens:
            raise ConfigError(
                f"decode.beam_width: got {decoding.beam_width}, but the target vocabulary has {tokens} tokens; "
                "a beam is at most as wide"
            )

    @property
    def greedy(self) -> Decoding:
        """How texts are decoded while the model is trained."""
        return type(self.run.decode)(method="greedy")

    def write(self, model: Writer, given: tf.Tensor, config: Decoding) -> Decoded:
        """Target tokens about what is given, see `write`."""
        return write(model, given, config, self.run.text.target.max_tokens)

    def loss(self, model, outputs, targets, label_smoothing=0.0):
        return writer.loss(model, outputs, targets, label_smoothing)

    def predict(self, model, inputs, outputs):
        found = self.write(model, inputs[model.given], self.greedy)
        return {
            "tokens": tf.argmax(outputs, axis=-1, output_type=tf.int32),
            "written": self.vectorizer.target.decode(found.tokens)[:, 0],
            "references": inputs["references"],
        }

    def scorer(self) -> TextScorer:
        return TextScorer(self.run.evaluate)

    def follows_from_loss(self, loss: float, batches) -> dict[str, float]:
        return {"perplexity": math.exp(min(loss, 700.0))}

    def extra_reports(self, model: keras.Model, corpus: Corpus, role: str) -> dict[str, float]:
        """Scores of what the section `decode` writes, where that is not greedy as the other scores are."""
        if self.run.decode == self.greedy:
            return {}
        function = self.signatures(model)["serving_default"]
        of_example, wanted = FIELDS[self.kind]
        given, references = zip(*((each[of_example], each[wanted]) for each in corpus.splits[role].examples()))
        written = texts_about(given, lambda batch: function(batch)[self.answer], self.run.evaluate.batch_size)
        method = self.run.decode.method
        name = method if method != "greedy" else "decode"
        return {f"{name}_{key}": value for key, value in self._scores(written, references).items()}

    def _scores(self, written, references) -> dict[str, float]:
        return self.scorer().scores(written, references)
