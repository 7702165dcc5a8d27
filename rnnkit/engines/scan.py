"""The recurrence of the fused engine with its hand-made gradient.

Forward, the loop holds one recurrent matmul and the cell's step, and stores the states and nothing else. Backward, all
recurrent products are computed again by one large matmul of the stored states; the reverse loop holds the step's
vector-Jacobian product and one matmul; the gradients of the recurrent kernel and bias are one large operation each
after it. Only the gradients of the weights that the step itself owns are summed in the loop.

Shapes in this file: T time, B batch, U units, G = gates * units. Everything is time-major.
"""

from dataclasses import dataclass

import tensorflow as tf

from rnnkit.cells.contract import run_step


@dataclass(frozen=True)
class Operands:
    """Every tensor that a gradient is computed for."""

    projected: tf.Tensor  # (T, B, G)
    kernel: tf.Tensor  # (U, G)
    bias: tf.Tensor | None  # (G,), the recurrent bias
    states: tuple  # of (B, width)
    weights: tuple  # of the step's own weights

    def flat(self):
        bias = () if self.bias is None else (self.bias,)
        return (self.projected, self.kernel, *bias, *self.states, *self.weights)

    def like(self, flat):
        """The same structure over other tensors."""
        projected, kernel, *rest = flat
        bias = None if self.bias is None else rest.pop(0)
        count = len(self.states)
        return Operands(projected, kernel, bias, tuple(rest[:count]), tuple(rest[count:]))


