"""The long short-term memory, with or without peepholes."""

import math
import numbers

import keras
from keras import ops

from rnnkit.cells import activations, arguments
from rnnkit.cells.base import FusedCell
from rnnkit.cells.normalization import NormalizableCell, normalize


@keras.saving.register_keras_serializable(package="rnnkit")
class LSTMCell(NormalizableCell):
    """One step of a long short-term memory.

    With sigma = recurrent_activation and the peepholes p only where `peepholes=True`,

        i_t = sigma(x_t W_i + h_{t-1} U_i + b_i + p_i * c_{t-1})
        f_t = sigma(x_t W_f + h_{t-1} U_f + b_f + p_f * c_{t-1})
        g_t = activation(x_t W_g + h_{t-1} U_g + b_g)
        c_t = f_t * c_{t-1} + i_t * g_t
        o_t = sigma(x_t W_o + h_{t-1} U_o + b_o + p_o * c_t)
        h_t = o_t * activation(c_t)

    With `layer_normalization=True`, LN as in `rnnkit.cells.normalization.normalize`, the pre-activations of all gates
    are LN(x_t W; gain) + LN(h_{t-1} U; gain) + b, each LN with one mean and variance over the 4 * units columns of all
    gates together, as in the paper; many libraries take every gate for itself. And

        h_t = o_t * activation(LN(c_t; gain, memory_bias))

    The peepholes are not normalized: they see c and come to the pre-activations after LN.

    Four gates in the order i, f, g, o; two states in the order h, c. Weights as in `keras.layers.LSTMCell`: `kernel` W
    (features, 4 * units), `recurrent_kernel` U (units, 4 * units), `bias` b (4 * units,), then `peephole` (3, units)
    with rows p_i, p_f, p_o, which starts at zero. With layer normalization there follow `input_gain` and
    `recurrent_gain` (4 * units,) and `memory_gain` (units,), which start at one, and `memory_bias` (units,), from zero,
    unless `use_bias=False`.

    Dropout, in training: one mask of x_t and one of h_{t-1} for a sequence, each the same for every gate, which is
    the tied weights of Gal and Ghahramani, 2016, arXiv 1512.05287. With `recurrent_dropout`, Keras's LSTM draws a mask
    for every gate (their untied weights), so that the same seed gives other numbers there.

    Args:
        units: Positive integer, width of both states and of the output.
        activation: Function or name for g and the output. Default `"tanh"`.
        recurrent_activation: Function or name for the gates i, f, o. Default `"sigmoid"`.
        use_bias, kernel_initializer, recurrent_initializer, bias_initializer: As in `rnnkit.cells.FusedCell`.
        unit_forget_bias: Keras's way to say it: `True` is `forget_bias=1.0`, `False` leaves b_f to `bias_initializer`,
            which is 0.0 by default. Default `None`: as `forget_bias` says.
        kernel_regularizer, ..., recurrent_dropout, seed: As in `rnnkit.cells.FusedCell`.
        implementation: 0, 1 or 2, accepted as in Keras and kept; has no effect. Default 2.
        forget_bias: Number, initial value of b_f. Default `None`: 1.0, unless `unit_forget_bias=False`.
        peepholes: Boolean, whether the gates see the memory c. Default `False`.
        layer_normalization: Boolean, whether both products and the shown memory are normalized. Default `False`.

    Call arguments and returns: as in `rnnkit.cells.FusedCell`; two states (batch, units).

    Raises:
        ValueError: `forget_bias` and `unit_forget_bias` contradict each other, or an argument is out of its range.

    Example:

    ```python
    import keras
    from rnnkit.cells import LSTMCell

    cell = LSTMCell(4, peepholes=True)
    output, states = cell(keras.ops.ones((2, 3)), cell.get_initial_state(batch_size=2))  # (2, 4), [(2, 4), (2, 4)]
    ```

    Source: Hochreiter and Schmidhuber, 1997, with the forget gate of Gers, Schmidhuber and Cummins, 2000; peepholes of
    Gers and Schmidhuber, 2000, in the form of Graves, 2013, arXiv 1308.0850, equations 7 to 11; the forget bias of
    Jozefowicz, Zaremba and Sutskever, 2015. Layer normalization: Ba, Kiros and Hinton, 2016, arXiv 1607.06450,
    supplementary material; of the shifts there, b stands for those of the two products, to which they add up.
    """

    gates = 4
    states = 2

    def __init__(
        self,
        units,
        activation="tanh",
        recurrent_activation="sigmoid",
        use_bias=True,
        kernel_initializer="glorot_uniform",
        recurrent_initializer="orthogonal",
        bias_initializer="zeros",
        unit_forget_bias=None,
        kernel_regularizer=None,
        recurrent_regularizer=None,
        bias_regularizer=None,
        kernel_constraint=None,
        recurrent_constraint=None,
        bias_constraint=None,
        dropout=0.0,
        recurrent_dropout=0.0,
        seed=None,
        implementation=2,
        forget_bias=None,
        peepholes=False,
        layer_normalization=False,
        **kwargs,
    ):
        handed_on = arguments.constructor_arguments(locals(), taken_by=FusedCell)
        super().__init__(**handed_on, layer_normalization=layer_normalization)
        self.recurrent_activation = keras.activations.get(recurrent_activation)
        self.implementation = arguments.choice("LSTM", "implementation", implementation, (0, 1, 2))
        self.unit_forget_bias, self.forget_bias = _forget_bias(unit_forget_bias, forget_bias)
        self.peepholes = peepholes

    def build(self, input_shape):
        super().build(input_shape)
        if self.peepholes:
            self.peephole = self.add_weight(shape=(3, self.units), name="peephole", initializer="zeros")
        if self.layer_normalization:
            self.add_gains_of_products()
            self.memory_gain = self.add_gain("memory_gain", self.units)
            self.memory_bias = self.add_gain("memory_bias", self.units, "zeros") if self.use_bias else None

    def initial_bias(self, shape, dtype=None):
        if self.forget_bias is None:
            return self.bias_initializer(shape, dtype=dtype)
        units = self.units
        forget = ops.full((units,), self.forget_bias, dtype=dtype)
        before, after = (self.bias_initializer((width,), dtype=dtype) for width in (units, 2 * units))
        return ops.concatenate([before, forget, after])

    def step(self, projected, recurrent, states):
        _, memory = states
        if self.layer_normalization:
            recurrent = self.normalized(recurrent, self.recurrent_gain, None)
        i, f, g, o = self._gates(projected + recurrent, memory)
        memory = f * memory + i * g
        if self.peepholes:
            o = self.recurrent_activation(o + ops.convert_to_tensor(self.peephole)[2] * memory)
        shown = normalize(memory, self.memory_gain, self.memory_bias) if self.layer_normalization else memory
        return o * self.activation(shown), memory

    def _gates(self, z, memory):
        """i, f, g and o of the pre-activations z (batch, 4 * units); with peepholes o before its activation."""
        gate, value = self.recurrent_activation, self.activation
        if not self.peepholes:
            return activations.activate_blocks(z, [gate, gate, value, gate])
        z_i, z_f, z_g, z_o = ops.split(z, 4, axis=-1)
        peephole = ops.convert_to_tensor(self.peephole)
        return gate(z_i + peephole[0] * memory), gate(z_f + peephole[1] * memory), value(z_g), z_o

    def get_config(self):
        config = {
            "recurrent_activation": keras.activations.serialize(self.recurrent_activation),
            "unit_forget_bias": self.unit_forget_bias,
            "implementation": self.implementation,
            "forget_bias": self.forget_bias,
            "peepholes": self.peepholes,
        }
        return {**super().get_config(), **config}


def _forget_bias(unit_forget_bias, forget_bias):
    """Returns the two arguments in agreement, or raises a ValueError."""
    if forget_bias is None:
        unit_forget_bias = True if unit_forget_bias is None else bool(unit_forget_bias)
        return unit_forget_bias, 1.0 if unit_forget_bias else None
    if isinstance(forget_bias, bool) or not isinstance(forget_bias, numbers.Real) or not math.isfinite(forget_bias):
        raise ValueError(f"LSTM: argument `forget_bias` must be a finite number. Received: forget_bias={forget_bias!r}")
    if unit_forget_bias is not None and forget_bias != float(bool(unit_forget_bias)):
        raise ValueError(
            f"LSTM: arguments contradict each other: unit_forget_bias={unit_forget_bias} means forget_bias="
            f"{float(bool(unit_forget_bias))}. Received: forget_bias={forget_bias!r}. Give only one of them."
        )
    return unit_forget_bias, float(forget_bias)
