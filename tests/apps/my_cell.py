"""A user's own cell, complete."""

import keras

from rnnkit.cells import FusedCell


class MyCell(FusedCell):
    """An old state and a new one, mixed by a gate."""

    gates = 2

    def step(self, projected, recurrent, states):
        gate, candidate = keras.ops.split(projected + recurrent, 2, axis=-1)
        gate = keras.ops.sigmoid(gate)
        return (gate * states[0] + (1 - gate) * keras.ops.tanh(candidate),)


class BrokenCell(FusedCell):
    """Breaks the contract: returns no tuple."""

    def step(self, projected, recurrent, states):
        return keras.ops.tanh(projected + recurrent)
