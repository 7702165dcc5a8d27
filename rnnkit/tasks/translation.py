"""Many-to-many, of other lengths: a text in, its translation out."""

import itertools
import math
from collections.abc import Callable

import keras
import tensorflow as tf

from rnnkit.config.schema import BuiltinData, Data, Decoding, TranslationRun
from rnnkit.data.builtin.dates_and_numbers import word_by_word
from rnnkit.data.corpus import Corpus, Split
from rnnkit.data.fitting import fit_pairs, grow_pairs
from rnnkit.data.pairs import PairVectorizer
from rnnkit.data.units import Unit
from rnnkit.errors import ConfigError
from rnnkit.models import translator
from rnnkit.tasks import baselines
from rnnkit.tasks.base import Task
from rnnkit.tasks.text_scores import TextScorer, text_scores
from rnnkit.tasks.translating import texts_of, translate, write

GREEDY = Decoding(method="greedy")


class Translation(Task):
    """Texts of one kind to texts of another, in one direction.

    Args:
        run: the resolved configuration.
        vectorizer: has the units of both sides.

    Raises:
        ConfigError: the beam is wider than the target's vocabulary.
    """

    kind = "pair"
    heads = "target tokens"
    run: TranslationRun
    vectorizer: PairVectorizer
    labels: Unit  # the target's tokens are what the head tells apart

    def __init__(self, run: TranslationRun, vectorizer: PairVectorizer):
        super().__init__(run, vectorizer, vectorizer.target)
        decode, tokens = run.decode, len(vectorizer.target)
        if decode.method == "beam" and decode.beam_width > tokens:
            raise ConfigError(
                f"decode.beam_width: got {decode.beam_width}, but the target vocabulary has {tokens} tokens; "
                "a beam is at most as wide"
            )

    @classmethod
    def fit(cls, run: TranslationRun, split: Split, base: "Translation | None" = None) -> "Translation":
        if base is None:
            return cls(run, fit_pairs(run, split))
        _check_direction(run.data, base.run.data.pair)
        return cls(run, grow_pairs(run, base.vectorizer, split))

    @classmethod
    def restore(cls, run: TranslationRun, state: dict) -> "Translation":
        _check_direction(run.data, state["pair"])
        return cls(run, PairVectorizer.from_state(run.text, state["vectorizer"]))

    def state(self) -> dict:
        return {"vectorizer": self.vectorizer.state(), "pair": list(self.run.data.pair)}

    def build(self, cell: type | None = None) -> keras.Model:
        source, target = self.vectorizer.source, self.vectorizer.target
        vocabulary = getattr(source, "vocabulary", None)
        counts = None if vocabulary is None else vocabulary.counts
        return translator.build(self.run.model, len(source), len(target), self.run.seed, target is source, cell, counts)

    def loss(self, model, outputs, targets, label_smoothing=0.0):
        return translator.loss(model, outputs, targets, label_smoothing)

    def predict(self, model, inputs, outputs):
        units = self.vectorizer
        found = write(model, units, inputs[translator.SOURCE], GREEDY)
        return {
            "tokens": tf.argmax(outputs, axis=-1, output_type=tf.int32),
            "sources": units.source.decode(inputs[translator.SOURCE]),
            "written": texts_of(units.target, found)[:, 0],
            "references": inputs["references"],
        }

    def scorer(self) -> TextScorer:
        return TextScorer(self.run.evaluate)

    def follows_from_loss(self, loss: float, batches) -> dict[str, float]:
        return {"perplexity": math.exp(min(loss, 700.0))}

    def baselines(self, corpus: Corpus, role: str) -> dict[str, dict[str, float]]:
        data, rules = self.run.data, {}
        if isinstance(data, BuiltinData) and tuple(data.pair) == ("source", "target"):
            rules["words put by a dictionary"] = word_by_word
        return baselines.of_pairs(corpus.splits["train"], corpus.splits[role], self._scores, rules)

    def extra_reports(self, model: keras.Model, corpus: Corpus, role: str) -> dict[str, float]:
        """Scores of what the section `decode` writes, where that is not greedy as the other scores are."""
        method = self.run.decode.method
        if self.run.decode == GREEDY:
            return {}
        function = self.signatures(model)["serving_default"]
        sources, references = zip(*((pair["source"], pair["target"]) for pair in corpus.splits[role].examples()))
        written = translated(function, sources, self.run.evaluate.batch_size)
        name = method if method != "greedy" else "decode"
        return {f"{name}_{key}": value for key, value in self._scores(written, references).items()}

    def signatures(self, model: keras.Model) -> dict:
        @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="text")])
        def serving_default(text):
            """text (batch,) -> translations, their log-probabilities, and what else was found.

            translations, scores, finished (batch,); candidates, candidate_scores (batch, n_best), best first, -inf
            where there are fewer; token_count, truncated (batch,) of the text; with attention source_tokens (batch, S),
            target_tokens (batch, T), target_lengths (batch,) and alignment (batch, T, S) of the best.
            """
            return translate(model, self.vectorizer, text, self.run.decode)

        return {"serving_default": serving_default}

    def _scores(self, written, references) -> dict[str, float]:
        return text_scores(written, references, self.run.evaluate)


def translated(function: Callable, sources, batch_size: int) -> list[str]:
    """The translations of texts by a served function, texts of similar length at a time."""
    order = sorted(range(len(sources)), key=lambda place: len(sources[place]))
    written = [""] * len(sources)
    places = iter(order)
    while batch := list(itertools.islice(places, batch_size)):
        texts = tf.constant([sources[place] for place in batch])
        for place, text in zip(batch, function(text=texts)["translations"].numpy()):
            written[place] = text.decode("utf-8", "replace")
    return written


def _check_direction(data: Data, trained: list[str]) -> None:
    """Raises a ConfigError where data are to be read the other way round than the model translates."""
    if list(data.pair) == list(reversed(trained)):
        raise ConfigError(
            f"data.pair: got {', '.join(data.pair)}, but the model translates {trained[0]} into {trained[1]}; "
            "turn the two round, or train a new model"
        )
