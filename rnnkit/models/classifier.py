"""Many-to-one: a sequence in, one of several classes out."""

from collections.abc import Sequence

import keras
import tensorflow as tf

from rnnkit.config.schema import ClassifierModel
from rnnkit.layers import TimePooling
from rnnkit.models import encoder, losses
from rnnkit.models.heads import head
from rnnkit.models.seeding import seeded


def build(
    config: ClassifierModel,
    vocabulary_size: int,
    classes: int,
    seed: int,
    cell: type | None = None,
    counts: Sequence[int] | None = None,
) -> keras.Model:
    """Embedding, recurrent layers, pooling over time, an optional hidden layer, a linear head.

    Args:
        config: the section `model`.
        vocabulary_size: number of token ids; 0 is padding, 1 the unknown token.
        classes: number of classes.
        seed: decides all weights and all dropout.
        cell: class of the cell, in place of what `config.cell` names.
        counts: how often each token id was seen in training.

    Returns:
        A functional model, {"tokens": (B, T) int32} -> logits (B, classes) float32. Any B, and any T from 1.

    Raises:
        ConfigError: the cell cannot be imported or built as configured.
    """
    with seeded(seed):
        tokens = keras.Input((None,), dtype="int32", name="tokens")
        vectors, mask = encoder.embed(config, tokens, vocabulary_size, counts)
        vectors = encoder.run_over_time(config, vectors, mask, cell)
        directions = 2 if config.bidirectional else 1
        pooled = TimePooling(config.pooling, directions=directions, name="pooling")(vectors, mask=mask)
        if config.hidden_units:
            pooled = keras.layers.Dense(config.hidden_units, activation="relu", name="hidden")(pooled)
        return keras.Model({"tokens": tokens}, head(config, pooled, classes), name="classifier")


def loss(model: keras.Model, outputs, targets, label_smoothing: float):
    """Cross-entropy of logits (B, classes) and targets (B,): (sum, number of targets), two () tensors."""
    return losses.cross_entropy(outputs, targets, label_smoothing)


def probabilities(outputs):
    """Logits (B, classes) -> probabilities (B, classes)."""
    return tf.nn.softmax(outputs)
