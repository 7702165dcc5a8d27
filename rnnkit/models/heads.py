"""What stands on top of a model's vectors."""

import keras

from rnnkit.cells.precision import at_least_float32
from rnnkit.config.schema import Model
from rnnkit.layers.tying import TiedHead


def head(config: Model, vectors, classes: int):
    """Dropout and a dense layer: (..., F) -> logits (..., classes), float32 also under mixed precision."""
    return keras.layers.Dense(classes, dtype=_dtype(), name="head")(_dropped(config, vectors))


def tied_head(config: Model, vectors, table):
    """Dropout, a projection where it is needed, and an embedding's table (classes, size): (..., F) -> logits.

    The logits are (..., classes), float32 also under mixed precision.
    """
    vectors = _dropped(config, vectors)
    if vectors.shape[-1] != table.shape[-1]:
        vectors = keras.layers.Dense(table.shape[-1], use_bias=False, name="projection")(vectors)
    return TiedHead(dtype=_dtype(), name="head")(vectors, table)


def _dropped(config, vectors):
    return keras.layers.Dropout(config.dropout, name="head_dropout")(vectors) if config.dropout else vectors


def _dtype():
    return at_least_float32(keras.config.dtype_policy().compute_dtype)
