"""Layer normalization inside a step: the function, and the option of the cells that have it."""

import keras
from keras import ops

from rnnkit.cells import arguments
from rnnkit.cells.base import FusedCell
from rnnkit.cells.precision import add_bias, at_least_float32

EPSILON = 1e-3


def normalize(values, gain, shift=None):
    """Layer normalization over the last axis, each row by itself.

        LN(z; gain, shift) = gain * (z - mean(z)) / sqrt(variance(z) + 0.001) + shift

    Computed in float32 at least, whatever the dtype of `values`. The 0.001 is that of
    `keras.layers.LayerNormalization`; the authors' code has 0.00001. A state starts at zero and may stay near it, where
    LN multiplies gradients by up to 1 / sqrt(0.001) = 32, with the authors' number by 316.

    Args:
        values: Tensor (rows, width).
        gain: Tensor or variable (width,).
        shift: Tensor or variable (width,), or `None` for zero.

    Returns:
        Tensor (rows, width) in the dtype of `values`.

    Source: Ba, Kiros and Hinton, 2016, "Layer Normalization", arXiv 1607.06450, equation 3.
    """
    dtype = at_least_float32(keras.backend.standardize_dtype(values.dtype))
    centred = ops.cast(values, dtype)
    centred = centred - ops.mean(centred, axis=-1, keepdims=True)
    variance = ops.mean(ops.square(centred), axis=-1, keepdims=True)
    normalized = centred * ops.rsqrt(variance + EPSILON) * ops.cast(gain, dtype)
    if shift is not None:
        normalized = normalized + ops.cast(shift, dtype)
    return ops.cast(normalized, values.dtype)


class NormalizableCell(FusedCell):
    """A cell with the option `layer_normalization`.

    With it, the input enters as

        projected_t = LN(x_t W; input_gain, b)

    where a subclass's `build` has made an `input_gain`, at no cost in the loop over time. What is normalized in the
    step is the subclass's to say.

    Args:
        layer_normalization: Boolean, whether there is layer normalization. Default `False`.
        The others: As in `rnnkit.cells.FusedCell`.

    Raises:
        ValueError: `layer_normalization` is no boolean.
    """

    def __init__(self, units, *args, layer_normalization=False, **kwargs):
        super().__init__(units, *args, **kwargs)
        owner = type(self).__name__
        self.layer_normalization = arguments.choice(owner, "layer_normalization", layer_normalization, (True, False))
        self.input_gain = None

    @property
    def bias_in_step(self):
        """Whether `step` reads the weight `bias`."""
        return False

    @property
    def step_weights(self):
        weights = [weight for weight in super().step_weights if weight is not self.input_gain]
        return [self.bias, *weights] if self.bias_in_step and self.bias is not None else weights

    def add_gain(self, name, width, initializer="ones"):
        """Adds a gain, or a shift, of the given width."""
        return self.add_weight(shape=(width,), name=name, initializer=initializer)

    def add_gains_of_products(self):
        """Adds `input_gain` and `recurrent_gain`, (gates * units,) each."""
        self.input_gain = self.add_gain("input_gain", self.gates * self.units)
        self.recurrent_gain = self.add_gain("recurrent_gain", self.gates * self.units)

    @property
    def input_bias(self):
        """Tensor (gates * units,) that `project` adds, or `None`."""
        return self.bias

    def normalized(self, products, gain, shift):
        """LN of one of the two products, (rows, gates * units), over all its columns; `shift` may be `None`."""
        return normalize(products, gain, shift)

    def project(self, inputs):
        projected = ops.matmul(inputs, self.kernel)
        if self.input_gain is not None:
            return self.normalized(projected, self.input_gain, self.input_bias)
        return projected if self.input_bias is None else add_bias(projected, self.input_bias)

    def get_config(self):
        return {**super().get_config(), "layer_normalization": self.layer_normalization}


class NormalizableSumCell(NormalizableCell):
    """A cell of one gate whose activation reads the sum of its two products.

        a_t = x_t W + h_{t-1} U
        v_t = activation(a_t + b), or activation(LN(a_t; gain, b)) with `layer_normalization`

    Args:
        units, ..., layer_normalization: As in `NormalizableCell`.

    Source: Ba, Kiros and Hinton, 2016, arXiv 1607.06450, equation 4.
    """

    @property
    def bias_in_step(self):
        return self.layer_normalization

    @property
    def input_bias(self):
        return None if self.layer_normalization else self.bias

    def build(self, input_shape):
        super().build(input_shape)
        if self.layer_normalization:
            self.gain = self.add_gain("gain", self.units)

    def activated(self, projected, recurrent):
        """v_t of the two products: (batch, units)."""
        summed = projected + recurrent
        return self.activation(normalize(summed, self.gain, self.bias) if self.layer_normalization else summed)
