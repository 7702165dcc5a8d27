"""The layers of every cell that is measured: ours, and the one that a user of Keras has in its place."""

from collections.abc import Callable
from dataclasses import dataclass

import keras
from keras import ops

from rnnkit import layers
from rnnkit.cells import activate_blocks

# Names of our layers' arguments, as far as not every version has them.
RECOMPUTE = {"recompute": True}
NORMALISED = {"layer_normalization": True}


@dataclass(frozen=True)
class Pair:
    """Two makers of a layer, `(units, **options) -> layer`, for the same work with the same weights."""

    ours: Callable
    keras: Callable


@keras.saving.register_keras_serializable(package="benchmarks")
class UpdateGateCell(layers.FusedCell):
    """A cell as a user writes one: a leak that the input controls.

    z_t = sigmoid(x_t W_z + h_{t-1} U_z + b_z)
    h_t = z_t * h_{t-1} + (1 - z_t) * tanh(x_t W_h + h_{t-1} U_h + b_h)
    """

    gates = 2

    def step(self, projected, recurrent, states):
        (previous,) = states
        gate, candidate = ops.split(projected + recurrent, 2, axis=-1)
        gate = ops.sigmoid(gate)
        return (gate * previous + (1 - gate) * self.activation(candidate),)


@keras.saving.register_keras_serializable(package="benchmarks")
class OwnLSTMCell(layers.FusedCell):
    """The LSTM's arithmetic, written by a user: what it costs to have no name in the library."""

    gates = 4
    states = 2

    def step(self, projected, recurrent, states):
        _, memory = states
        functions = [ops.sigmoid, ops.sigmoid, ops.tanh, ops.sigmoid]
        i, f, g, o = activate_blocks(projected + recurrent, functions)
        memory = f * memory + i * g
        return o * ops.tanh(memory), memory


class KerasCell(keras.layers.Layer):
    """A cell as a user of Keras writes one, for `keras.layers.RNN`; a subclass gives `gates` and `update`.

    `update(products, previous)` maps x W + h U + b (batch, gates * units) and the state to the new state.
    """

    gates = 1

    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.state_size = units

    def build(self, input_shape):
        width = self.gates * self.units
        self.kernel = self.add_weight(shape=(input_shape[-1], width), name="kernel")
        self.recurrent_kernel = self.add_weight(shape=(self.units, width), name="recurrent_kernel")
        self.bias = self.add_weight(shape=(width,), name="bias", initializer="zeros")

    def call(self, inputs, states):
        (previous,) = states
        products = ops.matmul(inputs, self.kernel) + ops.matmul(previous, self.recurrent_kernel) + self.bias
        output = self.update(products, previous)
        return output, [output]

    def get_config(self):
        return {**super().get_config(), "units": self.units}


@keras.saving.register_keras_serializable(package="benchmarks")
class KerasLeakyCell(KerasCell):
    """Leaky units with alpha = 0.5."""

    def update(self, products, previous):
        return 0.5 * previous + 0.5 * ops.tanh(products)


@keras.saving.register_keras_serializable(package="benchmarks")
class KerasUpdateGateCell(KerasCell):
    """What `UpdateGateCell` computes."""

    gates = 2

    def update(self, products, previous):
        gate, candidate = ops.split(products, 2, axis=-1)
        gate = ops.sigmoid(gate)
        return gate * previous + (1 - gate) * ops.tanh(candidate)


def _over_time(cell_class, runner, **cell_options):
    """A maker of `runner(cell, **options)`."""

    def make(units, **options):
        return runner(cell_class(units, **cell_options), **options)

    return make


def _with(layer_class, **fixed):
    """A maker of `layer_class` with some options fixed."""

    def make(units, **options):
        return layer_class(units, **fixed, **options)

    return make


CELLS = {
    "SimpleRNN": Pair(layers.SimpleRNN, keras.layers.SimpleRNN),
    "LeakyRNN": Pair(layers.LeakyRNN, _over_time(KerasLeakyCell, keras.layers.RNN)),
    "GRU": Pair(layers.GRU, keras.layers.GRU),
    "LSTM": Pair(layers.LSTM, keras.layers.LSTM),
    "own cell": Pair(_over_time(UpdateGateCell, layers.RNN), _over_time(KerasUpdateGateCell, keras.layers.RNN)),
    "peephole LSTM": Pair(
        _with(layers.LSTM, peepholes=True), _over_time(layers.LSTMCell, keras.layers.RNN, peepholes=True)
    ),
    "normalised LSTM": Pair(
        _with(layers.LSTM, **NORMALISED), _over_time(layers.LSTMCell, keras.layers.RNN, **NORMALISED)
    ),
}


def layer_of(pair_side, wrapper, case, **options):
    """The layer of a case, in both directions where the case says so.

    Args:
        pair_side: Maker, one side of a `Pair`.
        wrapper: `Bidirectional` of the same library.
        case: `Case`.
        options: For the maker.
    """
    layer = pair_side(case.shape.units, **options)
    return wrapper(layer) if case.bidirectional else layer
