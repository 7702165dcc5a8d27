"""The two loops of the fused engine: forward over the steps, and backward.

Forward, a turn holds the cell's step and one recurrent matmul, whose product the next turn reads. Backward, a turn
holds the step's vector-Jacobian product and one matmul; only the gradients of the weights that the step itself owns are
summed there, all others are large operations outside.

What a turn reads is, as a rule, made at the end of the turn before it and carried, and not read from the projection at
its start: a compiler that fuses the read into the step computes every index again for every element, and no longer in
vectors. But that is one piece more for a turn, and XLA on a CPU runs the pieces of a turn one after the other only
where there are no more than eight; with more it hands them to its threads, which takes as long as a step of a small
layer. So where a step of several states only adds its products, each turn reads for itself in inference, and in
training where the layer is small.

Shapes in this file: T time, B batch, U units, G = gates * units. Everything is time-major. States, and all arithmetic
on them, are at least float32; matmuls and what is stored of gradients have the dtype of the projection.
"""

import tensorflow as tf

from rnnkit.engines.compiled import compiling
from rnnkit.engines.layout import is_zero
from rnnkit.engines.shards import USUAL_ROWS

EVERYTHING, OUTPUTS, NOTHING = "everything", "outputs", "nothing"
SMALL = 2**12  # entries of a turn's products


