"""A loop over time for any step: what no engine of a cell can run, because one step reads what the last one gave.

Shapes in this file: T time, B batch.
"""

import tensorflow as tf

from rnnkit.engines.layout import known_shape, time_major
from rnnkit.engines.loops import array_of


def run_steps(step, inputs, state, outputs):
    """Runs `step` once for every step of time, in the graph.

    Args:
        step: Function `(inputs, state)` to `(outputs, state)`, of one step: nests of tensors (B, ...). What it reads
            besides, such as a memory, is best left out of the state.
        inputs: Nest of at least one tensor (B, T, ...).
        state: Nest of tensors, the state before the first step.
        outputs: Nest of `tf.TensorSpec`, what `step` puts out; of known shapes where there may be no steps at all.

    Returns:
        `(outputs, state)`: the nest of tensors (B, T, ...), and the state after the last step.
    """
    first = tf.nest.flatten(inputs)[0]
    length = known_shape(first)[1]
    given = tf.nest.map_structure(_readable, inputs)
    written = tf.nest.map_structure(lambda spec: array_of(spec.dtype, length, spec.shape), outputs)

    def body(time, state, written):
        found, after = step(tf.nest.map_structure(lambda array: array.read(time), given), state)
        written = tf.nest.map_structure(lambda array, output: array.write(time, output), written, found)
        return time + 1, tf.nest.map_structure(_of_known_shape, after, state), written

    start = (tf.constant(0), state, written)
    _, state, written = tf.while_loop(lambda time, *_: time < length, body, start, maximum_iterations=length)
    outputs = tf.nest.map_structure(lambda array: _swapped(array.stack()), written)
    for tensor in tf.nest.flatten(outputs):
        tensor.set_shape((None, first.shape[1], *tensor.shape[2:]))
    return outputs, state


def _readable(sequence):
    """(B, T, ...) as an array of T tensors (B, ...), whose gradient is gathered step by step."""
    moved = _swapped(sequence)
    return array_of(moved.dtype, tf.shape(moved)[0], moved.shape[1:]).unstack(moved)


def _swapped(tensor):
    """The first two axes in the other order."""
    if tensor.dtype == tf.bool:  # oneDNN transposes no booleans, and complains
        return tf.cast(time_major(tf.cast(tensor, tf.int32), go_backwards=False), tf.bool)
    return time_major(tensor, go_backwards=False)


def _of_known_shape(tensor, like):
    tensor.set_shape(like.shape)
    return tensor
