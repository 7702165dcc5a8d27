"""The two loops of the fused engine in half precision, with XLA for all of a turn but its matmul.

XLA's matmuls on a CPU are slow in half precision, and TensorFlow's are not. What is left of a turn are many operations
that each read and write memory; XLA makes them one. Forward, a turn is the product of the previous output, then a
function of XLA, which ends with the output as the next product reads it. Backward, it is a function of XLA, then the
product of the gradient, which the function of the next turn adds.

Shapes in this file: T time, B batch, U units, G = gates * units. Everything is time-major.
"""

import tensorflow as tf

from rnnkit.engines.compiled import compiled
from rnnkit.engines.loops import EVERYTHING, NOTHING, OUTPUTS, Loops, array_of, dropped


class HalfLoops(Loops):
    """As `Loops`, but of the products the recurrent ones alone are stored, without bias and in half precision."""

    def forward(self, operands, flags, keep, small):
        """As `Loops.forward`."""
        dtype = operands.kernel.dtype
        length = tf.shape(operands.projected)[0]
        count = {EVERYTHING: len(operands.states), OUTPUTS: 1, NOTHING: 0}[keep]
        arrays = tuple(
            array_of(state.dtype, length + 1, state.shape).write(0, state) for state in operands.states[:count]
        )
        stored = (array_of(dtype, length, operands.projected.shape[1:]),) if keep == EVERYTHING else ()
        bias = () if operands.bias is None else (operands.bias,)

        @_compiled
        def turn(projected, product, bias, states, weights, flat):
            now = flags.like(flat)
            states = self.step(0, self._sums(projected, product, bias, states), states, weights, now)
            return [tf.cast(dropped(states[0], now), dtype), *states]

        def body(time, hidden, states, arrays, stored):
            product = tf.matmul(hidden, operands.kernel)
            stored = tuple(array.write(time, product) for array in stored)
            now = flags.at(time).flat()
            hidden, *states = turn(operands.projected[time], product, bias, states, operands.weights, now)
            arrays = tuple(array.write(time + 1, state) for array, state in zip(arrays, states))
            return time + 1, hidden, tuple(states), arrays, stored

        hidden = tf.cast(dropped(operands.states[0], flags), dtype)
        start = (tf.constant(0), hidden, operands.states, arrays, stored)
        *_, states, arrays, stored = self._loop(lambda time, *_: time < length, body, start, operands.projected)
        return [*states, *(array.stack() for array in (*arrays, *stored))]

    def backward(self, operands, flags, sequences, reads, d_outputs, d_states, small):
        """As `Loops.backward`, with the projection among the operands."""
        dtype = operands.kernel.dtype
        length = tf.shape(sequences[0])[0]
        kernel = tf.transpose(operands.kernel)
        pieces, count = 1 if self.step.adds else 2, len(d_states)
        arrays = tuple(array_of(dtype, length, reads.shape[1:]) for _ in range(pieces))
        bias = () if operands.bias is None else (operands.bias,)

        @_compiled
        def turn(projected, product, bias, states, weights, flat, d_output, d_product, d_states, d_weights):
            now = flags.like(flat)
            d_first = _added(d_states[0], d_product, now)
            for each in d_output:
                d_first += tf.cast(each, d_first.dtype)
            read = self._sums(projected, product, bias, states)
            d_read, d_before, d_owned = self.step.gradient(0, read, states, weights, now, (d_first, *d_states[1:]))
            d_weights = [total + new for total, new in zip(d_weights, d_owned)]
            return [*d_before, *d_weights, *(tf.cast(part, dtype) for part in d_read)]

        def body(time, d_product, d_states, d_weights, arrays):
            states = tuple(sequence[time] for sequence in sequences)
            operand = (operands.projected[time], reads[time], bias, states, operands.weights, flags.at(time).flat())
            d_output = () if d_outputs is None else (d_outputs[time],)
            results = turn(*operand, d_output, d_product, d_states, d_weights)
            d_states, d_weights, d_read = results[:count], results[count:-pieces], results[-pieces:]
            arrays = tuple(array.write(time, new) for array, new in zip(arrays, d_read))
            return time - 1, tf.matmul(d_read[-1], kernel), tuple(d_states), tuple(d_weights), arrays

        d_weights = tuple(tf.zeros_like(weight) for weight in operands.weights)
        start = (length - 1, tf.zeros_like(d_states[0], dtype), tuple(d_states), d_weights, arrays)
        _, d_product, d_states, d_weights, arrays = self._loop(lambda time, *_: time >= 0, body, start, sequences[0])
        d_first = _added(d_states[0], d_product, flags)
        return [d_first, *d_states[1:], *d_weights, *(array.stack() for array in arrays)]

    def _sums(self, projected, product, bias, states):
        """What the step reads: the two products (B, G) in the dtype of the states, or their sum where it only adds."""
        projected, product, *bias = (tf.cast(part, states[0].dtype) for part in (projected, product, *bias))
        product = product + bias[0] if bias else product
        return (projected + product,) if self.step.adds else (projected, product)


def _added(d_hidden, d_product, flags):
    """The gradient for the previous output, with what its product gives."""
    return d_hidden + dropped(tf.cast(d_product, d_hidden.dtype), flags)


def _compiled(function):
    """`function`, of nested tensors to a list of float tensors, compiled by XLA."""

    def run(*parts):
        def of_flat(*flat):
            return function(*tf.nest.pack_sequence_as(parts, flat))

        return compiled(of_flat)(*tf.nest.flatten(parts))

    return run
