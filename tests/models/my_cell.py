"""Cells as a user writes them: named in configurations, and not registered anywhere."""

import keras

from rnnkit.cells import FusedCell
from rnnkit.layers import LSTM

NUMBER = 3


class MyCell(FusedCell):
    """A gate between the old state and a new one; `sharpness` is an option of its own."""

    gates = 2

    def __init__(self, units, *, sharpness=1.0, **kwargs):
        super().__init__(units, **kwargs)
        self.sharpness = sharpness

    def step(self, projected, recurrent, states):
        (previous,) = states
        gate, candidate = keras.ops.split(projected + recurrent, 2, axis=-1)
        gate = keras.ops.sigmoid(self.sharpness * gate)
        return (gate * previous + (1 - gate) * keras.ops.tanh(candidate),)

    def get_config(self):
        return {**super().get_config(), "sharpness": self.sharpness}


class PlainCell(keras.layers.Layer):
    """Any Keras cell, without a recurrent dropout."""

    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = self.state_size = units

    def build(self, input_shape):
        self.kernel = self.add_weight(shape=(input_shape[-1] + self.units, self.units), initializer="orthogonal")

    def call(self, inputs, states):
        state = keras.ops.tanh(keras.ops.concatenate([inputs, states[0]], axis=-1) @ self.kernel)
        return state, [state]


class NoStateCell(keras.layers.Layer):
    """Not a cell: it never says how wide its state is."""

    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)

    def call(self, inputs, states):
        return inputs, states


class BrokenCell(FusedCell):
    """Breaks the contract: the new state is too wide."""

    def step(self, projected, recurrent, states):
        return (keras.ops.concatenate([projected, recurrent], axis=-1),)


class OverTime(LSTM):
    """Not a cell but a layer."""


class MistakenCell(FusedCell):
    """Its step has a bug of the user's."""

    def step(self, projected, recurrent, states):
        return (kears.ops.tanh(projected + recurrent),)  # noqa: F821
