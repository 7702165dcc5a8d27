"""The tensors that a recurrence works on, as structures that can be laid flat."""

from dataclasses import dataclass

import tensorflow as tf


@dataclass(frozen=True)
class Operands:
    """Every tensor that a gradient is computed for. T time, B batch, U units, G = gates * units."""

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


@dataclass(frozen=True)
class Flags:
    """Every tensor that says where steps count and what is dropped. T time, B batch, U units."""

    mask: tf.Tensor | None = None  # booleans (T, B, 1), where false the states are carried on
    kept: tuple | None = None  # of booleans (T, B, width) or None, where zoneout keeps the old state
    dropped: tf.Tensor | None = None  # (B, U), what multiplies the previous output before the recurrent matmul

    def flat(self):
        return tuple(tensor for tensor in self._leaves() if tensor is not None)

    def like(self, flat):
        """The same structure over other tensors."""
        flat = iter(flat)
        mask, dropped, *kept = (None if tensor is None else next(flat) for tensor in self._leaves())
        return Flags(mask, None if self.kept is None else tuple(kept), dropped)

    def at(self, time):
        """Those of one step alone, as its step 0."""

        def one(tensor):
            return None if tensor is None else tensor[time][None]

        return Flags(one(self.mask), self.kept and tuple(one(stays) for stays in self.kept), self.dropped)

    def _leaves(self):
        return (self.mask, self.dropped, *(self.kept or ()))
