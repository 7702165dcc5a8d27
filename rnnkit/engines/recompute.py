"""Long sequences in little memory: only the states at every sqrt(T)-th step are stored, the rest is computed again.

Chen et al., 2016, "Training deep nets with sublinear memory cost", arXiv 1604.06174. A training step takes one more
forward pass; what it stores grows with the square root of the time T, but for the inputs, the outputs and their
gradients.

Shapes in this file: T time, K segments, L steps of a segment, B batch, F features, U units. Everything is time-major.
"""

import math

import tensorflow as tf

from rnnkit.cells.precision import at_least_float32
from rnnkit.engines.explicit import reading, variables_of
from rnnkit.engines.gradients import custom_gradient
from rnnkit.engines.layout import known_shape


def run_in_segments(cell, run, inputs, states, mask, kept, shown):
    """Runs a recurrence segment by segment, with a gradient that runs each segment again.

    Args:
        cell: `FusedCell` that `run` reads.
        run: Function `(inputs, states, mask, kept, stores)` to `(outputs, states)`, of one segment: tensors
            (L, B, F), the list of states (B, width), and `mask` and `kept` as below; outputs (L, B, U) or `None`.
        inputs: Tensor (T, B, F).
        states: List of tensors (B, width).
        mask: Boolean tensor (T, B, 1) or `None`.
        kept: List of boolean tensors (T, B, width) or `None`; or `None`.
        shown: Boolean, whether `run` returns outputs.

    Returns:
        As `run`, for the whole sequence.
    """
    length, batch = known_shape(inputs)[:2]
    cut = Cut(length, inputs.shape[0])
    if mask is None and not cut.even:
        mask = tf.ones((length, batch, 1), tf.bool)
    flags = tf.nest.map_structure(lambda flag: None if flag is None else cut(flag), (mask, kept))
    segments = Segments(cell, inputs.shape[-1], run, flags, shown)
    dtype = at_least_float32(cell.compute_dtype)
    outputs, finals = segments(cut(inputs), [tf.cast(state, dtype) for state in states])
    return None if outputs is None else cut.joined(outputs), finals


class Cut:
    """How a sequence is cut into K segments of L steps, with masked steps at the end of the last where it needs them.

    Args:
        length: Integer or integer tensor, T.
        known: Integer, T, or `None` where it is not known before the graph runs.
    """

    def __init__(self, length, known):
        self.length = length
        if known is None:
            root = tf.cast(tf.math.ceil(tf.sqrt(tf.cast(length, tf.float32))), tf.int32)
            self.steps = tf.maximum(root, 1)
        else:
            root = max(1, math.isqrt(known))
            self.steps = next((steps for steps in range(root, 2 * root) if known % steps == 0), root)
        count = -(-length // self.steps)
        self.count = tf.maximum(count, 1) if known is None else max(count, 1)
        self.even = known is not None and self.count * self.steps == known

    def __call__(self, sequence):
        """(T, B, width) to (K, L, B, width)."""
        if not self.even:
            missing = self.count * self.steps - self.length
            sequence = tf.pad(sequence, [[0, missing], [0, 0], [0, 0]])
        return tf.reshape(sequence, (self.count, self.steps, *known_shape(sequence)[1:]))

    def joined(self, segments):
        """(K, L, B, width) to (T, B, width)."""
        joined = tf.reshape(segments, (self.count * self.steps, *known_shape(segments)[2:]))
        return joined if self.even else joined[: self.length]


class Segments:
    """The recurrence of one call.

    Args:
        cell, run: As in `run_in_segments`.
        features: Integer, the width of the inputs.
        flags: `(mask, kept)` of `run_in_segments`, cut.
        shown: Boolean, whether `run` returns outputs.
    """

    def __init__(self, cell, features, run, flags, shown):
        self.units = cell.units
        self.variables = variables_of(cell, features)
        self.run = run
        self.flags = flags
        self.shown = shown

    def __call__(self, inputs, states):
        """Maps (K, L, B, F) and the initial states to the outputs, (K, L, B, U) or `None`, and the final states."""
        count = len(states)

        @custom_gradient
        def scan(inputs, *flat):
            states, weights = flat[:count], flat[count:]
            starts, outputs, finals = self._forward(inputs, states, weights)

            def gradient(*upstream):
                return self._backward(inputs, starts, weights, upstream)

            return [*outputs, *finals], gradient

        weights = [tf.convert_to_tensor(weight.value) for weight in self.variables]
        results = scan(inputs, *states, *weights)
        return (results[0] if len(results) > count else None), results[-count:]

    def _segment(self, index, inputs, states, weights, training):
        """Outputs, a list of one or none, and states of the segment `index`, the cell's variables being `weights`."""
        flags = tf.nest.map_structure(lambda flag: None if flag is None else flag[index], self.flags)
        with reading(self.variables, weights):
            outputs, states = self.run(inputs, list(states), *flags, training)
        return [] if outputs is None else [outputs], tuple(states)

    def _forward(self, inputs, states, weights):
        """The states at the start of every segment, each (K, B, width), the outputs, and the final states."""
        size = known_shape(inputs)[0]
        starts = tuple(tf.TensorArray(state.dtype, size=size, element_shape=state.shape) for state in states)
        shape = (*inputs.shape[1:3], self.units)
        arrays = tuple(tf.TensorArray(states[0].dtype, size=size, element_shape=shape) for _ in range(self.shown))

        def body(index, states, starts, arrays):
            starts = tuple(array.write(index, state) for array, state in zip(starts, states))
            outputs, states = self._segment(index, inputs[index], states, weights, training=False)
            arrays = tuple(array.write(index, output) for array, output in zip(arrays, outputs))
            return index + 1, states, starts, arrays

        loop = (tf.constant(0), tuple(states), starts, arrays)
        _, finals, starts, arrays = _loop(lambda index, *_: index < size, body, loop, size)
        return [array.stack() for array in starts], [array.stack() for array in arrays], finals

    def _backward(self, inputs, starts, weights, upstream):
        """Gradients for the inputs, the initial states and the weights, given those for what the scan returned."""
        size = known_shape(inputs)[0]
        d_outputs, d_states = upstream[: -len(starts)], upstream[-len(starts) :]
        array = tf.TensorArray(inputs.dtype, size=size, element_shape=inputs.shape[1:])

        def body(index, d_states, d_weights, array):
            sources = (inputs[index], tuple(start[index] for start in starts), tuple(weights))
            with tf.GradientTape(watch_accessed_variables=False) as tape:
                tape.watch(sources)
                outputs, states = self._segment(index, *sources, training=True)
            d_inputs, d_states, d_new = tape.gradient(
                (outputs, states),
                sources,
                output_gradients=([each[index] for each in d_outputs], d_states),
                unconnected_gradients=tf.UnconnectedGradients.ZERO,
            )
            d_weights = tuple(total + new for total, new in zip(d_weights, d_new))
            return index - 1, d_states, d_weights, array.write(index, d_inputs)

        loop = (size - 1, tuple(d_states), tuple(tf.zeros_like(weight) for weight in weights), array)
        _, d_states, d_weights, array = _loop(lambda index, *_: index >= 0, body, loop, size)
        return array.stack(), *d_states, *d_weights


def _loop(condition, body, start, size):
    """`tf.while_loop`, one turn at a time: what the next turns could make in advance would take memory."""
    return tf.while_loop(condition, body, start, parallel_iterations=1, maximum_iterations=size)
