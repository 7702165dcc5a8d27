"""Vectorized parts of a split: nests of tensors with a row for every example, or for every several.

A row may stand for several examples, such as a picture with its captions. Features that these do not share then have
them on the second axis, ragged: `(rows, None, None)`.
"""

from typing import Any

import numpy as np
import tensorflow as tf

from rnnkit.data.text import padded


def examples_of(feature: tf.Tensor | tf.RaggedTensor) -> tf.Tensor | tf.RaggedTensor:
    """A feature with a row for every example, where it is one of examples; otherwise as it is."""
    return feature.values if isinstance(feature, tf.RaggedTensor) and feature.ragged_rank > 1 else feature


def owners(block: Any) -> tf.Tensor:
    """The row that every example belongs to, `(examples,)` int32."""
    features = tf.nest.flatten(block)
    several = [feature for feature in features if examples_of(feature) is not feature]
    if several:
        return tf.cast(several[0].value_rowids(), tf.int32)
    first = features[0]
    return tf.range(first.nrows(tf.int32) if isinstance(first, tf.RaggedTensor) else tf.shape(first)[0])


def gathered(feature: tf.Tensor | tf.RaggedTensor, examples: tf.Tensor, rows: tf.Tensor) -> tf.Tensor | tf.RaggedTensor:
    """A feature of some examples, `(n, …)`.

    Args:
        feature: Of a whole block.
        examples: Places of the examples, `(n,)`.
        rows: Those of the rows that they belong to, `(n,)`.
    """
    every = examples_of(feature)
    return tf.gather(feature, rows) if every is feature else tf.gather(every, examples)


def dense(feature: tf.Tensor | tf.RaggedTensor, time: tf.Tensor, padding: int) -> tf.Tensor:
    """A feature without raggedness: ids padded to `time` steps at least, texts with empty ones to the longest row."""
    if not isinstance(feature, tf.RaggedTensor):
        return feature
    return feature.to_tensor("") if feature.dtype == tf.string else padded(feature, time, padding)


def update(digest: Any, values: np.ndarray) -> None:
    """Adds numbers or strings of bytes to a digest of `hashlib`."""
    if values.dtype != object:
        digest.update(values.tobytes())
        return
    for string in values.ravel():
        digest.update(len(string).to_bytes(8, "little") + string)
