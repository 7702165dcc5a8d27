"""A sequence becomes one vector."""

import keras
import tensorflow as tf

from rnnkit.cells.precision import at_least_float32

MODES = ("last", "mean", "max", "attention")


@keras.saving.register_keras_serializable(package="rnnkit")
class TimePooling(keras.layers.Layer):
    """Pools (batch, time, features) over time, one or several ways side by side.

    - `last`: the last step. With `directions=2` the features are two halves, as a `Bidirectional` layer concatenates
      them: the last step of the first half and the first step of the second, which is where each direction ends.
    - `mean`, `max`: over the steps.
    - `attention`: Σ_t a_t h_t with a = softmax_t(q · tanh(W h_t + b)); W, b and the query q are learned.

    Masked steps count nowhere, and may hold any finite value. A fully masked row gives zeros.

    Args:
        modes: one of "last", "mean", "max", "attention", or a list of them, whose results are concatenated in order.
        directions: 1, or 2 for the output of a bidirectional layer.
        attention_units: size of the space of the query; None: the number of features.
        kernel_initializer: initialiser of W and q.
        **kwargs: of `keras.layers.Layer`.

    Call arguments:
        inputs: (batch, time, features), time at least 1.
        mask: (batch, time) bool, or None.

    Returns:
        (batch, features · number of modes), in the compute dtype. Sums and softmax are computed in float32 or wider.

    Raises:
        ValueError: for an unknown mode, none at all, or a number of features that `directions` does not divide.

    Example:
        >>> TimePooling(["last", "max"])(keras.ops.ones((2, 5, 3))).shape
        TensorShape([2, 6])

    Reference:
        attention: Yang et al. 2016, Hierarchical Attention Networks, equations 5 to 7 (N16-1174).
    """

    def __init__(self, modes="last", directions=1, attention_units=None, kernel_initializer="glorot_uniform", **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True
        self.modes = (modes,) if isinstance(modes, str) else tuple(modes)
        unknown = [mode for mode in self.modes if mode not in MODES]
        if unknown or not self.modes:
            raise ValueError(f"modes: one or more of {', '.join(MODES)}, got {modes!r}")
        if directions not in (1, 2):
            raise ValueError(f"directions: 1 or 2, got {directions!r}")
        self.directions = directions
        self.attention_units = attention_units
        self.kernel_initializer = keras.initializers.get(kernel_initializer)

    def build(self, input_shape):
        features = input_shape[-1]
        if features % self.directions:
            raise ValueError(f"inputs: the features of two directions must be even in number, got {features}")
        if "attention" not in self.modes:
            return
        units = self.attention_units or features
        self.kernel = self.add_weight(
            name="attention_kernel", shape=(features, units), initializer=self.kernel_initializer
        )
        self.bias = self.add_weight(name="attention_bias", shape=(units,), initializer="zeros")
        self.query = self.add_weight(
            name="attention_query", shape=(units, 1), initializer=self.kernel_initializer.clone()
        )

    def call(self, inputs, mask=None):
        mask = tf.fill(tf.shape(inputs)[:2], True) if mask is None else tf.cast(mask, tf.bool)
        pooled = tf.concat([getattr(self, f"_{mode}")(inputs, mask) for mode in self.modes], axis=-1)
        return tf.where(tf.reduce_any(mask, axis=1, keepdims=True), pooled, tf.zeros([], pooled.dtype))

    def _last(self, inputs, mask):
        steps = tf.shape(mask)[1]
        seen = tf.cast(mask, tf.int32)
        last = steps - 1 - tf.argmax(tf.reverse(seen, [1]), axis=1, output_type=tf.int32)  # (B,)
        if self.directions == 1:
            return tf.gather(inputs, last, batch_dims=1)
        first = tf.argmax(seen, axis=1, output_type=tf.int32)
        forward, backward = tf.split(inputs, 2, axis=-1)
        return tf.concat([tf.gather(forward, last, batch_dims=1), tf.gather(backward, first, batch_dims=1)], axis=-1)

    def _mean(self, inputs, mask):
        weights = tf.cast(mask, at_least_float32(self.compute_dtype))
        weights /= tf.maximum(tf.reduce_sum(weights, axis=1, keepdims=True), 1.0)
        return self._weighted(inputs, weights)

    def _max(self, inputs, mask):
        return tf.reduce_max(tf.where(mask[:, :, None], inputs, inputs.dtype.min), axis=1)

    def _attention(self, inputs, mask):
        hidden = tf.tanh(tf.matmul(inputs, self.kernel) + self.bias)  # (B, T, A)
        scores = tf.cast(tf.squeeze(tf.matmul(hidden, self.query), -1), at_least_float32(self.compute_dtype))
        return self._weighted(inputs, tf.nn.softmax(tf.where(mask, scores, scores.dtype.min), axis=1))

    @staticmethod
    def _weighted(inputs, weights):
        """Σ_t weights[b, t] · inputs[b, t, :], summed in the dtype of the weights."""
        total = tf.reduce_sum(weights[:, :, None] * tf.cast(inputs, weights.dtype), axis=1)
        return tf.cast(total, inputs.dtype)

    def compute_mask(self, inputs, mask=None):
        return None

    def compute_output_shape(self, input_shape):
        return (input_shape[0], input_shape[-1] * len(self.modes))

    def get_config(self):
        return {
            **super().get_config(),
            "modes": list(self.modes),
            "directions": self.directions,
            "attention_units": self.attention_units,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
        }
