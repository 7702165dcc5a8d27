"""Vectorizers for models that write text: a translation, what a picture shows, or an example of a class."""

from collections.abc import Mapping

import tensorflow as tf

from rnnkit.config.schema import CaptionText, GenerationText, Image, PairText
from rnnkit.data.images import ImageDecoder
from rnnkit.data.refusals import explain_refusal
from rnnkit.data.text import to_dense
from rnnkit.data.units import Unit, unit_from_config
from rnnkit.data.vectorizer import Vectorizer
from rnnkit.data.vocabulary import Labels


class PairVectorizer(Vectorizer):
    """Texts to translate, and their translations, to ids.

    Args:
        text: How the two sides become ids.
        source: The unit of what is translated.
        target: The unit of translations; the same object where they share one.
    """

    sides = ("source", "target_in")

    def __init__(self, text: PairText, source: Unit, target: Unit):
        super().__init__()
        self.text = text
        self.source = source
        self.target = target

    def __call__(self, sources: tf.Tensor) -> dict[str, tf.Tensor]:
        """Texts `(batch,)` to `{"source": (batch, time) int32}`, padded with 0; time is at least 1."""
        return to_dense(self.ragged(sources)[0])

    def ragged(self, sources: tf.Tensor) -> tuple[dict[str, tf.RaggedTensor], tf.Tensor]:
        """The same without padding, `{"source": (batch, None) int32}`, and which texts were cut, `(batch,)` bool."""
        ids, most = self.source.ragged(sources), self.text.source.max_tokens
        return {"source": ids[:, :most]}, ids.row_lengths() > most

    def examples(self, batch, training):
        """As `Vectorizer.examples`, of `"source"` and `"target"` strings `(batch,)`.

        Inputs are `"source"` and `"target_in"`, a translation after `<s>`, and for scoring `"references"` `(batch,)`,
        translations as they are written; targets are translations before `</s>`.
        """
        inputs, source_cut = self.ragged(batch["source"])
        target_in, targets, target_cut = shifted(self.target, batch["target"], self.text.target.max_tokens)
        references = {} if training else {"references": batch["target"]}
        return inputs | {"target_in": target_in} | references, targets, source_cut | target_cut

    def explain(self, split):
        for side, unit in (("source", self.source), ("target", self.target)):
            explain_refusal(split, unit, lambda example, side=side: {side: example[side]})

    @property
    def limits(self) -> str:
        source, target = self.text.source.max_tokens, self.text.target.max_tokens
        return f"text.source.max_tokens ({source}) or text.target.max_tokens ({target})"

    def state(self) -> dict:
        """What `from_state` needs besides the configuration, JSON-able."""
        shared = self.target is self.source
        return {"source": self.source.to_config(), "target": None if shared else self.target.to_config()}

    @classmethod
    def from_state(cls, text: PairText, state: Mapping) -> "PairVectorizer":
        source = unit_from_config(state["source"])
        return cls(text, source, source if state["target"] is None else unit_from_config(state["target"]))


