"""Cells as a user would write them."""

import keras
from keras import ops

from rnnkit.cells import FusedCell, LinearCell


@keras.saving.register_keras_serializable(package="tests")
class UpdateGateCell(FusedCell):
    """One state, two gates, nothing of its own."""

    gates = 2

    def step(self, projected, recurrent, states):
        (previous,) = states
        gate, candidate = ops.split(projected + recurrent, 2, axis=-1)
        gate = ops.sigmoid(gate)
        return (gate * previous + (1 - gate) * self.activation(candidate),)


@keras.saving.register_keras_serializable(package="tests")
class NormalizedCell(FusedCell):
    """A second, wider state, a reduction over units, weights of its own and a sublayer."""

    def __init__(self, units, **kwargs):
        super().__init__(units, **kwargs)
        self.normalization = keras.layers.LayerNormalization(dtype=self.variable_dtype)

    @property
    def state_size(self):
        return [self.units, 2 * self.units]

    def build(self, input_shape):
        super().build(input_shape)
        self.normalization.build((None, self.units))
        self.gain = self.add_weight(shape=(2 * self.units,), name="gain", initializer="ones")

    def step(self, projected, recurrent, states):
        _, trace = states
        hidden = self.activation(self.normalization(projected + recurrent))
        trace = 0.5 * trace + self.gain * ops.concatenate([hidden, -hidden], axis=-1)
        return hidden + trace[:, : self.units], trace


@keras.saving.register_keras_serializable(package="tests")
class AttentiveCell(keras.layers.Layer):
    """A foreign cell for the general engine: two matmuls in a step, no base class of ours."""

    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = self.state_size = self.output_size = units

    def build(self, input_shape):
        self.kernel = self.add_weight(shape=(input_shape[-1] + self.units, self.units), name="kernel")
        self.query = self.add_weight(shape=(self.units, self.units), name="query")

    def call(self, inputs, states):
        context = ops.softmax(ops.matmul(states[0], self.query)) * states[0]
        output = ops.tanh(ops.matmul(ops.concatenate([inputs, context], axis=-1), self.kernel))
        return output, [output]

    def get_config(self):
        return {**super().get_config(), "units": self.units}


@keras.saving.register_keras_serializable(package="tests")
class ForgetGateCell(LinearCell):
    """Linear in its state: a gate for what stays, and a value."""

    gates = 2

    def coefficients(self, projected):
        forget, value = ops.split(projected, 2, axis=-1)
        return ops.sigmoid(forget), self.activation(value)
