"""Many-to-many, of other lengths: a text in, its translation out."""

import keras
import tensorflow as tf

from rnnkit.config.schema import BuiltinData, Data, TranslationRun
from rnnkit.data.builtin.dates_and_numbers import word_by_word
from rnnkit.data.corpus import Corpus, Split
from rnnkit.data.fitting import fit_pairs, grow_pairs
from rnnkit.data.pairs import PairVectorizer
from rnnkit.errors import ConfigError
from rnnkit.models import translator
from rnnkit.models.translator import SOURCE
from rnnkit.tasks import baselines
from rnnkit.tasks.text_out import TextOut
from rnnkit.tasks.translating import translate, write


class Translation(TextOut):
    """Texts of one kind to texts of another, in one direction.

    Args:
        run: the resolved configuration.
        vectorizer: has the units of both sides.

    Raises:
        ConfigError: the beam is wider than the target's vocabulary.
    """

    kind = "pair"
    answer = "translations"
    run: TranslationRun
    vectorizer: PairVectorizer

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

    def write(self, model, given, config):
        return write(model, self.vectorizer, given, config)

    def predict(self, model, inputs, outputs):
        return super().predict(model, inputs, outputs) | {"sources": self.vectorizer.source.decode(inputs[SOURCE])}

    def baselines(self, corpus: Corpus, role: str) -> dict[str, dict[str, float]]:
        data, rules = self.run.data, {}
        if isinstance(data, BuiltinData) and tuple(data.pair) == ("source", "target"):
            rules["words put by a dictionary"] = word_by_word
        return baselines.of_pairs(corpus.splits["train"], corpus.splits[role], self._scores, rules)

    def signatures(self, model: keras.Model) -> dict:
        @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="text")], autograph=False)
        def serving_default(text):
            """text (batch,) -> translations, their log-probabilities, and what else was found.

            translations, scores, finished (batch,); candidates, candidate_scores (batch, n_best), best first, -inf
            where there are fewer; token_count, truncated (batch,) of the text; with attention source_tokens (batch, S),
            target_tokens (batch, T), target_lengths (batch,) and alignment (batch, T, S) of the best.
            """
            return translate(model, self.vectorizer, text, self.run.decode)

        return {"serving_default": serving_default}


def _check_direction(data: Data, trained: list[str]) -> None:
    """Raises a ConfigError where one side of the data is what the model translates as the other."""
    if data.pair[0] == trained[1] or data.pair[1] == trained[0]:
        raise ConfigError(
            f"data.pair: got {', '.join(data.pair)}, but the model translates {trained[0]} into {trained[1]}; "
            "turn the two round, or train a new model"
        )
