"""Datasets that Python functions generate."""

import weakref
from collections.abc import Callable

import tensorflow as tf


def from_generator(function: Callable, output_signature) -> tf.data.Dataset:
    """`tf.data.Dataset.from_generator`, but the function lives no longer than what was made of the dataset.

    TensorFlow would keep it, and all data that it refers to, as long as the process lives.

    Args:
        function: returns an iterable of elements at every pass.
        output_signature: nested tensor specifications of an element.
    """
    found = weakref.ref(function)
    dataset = tf.data.Dataset.from_generator(lambda: found()(), output_signature=output_signature)
    dataset.function = function
    return dataset
