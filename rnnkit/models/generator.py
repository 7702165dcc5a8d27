"""One-to-many: a class in, a text of it out."""

from collections.abc import Sequence

import keras

from rnnkit.config.schema import GenerationModel
from rnnkit.models import encoder, writer

LABEL = "label"


def build(
    config: GenerationModel,
    classes: int,
    tokens: int,
    seed: int,
    cell: type | None = None,
    counts: Sequence[int] | None = None,
) -> writer.Writer:
    """An embedding of classes, a decoder that reads the class's vector, a softmax over tokens.

    Where `config.context` is "first_step", the vector is the input of the first step and that of all others is zero:
    the state at a step follows from the class and the step alone, and so do the chances of the token there. Tokens
    drawn from them are independent of one another; what holds a text together has to be in the chances of each step.

    Args:
        config: the section `model`.
        classes: number of classes.
        tokens: number of token ids; 0 is padding.
        seed: decides all weights and all dropout.
        cell: class of the cell, in place of what `config.cell` names.
        counts: how often each token id was seen in training.

    Returns:
        A functional model, {"label": (B,) int32, "target_in": (B, T) int32} -> logits (B, T, tokens) float32.

    Raises:
        ConfigError: the cell cannot be imported or built as configured.
    """

    def network(cell):
        return ClassNetwork(config, classes, tokens, cell, counts)

    return writer.build(network, config, seed, cell, "generator")


class ClassNetwork(writer.Network):
    """The layers of a generator; arguments as for `build`."""

    def __init__(self, config, classes, tokens, cell, counts):
        words = encoder.word_dropout(config, tokens, counts)
        super().__init__(config, tokens, writer.decoder_of(config, cell), word_dropout=words)
        width = config.class_embedding_size or config.embedding_size
        self.class_embedding = keras.layers.Embedding(classes, width, name="class_embedding")
        self.reads = config.context != "first_step"

    def given(self):
        return keras.Input((), dtype="int32", name=LABEL)

    def read(self, given, training=None):
        return {"context": self.class_embedding(given)}

    def target_vectors(self, ids, training=None):
        """As for every network; where steps read nothing that was written, only how many there are, (..., 1)."""
        return super().target_vectors(ids, training) if self.reads else (keras.ops.expand_dims(ids, -1), None)
