"""The gated recurrent unit, in both of its forms."""

import keras
from keras import ops

from rnnkit.cells import arguments
from rnnkit.cells.base import FusedCell
from rnnkit.cells.normalization import NormalizableCell, normalize


@keras.saving.register_keras_serializable(package="rnnkit")
class GRUCell(NormalizableCell):
    """One step of a gated recurrent unit.

    With `reset_after=True`, the form of cuDNN, which the fused engine runs,

        z_t = recurrent_activation(x_t W_z + b_z + h_{t-1} U_z + c_z)
        r_t = recurrent_activation(x_t W_r + b_r + h_{t-1} U_r + c_r)
        g_t = activation(x_t W_h + b_h + r_t * (h_{t-1} U_h + c_h))
        h_t = z_t * h_{t-1} + (1 - z_t) * g_t

    and with `reset_after=False`, the original form, which takes a second matmul in the step and so the general engine,
    g_t = activation(x_t W_h + b_h + (r_t * h_{t-1}) U_h), without c.

    With `layer_normalization=True`, LN as in `rnnkit.cells.normalization.normalize`, in both forms, every product above
    is normalized with a gain of its own, and the biases are the shifts: those of z and r with one mean and variance
    over the 2 * units columns of both, those of g over its units columns. With `reset_after=True`

        (z_t, r_t) = recurrent_activation(LN(x_t (W_z, W_r); gain, b) + LN(h_{t-1} (U_z, U_r); gain, c))
        g_t = activation(LN(x_t W_h; gain, b_h) + r_t * LN(h_{t-1} U_h; gain, c_h))

    and with `reset_after=False`, g_t = activation(LN(x_t W_h; gain, b_h) + LN((r_t * h_{t-1}) U_h; gain)), without c.

    Three gates in the order z, r, h; one state. Weights as in `keras.layers.GRUCell`: `kernel` W (features, 3 * units),
    `recurrent_kernel` U (units, 3 * units), `bias` (2, 3 * units) with rows b and c, or b (3 * units,) where
    `reset_after=False`; then, with layer normalization, `input_gain` and `recurrent_gain` (3 * units,), which start at
    one.

    Dropout, in training: one mask of x_t and one of h_{t-1} for a sequence, each the same for every gate, which is
    the tied weights of Gal and Ghahramani, 2016, arXiv 1512.05287. With `recurrent_dropout`, Keras's GRU draws a mask
    for every gate (their untied weights), so that the same seed gives other numbers there.

    Args:
        units: Positive integer, width of state and output.
        activation: Function or name for g. Default `"tanh"`.
        recurrent_activation: Function or name for the gates. Default `"sigmoid"`.
        use_bias, ..., recurrent_dropout: As in `rnnkit.cells.FusedCell`.
        reset_after: Boolean, which of the two forms. Default `True`.
        seed: As in `rnnkit.cells.FusedCell`.
        implementation: 0, 1 or 2, accepted as in Keras and kept; has no effect. Default 2.
        layer_normalization: Boolean, whether the products are normalized. Default `False`.

    Call arguments and returns: as in `rnnkit.cells.FusedCell`; one state (batch, units).

    Example:

    ```python
    import keras
    from rnnkit.cells import GRUCell

    output, states = GRUCell(4)(keras.ops.ones((2, 3)), [keras.ops.zeros((2, 4))])  # (2, 4), [(2, 4)]
    ```

    Source: Cho et al., 2014, arXiv 1406.1078, equations 5 to 8 (v3 for `reset_after=False`); z and 1 - z exchanged.
    Layer normalization: Ba, Kiros and Hinton, 2016, arXiv 1607.06450, supplementary material, the unit of "order
    embeddings and skip-thoughts", whose form is that of `reset_after=True`; z and 1 - z exchanged there too.
    """

    gates = 3

    def __init__(
        self,
        units,
        activation="tanh",
        recurrent_activation="sigmoid",
        use_bias=True,
        kernel_initializer="glorot_uniform",
        recurrent_initializer="orthogonal",
        bias_initializer="zeros",
        kernel_regularizer=None,
        recurrent_regularizer=None,
        bias_regularizer=None,
        kernel_constraint=None,
        recurrent_constraint=None,
        bias_constraint=None,
        dropout=0.0,
        recurrent_dropout=0.0,
        reset_after=True,
        seed=None,
        implementation=2,
        layer_normalization=False,
        **kwargs,
    ):
        handed_on = arguments.constructor_arguments(locals(), taken_by=FusedCell)
        super().__init__(**handed_on, layer_normalization=layer_normalization)
        self.recurrent_activation = keras.activations.get(recurrent_activation)
        self.reset_after = reset_after
        self.implementation = arguments.choice("GRU", "implementation", implementation, (0, 1, 2))

    @property
    def not_fused_because(self):
        return None if self.reset_after else "with reset_after=False its step has a second matmul, (r * h) U_h"

    @property
    def bias_shape(self):
        return (2, 3 * self.units) if self.reset_after else (3 * self.units,)

    @property
    def recurrent_bias(self):
        in_engine = self.reset_after and not self.layer_normalization
        return self.bias[1] if in_engine and self.bias is not None else None

    @property
    def input_bias(self):
        return self.bias[0] if self.reset_after and self.bias is not None else self.bias

    @property
    def bias_in_step(self):
        return self.layer_normalization and self.reset_after

    def build(self, input_shape):
        super().build(input_shape)
        if self.layer_normalization:
            self.add_gains_of_products()

    def normalized(self, products, gain, shift):
        split = 2 * self.units
        parts = [
            normalize(products[:, columns], gain[columns], None if shift is None else shift[columns])
            for columns in (slice(0, split), slice(split, None))
        ]
        return ops.concatenate(parts, axis=-1)

    def step(self, projected, recurrent, states):
        (previous,) = states
        split = 2 * self.units
        if self.layer_normalization:
            recurrent = self.normalized(recurrent, self.recurrent_gain, None if self.bias is None else self.bias[1])
        gates = self.recurrent_activation(projected[:, :split] + recurrent[:, :split])
        update, reset = ops.split(gates, 2, axis=-1)
        candidate = self.activation(projected[:, split:] + reset * recurrent[:, split:])
        return (update * previous + (1 - update) * candidate,)

    def call(self, inputs, states, training=False):
        if self.reset_after:
            return super().call(inputs, states, training=training)
        single = not isinstance(states, (list, tuple))
        previous = states if single else states[0]
        output = self._reset_before(inputs, previous, training)
        (output,) = self._zoned_out((output,), (previous,), training)
        return output, output if single else [output]

    def _reset_before(self, inputs, previous, training):
        """The step of the form with `reset_after=False`: (batch, features), (batch, units) to (batch, units)."""
        hidden = previous
        if training and self.dropout:
            inputs = inputs * self.get_dropout_mask(inputs)
        if training and self.recurrent_dropout:
            hidden = hidden * self.get_recurrent_dropout_mask(hidden)
        projected = self.project(inputs)
        split = 2 * self.units
        gates = self.recurrent_activation(projected[:, :split] + self._recurrent(hidden, slice(0, split)))
        update, reset = ops.split(gates, 2, axis=-1)
        candidate = self.activation(projected[:, split:] + self._recurrent(reset * hidden, slice(split, None)))
        return update * previous + (1 - update) * candidate

    def _recurrent(self, hidden, columns):
        """The product with some columns of the recurrent kernel: (batch, units) to (batch, width of the columns)."""
        product = ops.matmul(hidden, ops.convert_to_tensor(self.recurrent_kernel)[:, columns])
        return normalize(product, self.recurrent_gain[columns]) if self.layer_normalization else product

    def get_config(self):
        config = {
            "recurrent_activation": keras.activations.serialize(self.recurrent_activation),
            "reset_after": self.reset_after,
            "implementation": self.implementation,
        }
        return {**super().get_config(), **config}
