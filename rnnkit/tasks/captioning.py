"""One-to-many: a picture in, a sentence about it out."""

import math
from collections.abc import Iterable

import numpy as np
import tensorflow as tf

from rnnkit.config.schema import BuiltinData, CaptioningRun, Decoding
from rnnkit.data.corpus import Corpus, Split
from rnnkit.data.fitting import fit_captions, grow_captions
from rnnkit.data.pairs import CaptionVectorizer
from rnnkit.data.units import PADDING_ID, START_ID
from rnnkit.data.units.base import batches
from rnnkit.decoding import Decoded
from rnnkit.models import captioner
from rnnkit.models.writer import Writer
from rnnkit.tasks import baselines
from rnnkit.tasks.attributes import SceneScorer
from rnnkit.tasks.ngrams import KneserNey
from rnnkit.tasks.text_out import TextOut, attended, served, write
from rnnkit.tasks.text_scores import TextScorer

ORDER = 5  # of the n-grams that do not see the picture


class Captioning(TextOut):
    """Pictures to sentences about them.

    Args:
        run: the resolved configuration.
        vectorizer: reads pictures, and has the unit of captions.

    Raises:
        ConfigError: the beam is wider than the captions' vocabulary.
    """

    kind = "caption"
    heads = "caption tokens"
    answer = "captions"
    run: CaptioningRun
    vectorizer: CaptionVectorizer

    @classmethod
    def fit(cls, run: CaptioningRun, split: Split, base: "Captioning | None" = None) -> "Captioning":
        return cls(run, fit_captions(run, split) if base is None else grow_captions(run, base.vectorizer, split))

    @classmethod
    def restore(cls, run: CaptioningRun, state: dict) -> "Captioning":
        return cls(run, CaptionVectorizer.from_state(run.text, run.image, state))

    def state(self) -> dict:
        return self.vectorizer.state()

    def build(self, cell: type | None = None) -> Writer:
        run, unit = self.run, self.vectorizer.target
        vocabulary = getattr(unit, "vocabulary", None)
        counts = None if vocabulary is None else vocabulary.counts
        return captioner.build(run.model, run.image, len(unit), run.seed, cell, counts)

    def prepare(self, model: Writer) -> None:
        captioner.prepare(model, self.run.model)

    def scorer(self) -> TextScorer:
        data = self.run.data
        known = isinstance(data, BuiltinData) and data.name == "coloured_shapes"
        return (SceneScorer if known else TextScorer)(self.run.evaluate)

    def baselines(self, corpus: Corpus, role: str) -> dict[str, dict[str, float]]:
        train, test = ([each["captions"] for each in corpus.splits[name].examples()] for name in ("train", role))
        most_common = baselines.most_common(text for captions in train for text in captions)
        ngrams = KneserNey(self._ids(text for captions in train for text in captions), len(self.labels), ORDER)
        ids = self._ids(captions[0] for captions in test)  # as for the loss
        loss = -float(np.log(ngrams.probabilities(ids)[ids != START_ID]).mean())
        return {
            "most common caption": self._scores([most_common] * len(test), test),
            f"{ORDER}-grams that do not see the picture": {"loss": loss, **self.follows_from_loss(loss, None)},
        }

    def _ids(self, captions: Iterable[str]) -> np.ndarray:
        """The ids of captions, one after the other: <s> … </s> <s> … </s>."""
        unit, most = self.vectorizer.target, self.run.text.target.max_tokens + 2
        parts = [unit.ragged(part, start=True, end=True)[:, :most].values for part in batches(captions)]
        return tf.concat(parts, axis=0).numpy()

    def signatures(self, model: Writer) -> dict:
        @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="image")], autograph=False)
        def serving_default(image):
            """image (batch,), the bytes of PNG, JPEG, GIF or BMP files -> captions and their log-probabilities.

            captions, scores, finished, readable (batch,); candidates, candidate_scores (batch, n_best), best first,
            -inf where there are fewer; with attention target_tokens (batch, T), target_lengths (batch,) and attention
            (batch, T, rows, columns) of the best, over the picture as it was fitted. A picture that cannot be read has
            no caption, and does no harm to the others.
            """
            return caption(model, self.vectorizer, image, self.run.decode, self.run.text.target.max_tokens)

        return {"serving_default": serving_default}


def caption(
    model: Writer, vectorizer: CaptionVectorizer, encoded: tf.Tensor, config: Decoding, longest: int
) -> dict[str, tf.Tensor]:
    """What is served for files (B,): see `Captioning.signatures`."""
    count = tf.size(encoded)
    encoded = tf.cond(count > 0, lambda: encoded, lambda: tf.constant([""]))  # TensorFlow convolves no empty batch
    inputs, readable = vectorizer(encoded)
    found = write(model, inputs[captioner.IMAGE], config, longest)
    found = _of_readable(found, readable)
    answer = {**served("captions", vectorizer.target.decode(found.tokens), found), "readable": readable}
    if model.attends:
        seen = attended(vectorizer.target, found)
        alignment = seen.pop("alignment")
        shape = [*tf.unstack(tf.shape(alignment)[:2]), *model.network.picture.grid]
        answer |= {**seen, "attention": tf.reshape(alignment, shape)}
    return {name: value[:count] for name, value in answer.items()}


def _of_readable(found: Decoded, readable: tf.Tensor) -> Decoded:
    """What was found for the pictures that are readable (B,); for the others nothing."""

    def kept(tensor, otherwise):
        return tf.where(tf.reshape(readable, [-1] + [1] * (tensor.shape.rank - 1)), tensor, otherwise)

    return found._replace(
        tokens=kept(found.tokens, PADDING_ID),
        lengths=kept(found.lengths, 0),
        scores=kept(found.scores, -math.inf),
        finished=found.finished & readable[:, None],
        extras=tf.nest.map_structure(lambda extra: kept(extra, tf.zeros([], extra.dtype)), found.extras),
    )
