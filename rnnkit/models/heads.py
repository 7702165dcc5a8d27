"""What stands on top of a model's vectors."""

import keras

from rnnkit.cells.precision import at_least_float32
from rnnkit.config.schema import Model


def head(config: Model, vectors, classes: int):
    """Dropout and a dense layer: (..., F) -> logits (..., classes), float32 also under mixed precision."""
    if config.dropout:
        vectors = keras.layers.Dropout(config.dropout, name="head_dropout")(vectors)
    dtype = at_least_float32(keras.config.dtype_policy().compute_dtype)
    return keras.layers.Dense(classes, dtype=dtype, name="head")(vectors)
