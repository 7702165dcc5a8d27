"""Compiled functions that are traced once for batches of any size and length."""

import contextlib
from collections.abc import Callable

import tensorflow as tf

from rnnkit.engines import few_shapes as few_shapes_hint
from rnnkit.engines import portable


class TracedOnce:
    """A function of tensors (batch, time, …), compiled at its first call for every batch and every time.

    Args:
        function: takes nested structures of tensors.
        jit_compile: whether XLA compiles it, once for each shape that comes.
        few_shapes: whether so few shapes come that recurrent layers in it may be compiled for each.
    """

    def __init__(self, function: Callable, jit_compile: bool | None = None, few_shapes: bool = False):
        self._python, self._jit_compile, self._compiled = function, jit_compile, None
        self._hint = portable if jit_compile else few_shapes_hint if few_shapes else contextlib.nullcontext

    def __call__(self, *arguments):
        if self._compiled is None:
            signature = tf.nest.map_structure(_open_spec, arguments)
            self._compiled = tf.function(
                self._python, input_signature=signature, jit_compile=self._jit_compile, autograph=False
            )
        with self._hint():  # for when it is traced
            return self._compiled(*arguments)


def _open_spec(tensor: tf.Tensor) -> tf.TensorSpec:
    """Shape and dtype with batch and time left open; numbers (batch, width) have no time."""
    timeless = tensor.dtype.is_floating and tensor.shape.rank == 2
    shape = [None, *tensor.shape[1:]] if timeless else [None, None, *tensor.shape[2:]]
    return tf.TensorSpec(shape[: tensor.shape.rank], tensor.dtype)