class CaptionVectorizer(Vectorizer):
    """Pictures to numbers and captions to ids.

    Args:
        text: How captions become ids.
        image: How pictures are read.
        target: The unit of captions.
    """

    sides = ("target_in",)

    def __init__(self, text: CaptionText, image: Image, target: Unit):
        super().__init__()
        self.text = text
        self.decoder = ImageDecoder(image)
        self.target = target

    def __call__(self, encoded: tf.Tensor) -> tuple[dict[str, tf.Tensor], tf.Tensor]:
        """Picture files `(batch,)` to `{"image": (batch, height, width, 3) float32}`, and which could be read."""
        images, readable = self.decoder(encoded)
        return {"image": images}, readable

    def examples(self, batch, training):
        """As `Vectorizer.examples`, of `"image"` strings `(batch,)` and `"captions"` ragged strings `(batch, None)`.

        Inputs are `"image"`, still the bytes of a file, and `"target_in"`, a caption after `<s>`; targets are captions
        before `</s>`. Every caption is trained on. For scoring there is one row for a picture, with the ids of its
        first caption and, in `"references"`, ragged `(batch, None)`, all of them as they are written.
        """
        captions = batch["captions"]
        texts = captions.values if training else captions[:, :1].values
        target_in, targets, cut = shifted(self.target, texts, self.text.target.max_tokens)
        if not training:
            return {"image": batch["image"], "target_in": target_in, "references": captions}, targets, cut
        target_in, targets = captions.with_values(target_in), captions.with_values(targets)
        return {"image": batch["image"], "target_in": target_in}, targets, cut

    def explain(self, split):
        explain_refusal(split, self.target, _captions_of)

    def finished(self, inputs):
        return inputs | {"image": self.decoder.decode_all(inputs["image"])}

    @property
    def limits(self) -> str:
        return f"text.target.max_tokens ({self.text.target.max_tokens})"

    def state(self) -> dict:
        """What `from_state` needs besides the configuration, JSON-able."""
        return {"target": self.target.to_config()}

    @classmethod
    def from_state(cls, text: CaptionText, image: Image, state: Mapping) -> "CaptionVectorizer":
        return cls(text, image, unit_from_config(state["target"]))


class ClassVectorizer(Vectorizer):
    """Names of classes, and texts of each class, to ids.

    Args:
        text: How texts become ids.
        labels: The classes.
        target: The unit of texts.
    """

    sides = ("target_in",)

    def __init__(self, text: GenerationText, labels: Labels, target: Unit):
        super().__init__()
        self.text = text
        self.labels = labels
        self.target = target

    def __call__(self, names: tf.Tensor) -> dict[str, tf.Tensor]:
        """Names of classes `(batch,)` to `{"label": (batch,) int32}`, -1 for one that is none."""
        return {"label": self.labels.encode(names)}

    def examples(self, batch, training):
        """As `Vectorizer.examples`, of `"label"` and `"text"` strings `(batch,)`.

        Inputs are `"label"`, `"target_in"`, a text after `<s>`, and for scoring `"references"` `(batch,)`, texts as
        they are written; targets are texts before `</s>`.
        """
        target_in, targets, cut = shifted(self.target, batch["text"], self.text.target.max_tokens)
        references = {} if training else {"references": batch["text"]}
        return self(batch["label"]) | {"target_in": target_in} | references, targets, cut

    def explain(self, split):
        explain_refusal(split, self.target, lambda example: {"text": example["text"]})

    @property
    def limits(self) -> str:
        return f"text.target.max_tokens ({self.text.target.max_tokens})"

    def state(self) -> dict:
        """What `from_state` needs besides the configuration, JSON-able."""
        return {"labels": self.labels.state(), "target": self.target.to_config()}

    @classmethod
    def from_state(cls, text: GenerationText, state: Mapping) -> "ClassVectorizer":
        return cls(text, Labels.from_state(state["labels"]), unit_from_config(state["target"]))


def shifted(unit: Unit, texts: tf.Tensor, max_tokens: int) -> tuple[tf.RaggedTensor, tf.RaggedTensor, tf.Tensor]:
    """What a decoder reads in training, and what it shall answer.

    Args:
        unit: Makes ids of texts.
        texts: `(batch,)` string.
        max_tokens: Ids read of each text; the answer to the last one that is read is the next one, not `</s>`.

    Returns:
        `<s>` and the ids; the ids and `</s>`, both ragged `(batch, None)` int32 of the same lengths; and which texts
        were cut, `(batch,)` bool.
    """
    ids, most = unit.ragged(texts, start=True, end=True), max_tokens + 1
    return ids[:, :-1][:, :most], ids[:, 1:][:, :most], ids.row_lengths() > most + 1


def _captions_of(example):
    return {f"caption {number}": caption for number, caption in enumerate(example["captions"], start=1)}