class Loops:
    """The loops over the steps of a cell.

    Args:
        step: `rnnkit.engines.step.Step`.
    """

    def __init__(self, step):
        self.step = step

    def forward(self, operands, flags, keep, small):
        """Runs all steps.

        Args:
            operands: `Operands`.
            flags: `Flags`.
            keep: `EVERYTHING` that the backward loop reads, the `OUTPUTS`, or `NOTHING` but the final states.
            small: What `is_small` says of the projection.

        Returns:
            List of tensors: the final states (B, width), then, with `OUTPUTS`, the first state from the initial one on
            (T + 1, B, U), or, with `EVERYTHING`, every state so (T + 1, B, width), and what is stored of the
            products of every step (T, B, G), perhaps with one entry more, without meaning.
        """
        length = tf.shape(operands.projected)[0]
        carries = self._carries(operands, keep, small)
        count = {EVERYTHING: len(operands.states), OUTPUTS: 1, NOTHING: 0}[keep]
        arrays = tuple(
            array_of(state.dtype, length + 1, state.shape).write(0, state) for state in operands.states[:count]
        )
        shape = operands.projected.shape[1:]
        stored = (array_of(operands.states[0].dtype, length + int(carries), shape),) if keep == EVERYTHING else ()

        def read_at(time, hidden):
            return self._read(operands.projected[time], hidden, operands, flags, small)

        def advanced(following, read, states, arrays):
            states = self.step(following - 1, _complete(read, operands, small), states, operands.weights, flags)
            return states, tuple(array.write(following, state) for array, state in zip(arrays, states))

        def body(time, states, arrays, stored):
            following = _after(time)
            read = read_at(following - 1, states[0])
            stored = tuple(array.write(following - 1, read[-1]) for array in stored)
            return following, *advanced(following, read, states, arrays), stored

        def carrying_body(time, read, states, arrays, stored):
            following = _after(time)
            states, arrays = advanced(following, read, states, arrays)
            read = read_at(tf.minimum(following, length - 1), states[0])
            return following, read, states, arrays, tuple(array.write(following, read[-1]) for array in stored)

        start = (tf.constant(0), operands.states, arrays, stored)
        if carries:
            first = tf.reduce_sum(operands.projected[:1], axis=0)  # (B, G), zeros where there are no steps
            read = self._read(first, operands.states[0], operands, flags, small)
            stored = tuple(array.write(0, read[-1]) for array in stored)
            start = (tf.constant(0), read, operands.states, arrays, stored)
            body = carrying_body
        *_, states, arrays, stored = self._loop(lambda time, *_: time < length, body, start, operands.projected)
        return [*states, *(array.stack() for array in (*arrays, *stored))]

    def _carries(self, operands, keep, small):
        """Whether a turn makes what the next one reads: see the head of this file."""
        return not self.step.adds or len(operands.states) == 1 or (keep == EVERYTHING and not small)

    def _read(self, projected, hidden, operands, flags, small):
        """What is stored for a step of its products: their sum where it only adds them, else the two, each (B, G)."""
        if compiling() and is_zero(hidden):  # as a first state is; elsewhere it may be asked for its gradient
            product = tf.zeros(projected.shape, operands.kernel.dtype)
        else:
            product = tf.matmul(tf.cast(dropped(hidden, flags), operands.kernel.dtype), operands.kernel)
        projected, product = (tf.cast(part, hidden.dtype) for part in (projected, product))
        if not small:
            product = _biased(product, operands)
        return (projected + product,) if self.step.adds else (projected, product)

    def backward(self, operands, flags, sequences, reads, d_outputs, d_states, small):
        """The gradients, given those for what `forward` returned.

        Args:
            operands, flags, small: Those of `forward`.
            sequences: Tensors (T, B, width), the states before every step.
            reads: Tensor (T or more, B, G), what `forward` stored of the products.
            d_outputs: Tensor (T, B, U), the gradient for the outputs, or `None`.
            d_states: Tensors (B, width), the gradients for the final states.

        Returns:
            List of tensors: the gradients for the initial states (B, width), for the step's own weights, for the
            projection (T, B, G) and, unless the step adds the two, for the recurrent product (T, B, G).
        """
        length = tf.shape(sequences[0])[0]
        kernel = tf.transpose(operands.kernel)  # once: a matmul with a transposed operand is several times as slow
        dtype = operands.kernel.dtype
        arrays = tuple(array_of(dtype, length, reads.shape[1:]) for _ in range(1 if self.step.adds else 2))

        def body(time, d_states, d_weights, arrays):
            if d_outputs is not None:
                d_states = (d_states[0] + tf.cast(d_outputs[time], d_states[0].dtype), *d_states[1:])
            states = tuple(sequence[time] for sequence in sequences)
            projected = () if self.step.adds else (tf.cast(operands.projected[time], states[0].dtype),)
            d_read, d_before, d_owned = self.step.gradient(
                time, _complete((*projected, reads[time]), operands, small), states, operands.weights, flags, d_states
            )
            d_read = [tf.cast(part, dtype) for part in d_read]
            d_hidden = dropped(tf.cast(tf.matmul(d_read[-1], kernel), states[0].dtype), flags)
            d_before = (_shaped(d_before[0] + d_hidden, states[0]), *d_before[1:])
            d_weights = tuple(total + new for total, new in zip(d_weights, d_owned))
            return time - 1, d_before, d_weights, tuple(array.write(time, new) for array, new in zip(arrays, d_read))

        start = (length - 1, tuple(d_states), tuple(tf.zeros_like(weight) for weight in operands.weights), arrays)
        _, d_states, d_weights, arrays = self._loop(lambda time, *_: time >= 0, body, start, sequences[0])
        return [*d_states, *d_weights, *(array.stack() for array in arrays)]

    def _loop(self, condition, body, start, sequence):
        """`tf.while_loop` over the steps of `sequence`; a single step needs no loop.

        XLA wants a bound of a loop whose gradient it is asked for. It costs a piece of a turn, to count.
        """
        if sequence.shape[0] == 1:
            return body(*start)
        limit = None if compiling() else tf.shape(sequence)[0]
        return tf.while_loop(condition, body, start, maximum_iterations=limit)


def is_small(projected):
    """Whether starting the pieces of a turn on (T, B, G) takes longer than the pieces themselves."""
    batch, width = projected.shape[1:]
    return (USUAL_ROWS if batch is None else batch) * width <= SMALL


def dropped(hidden, flags):
    """The previous output as the recurrent matmul reads it, after recurrent dropout."""
    return hidden if flags.dropped is None else hidden * tf.cast(flags.dropped, hidden.dtype)


def _biased(product, operands):
    return product if operands.bias is None else product + tf.cast(operands.bias, product.dtype)


def _complete(read, operands, small):
    """What a step reads: what was stored for it and, where the layer is small, only now the bias: one piece less."""
    return (*read[:-1], _biased(read[-1], operands)) if small else read


def array_of(dtype, size, shape):
    """A `tf.TensorArray` of tensors of one shape."""
    return tf.TensorArray(dtype, size=size, element_shape=shape)


def _after(time):
    """`time` + 1, by an operation that XLA does not repeat in everything that reads it.

    Repeated, `time` itself would have to outlive the turn, in a copy: one piece more of the turn.
    """
    return tf.truncatemod(time + 1, tf.int32.max)


def _shaped(tensor, like):
    tensor.set_shape(like.shape)
    return tensor