class Scan:
    """The recurrence of one call.

    Args:
        cell: `FusedCell`.
        mask: Boolean tensor (T, B, 1) or `None`.
        hidden_mask: Tensor (B, U) that multiplies the previous output before the recurrent matmul, or `None`.
        keep_sequence: Boolean, whether the outputs of all steps are returned.
    """

    def __init__(self, cell, mask, hidden_mask, keep_sequence):
        self.cell = cell
        self.mask = mask
        self.hidden_mask = hidden_mask
        self.keep_sequence = keep_sequence

    def __call__(self, projected, initial_states):
        """Maps (T, B, G) and the initial states to the outputs, (T, B, U) or `None`, and the list of final states."""
        cell, dtype = self.cell, projected.dtype
        bias = cell.recurrent_bias
        operands = Operands(
            projected,
            tf.cast(cell.recurrent_kernel, dtype),
            None if bias is None else tf.cast(bias, dtype),
            tuple(_with_batch_of(projected, state) for state in initial_states),
            tuple(tf.convert_to_tensor(weight.value) for weight in cell.step_weights),
        )

        @tf.custom_gradient
        def scan(*flat):
            inner = operands.like(flat)
            sequences = self._forward(inner)  # each (T + 1, B, width), initial state first
            finals = [sequence[-1] for sequence in sequences]

            def gradient(*upstream):
                return self._backward(inner, sequences, upstream).flat()

            return ([sequences[0][1:]] if self.keep_sequence else []) + finals, gradient

        results = scan(*operands.flat())
        return (results[0], results[1:]) if self.keep_sequence else (None, results)

    def _forward(self, operands):
        length = tf.shape(operands.projected)[0]
        arrays = tuple(
            tf.TensorArray(state.dtype, size=length + 1, element_shape=state.shape).write(0, state)
            for state in operands.states
        )

        def body(time, states, arrays):
            recurrent = self._recurrent(states[0], operands)
            new_states = run_step(self.cell, operands.projected[time], recurrent, states, operands.weights)
            if self.mask is not None:
                new_states = tuple(tf.where(self.mask[time], new, old) for new, old in zip(new_states, states))
            for new, old in zip(new_states, states):
                new.set_shape(old.shape)
            arrays = tuple(array.write(time + 1, new) for array, new in zip(arrays, new_states))
            return time + 1, new_states, arrays

        loop = (tf.constant(0), operands.states, arrays)
        _, _, arrays = tf.while_loop(lambda time, *_: time < length, body, loop, maximum_iterations=length)
        return [array.stack() for array in arrays]

    def _backward(self, operands, sequences, upstream):
        """Gradients for all operands, given those for what the scan returned."""
        length = tf.shape(operands.projected)[0]
        upstream = list(upstream)
        d_outputs = upstream.pop(0) if self.keep_sequence else None  # (T, B, U)
        previous = [sequence[:-1] for sequence in sequences]  # each (T, B, width)
        hidden = self._dropped(previous[0])
        recurrent = self._all_recurrent(hidden, operands)  # (T, B, G)
        count = 1 if self._adds_the_products(operands) else 2
        shape = operands.projected.shape[1:]
        arrays = tuple(tf.TensorArray(recurrent.dtype, size=length, element_shape=shape) for _ in range(count))

        def body(time, d_states, d_weights, arrays):
            if d_outputs is not None:
                d_states = (d_states[0] + d_outputs[time], *d_states[1:])
            states = tuple(sequence[time] for sequence in previous)
            at_time = Operands(operands.projected[time], recurrent[time], None, states, operands.weights)
            d_at_time, d_carried = self._step_gradient(time, at_time, d_states)
            d_hidden = self._dropped(tf.matmul(d_at_time.kernel, operands.kernel, transpose_b=True))
            d_previous = [d_at_time.states[0] + d_hidden, *d_at_time.states[1:]]
            if d_carried is not None:
                d_previous = [new + carried for new, carried in zip(d_previous, d_carried)]
            for new, old in zip(d_previous, d_states):
                new.set_shape(old.shape)
            d_weights = tuple(total + new for total, new in zip(d_weights, d_at_time.weights))
            d_products = (d_at_time.projected, d_at_time.kernel)[:count]
            arrays = tuple(array.write(time, new) for array, new in zip(arrays, d_products))
            return time - 1, tuple(d_previous), d_weights, arrays

        loop = (length - 1, tuple(upstream), tuple(tf.zeros_like(weight) for weight in operands.weights), arrays)
        _, d_states, d_weights, arrays = tf.while_loop(
            lambda time, *_: time >= 0, body, loop, maximum_iterations=length
        )
        d_projected, *others = (array.stack() for array in arrays)
        d_recurrent = others[0] if others else d_projected
        d_kernel = tf.matmul(_rows(hidden), _rows(d_recurrent), transpose_a=True)  # (U, T * B) (T * B, G)
        d_bias = None if operands.bias is None else tf.reduce_sum(d_recurrent, axis=(0, 1))
        return Operands(d_projected, d_kernel, d_bias, d_states, d_weights)

    def _step_gradient(self, time, operands, d_states):
        """The step's vector-Jacobian product, and what masked rows hand on unchanged (`None` without a mask).

        `operands` holds one step: projected (B, G) and, in place of the kernel, the recurrent product (B, G).
        """
        d_carried = None
        if self.mask is not None:
            zero = tf.zeros((), d_states[0].dtype)
            d_carried = [tf.where(self.mask[time], zero, d_state) for d_state in d_states]
            d_states = [tf.where(self.mask[time], d_state, zero) for d_state in d_states]
        return self._vector_jacobian(operands, d_states), d_carried

    def _vector_jacobian(self, operands, d_states):
        flat = operands.flat()
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(flat)
            new_states = run_step(self.cell, operands.projected, operands.kernel, operands.states, operands.weights)
        gradients = tape.gradient(
            new_states, flat, output_gradients=tuple(d_states), unconnected_gradients=tf.UnconnectedGradients.ZERO
        )
        return operands.like(gradients)

    def _adds_the_products(self, operands):
        """Whether the step only ever adds its two products, so that one array serves for both their gradients.

        It does if, traced with static shapes, differentiation gives both the very same tensor.
        """
        if tf.executing_eagerly():
            return False  # A trace costs more than it saves.
        same = []

        def probe():
            product = tf.zeros((2, operands.kernel.shape[-1]), operands.kernel.dtype)
            states = tuple(tf.zeros((2, state.shape[-1]), state.dtype) for state in operands.states)
            weights = tuple(tf.zeros(weight.shape, weight.dtype) for weight in operands.weights)
            gradients = self._vector_jacobian(Operands(product, tf.identity(product), None, states, weights), states)
            same.append(gradients.projected is gradients.kernel)

        tf.function(probe, autograph=False).get_concrete_function()
        return same[-1]

    def _dropped(self, hidden):
        return hidden if self.hidden_mask is None else hidden * self.hidden_mask

    def _recurrent(self, hidden, operands):
        """h U + bias of one step: (B, U) to (B, G)."""
        product = tf.matmul(self._dropped(hidden), operands.kernel)
        return product if operands.bias is None else product + operands.bias

    def _all_recurrent(self, hidden, operands):
        """h U + bias of all steps in one matmul: (T, B, U) to (T, B, G)."""
        product = tf.matmul(_rows(hidden), operands.kernel)  # (T * B, G)
        product = product if operands.bias is None else product + operands.bias
        return tf.reshape(product, tf.shape(operands.projected))


def _rows(tensor):
    """(T, B, width) to (T * B, width)."""
    return tf.reshape(tensor, (-1, tensor.shape[-1]))


def _with_batch_of(projected, state):
    """`state` with the static batch size that it shares with `projected`, where either knows it."""
    batch = projected.shape[1] if state.shape[0] is None else state.shape[0]
    return tf.ensure_shape(state, (batch, *state.shape[1:]))
