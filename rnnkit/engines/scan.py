"""The recurrence of the fused engine with its hand-made gradient.

The gradients of the recurrent kernel and bias are one large operation each, after the backward loop. Nothing but the
states and the recurrent products is stored, and in inference not even those: should a gradient be asked for then, the
forward loop runs again.

Shapes in this file: T time, B batch, U units, G = gates * units. Everything is time-major.
"""

import tensorflow as tf

from rnnkit.cells.precision import at_least_float32
from rnnkit.engines.compiled import compiled
from rnnkit.engines.gradients import custom_gradient
from rnnkit.engines.half import HalfLoops
from rnnkit.engines.loops import EVERYTHING, NOTHING, OUTPUTS, Loops, dropped, is_small
from rnnkit.engines.operands import Operands
from rnnkit.engines.step import Step


class Scan:
    """The recurrence of a cell. One object serves the parts of a batch, so that XLA compiles once for all of one size.

    Args:
        cell: `FusedCell`.
        keep_sequence: Boolean, whether the outputs of all steps are returned.
        training: Boolean, whether a gradient will be asked for, so that the forward loop stores what that needs.
        compile_loops: Boolean, whether XLA compiles the loops.
        compile_steps: Boolean, whether it compiles all of a turn but the matmul, unless the layer is small.
    """

    def __init__(self, cell, *, keep_sequence, training, compile_loops, compile_steps):
        self.cell = cell
        self.step = Step(cell)
        self.loops = Loops(self.step)
        self.half_loops = HalfLoops(self.step) if compile_steps else None
        self.keep_sequence = keep_sequence
        self.training = training
        self.compile_loops = compile_loops
        self.kernels = {}

    def __call__(self, projected, initial_states, flags):
        """Maps (T, B, G), the initial states and `Flags` to the outputs, (T, B, U) or `None`, and the final states."""
        dtype = projected.dtype
        state_dtype = at_least_float32(dtype.name)
        bias = self.cell.recurrent_bias
        operands = Operands(
            projected,
            tf.cast(self.cell.recurrent_kernel, dtype),
            None if bias is None else tf.cast(bias, dtype),
            tuple(_with_batch_of(projected, tf.cast(state, state_dtype)) for state in initial_states),
            tuple(tf.convert_to_tensor(tensor) for tensor in self.cell.step_tensors()),
        )

        @custom_gradient
        def scan(*flat):
            inner = operands.like(flat)
            light = OUTPUTS if self.keep_sequence else NOTHING
            finals, sequences, _ = results = self._forward(inner, flags, EVERYTHING if self.training else light)
            outputs = [sequences[0][1:]] if self.keep_sequence else []

            def gradient(*upstream):
                stored = results if self.training else self._forward(inner, flags, EVERYTHING)
                return self._backward(inner, flags, stored, upstream).flat()

            return [*outputs, *finals], gradient

        results = scan(*operands.flat())
        return (results[0], results[1:]) if self.keep_sequence else (None, results)

    def _loops(self, small):
        """What runs the loops; starting a function of XLA at every turn of a small layer takes longer than it saves."""
        return self.loops if small or self.half_loops is None else self.half_loops

    def _kernel(self, name, function):
        """The function that runs `function`, made once for all that has the same name."""
        if name not in self.kernels:
            self.kernels[name] = compiled(function) if self.compile_loops else function
        return self.kernels[name]

    def _forward(self, operands, flags, keep):
        """Final states, then, each a list, what `Loops.forward` keeps of the states and of the recurrent products."""
        count, split = len(operands.states), len(operands.flat())

        def forward(*flat):
            return self._loops(small).forward(operands.like(flat[:split]), flags.like(flat[split:]), keep, small)

        small = is_small(operands.projected)
        results = self._kernel((keep, small), forward)(*operands.flat(), *flags.flat())
        return results[:count], results[count:][:count], results[2 * count :]

    def _backward(self, operands, flags, stored, upstream):
        """Gradients for all operands, given what `EVERYTHING` stored and those for what the scan returned."""
        _, sequences, (reads,) = stored
        small = is_small(operands.projected)
        upstream = list(upstream)
        d_outputs = (upstream.pop(0),) if self.keep_sequence else ()
        count, owned = len(operands.states), len(operands.weights)
        previous = [sequence[:-1] for sequence in sequences]
        loops = self._loops(small)
        projected = () if self.step.adds and loops is self.loops else (operands.projected,)
        bias = () if operands.bias is None else (operands.bias,)
        groups = [(operands.kernel,), bias, operands.weights, projected, previous, (reads,), d_outputs, upstream]

        def backward(*flat):
            flat = iter(flat)
            parts = [tuple(next(flat) for _ in group) for group in groups]
            (kernel,), bias, weights, inputs, sequences, (reads,), d_outputs, d_states = parts
            inner = Operands(*(inputs or [None]), kernel, *(bias or [None]), None, weights)
            d_outputs = d_outputs[0] if d_outputs else None
            return loops.backward(inner, flags.like(flat), sequences, reads, d_outputs, d_states, small)

        flat = [tensor for group in groups for tensor in group]
        results = self._kernel(("backward", small), backward)(*flat, *flags.flat())
        d_states, d_weights, d_products = results[:count], results[count : count + owned], results[count + owned :]
        d_recurrent = d_products[-1]  # (T, B, G)
        hidden = tf.cast(dropped(previous[0], flags), d_recurrent.dtype)
        d_kernel = tf.matmul(_rows(hidden), _rows(d_recurrent), transpose_a=True)  # (U, T * B) (T * B, G)
        d_bias = None if operands.bias is None else _sum_of_rows(d_recurrent)
        return Operands(d_products[0], d_kernel, d_bias, tuple(d_states), tuple(d_weights))


def _rows(tensor):
    """(T, B, width) to (T * B, width)."""
    return tf.reshape(tensor, (-1, tensor.shape[-1]))


def _sum_of_rows(tensor):
    """(T, B, width) to (width,), summed in at least float32."""
    wide = tf.cast(tensor, at_least_float32(tensor.dtype.name))
    return tf.cast(tf.reduce_sum(wide, axis=(0, 1)), tensor.dtype)


def _with_batch_of(projected, state):
    """`state` with the static batch size that it shares with `projected`, where either knows it."""
    batch = projected.shape[1] if state.shape[0] is None else state.shape[0]
    return state if batch == state.shape[0] else tf.ensure_shape(state, (batch, *state.shape[1:]))
