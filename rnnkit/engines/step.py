"""One step of a cell as the engines take it: with zoneout, masks and its vector-Jacobian product."""

import tensorflow as tf

from rnnkit.cells.contract import run_step
from rnnkit.cells.precision import at_least_float32
from rnnkit.cells.zoneout import zoned_out


class Step:
    """The step of a cell over time.

    Args:
        cell: `FusedCell`.

    Attributes:
        adds: whether the step reads nothing but the sum of its two products.
    """

    def __init__(self, cell):
        self.cell = cell
        self.adds = False
        self.adds = self._adds_the_products()

    def __call__(self, time, read, states, weights, flags):
        """The states after the step at `time`.

        Args:
            time: Integer tensor.
            read: Tuple of tensors (B, G): the projection and the recurrent product, or their sum where `adds`.
            states: Tuple of tensors (B, width).
            weights: Tensors, what `cell.step_weights` read as.
            flags: `rnnkit.engines.operands.Flags`.
        """
        products = (read[0], tf.zeros((1, read[0].shape[-1]), read[0].dtype)) if self.adds else read
        new_states = run_step(self.cell, *products, states, weights)
        if any(self.cell.zoneout_rates):
            kept = flags.kept and [stays if stays is None else stays[time] for stays in flags.kept]
            new_states = zoned_out(self.cell.zoneout_rates, kept, new_states, states)
        if flags.mask is not None:
            new_states = tuple(tf.where(flags.mask[time], new, old) for new, old in zip(new_states, states))
        for new, old in zip(new_states, states):
            new.set_shape(old.shape)
        return new_states

    def gradient(self, time, read, states, weights, flags, d_states):
        """The vector-Jacobian product: gradients for `read`, `states` and `weights`, given those for the new states."""
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch((read, states, weights))
            new_states = self(time, read, states, weights, flags)
        return tape.gradient(
            new_states,
            (read, states, weights),
            output_gradients=tuple(d_states),
            unconnected_gradients=tf.UnconnectedGradients.ZERO,
        )

    def _adds_the_products(self):
        """Whether the step only ever adds its two products, so that their sum and one gradient serve for both.

        It does if, traced with static shapes, differentiation gives both the very same tensor.
        """
        if tf.executing_eagerly():
            return False  # A trace costs more than it saves.
        same = []
        dtype = at_least_float32(self.cell.compute_dtype)
        sizes = self.cell.state_size if isinstance(self.cell.state_size, (list, tuple)) else [self.cell.state_size]

        def probe():
            products = [tf.zeros((2, self.cell.gates * self.cell.units), dtype) for _ in range(2)]
            states = tuple(tf.zeros((2, size), dtype) for size in sizes)
            weights = tuple(tf.zeros(weight.shape, dtype) for weight in self.cell.step_weights)
            with tf.GradientTape(watch_accessed_variables=False) as tape:
                tape.watch(products)
                new_states = run_step(self.cell, *products, states, weights)
            first, second = tape.gradient(new_states, products)
            same.append(first is second)

        tf.function(probe, autograph=False).get_concrete_function()
        return same[-1]
