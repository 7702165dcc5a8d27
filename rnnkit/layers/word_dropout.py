"""Words that are not read, in training."""

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable(package="rnnkit")
class WordDropout(keras.layers.Layer):
    """Replaces token ids by that of the unknown word, each with the chance `rate`, in training only.

    So the unknown word gets a vector that has been trained, and no word alone decides. Padding (id 0) stays.

    Args:
        rate: chance of a token, in [0, 1).
        vocabulary_size: where given, every id has a chance of its own, in the weight `chances` (vocabulary_size,), not
            trained; all are `rate` until they are assigned.
        unknown: id of the unknown word.
        seed: int, or None for a random one.
        **kwargs: of `keras.layers.Layer`.

    Call arguments:
        ids: int tensor of any shape, usually (batch, time).
        training: bool.

    Returns:
        Ids of the same shape and dtype.

    Raises:
        ValueError: if `rate` is outside [0, 1).

    Example:
        >>> WordDropout(0.5, seed=1)(keras.ops.array([[7, 8, 9, 5, 0, 0]]), training=True).numpy()
        array([[7, 1, 9, 1, 0, 0]], dtype=int32)

    Reference:
        Iyyer et al. 2015, Deep Unordered Composition (P15-1162), section 4; Bowman et al. 2016, arXiv:1511.06349, 3.1.
    """

    def __init__(self, rate=0.0, vocabulary_size=None, unknown=1, seed=None, **kwargs):
        super().__init__(**kwargs)
        if not 0 <= rate < 1:
            raise ValueError(f"rate: a number from 0 to below 1, got {rate!r}")
        self.supports_masking = True
        self.rate = rate
        self.vocabulary_size = vocabulary_size
        self.unknown = unknown
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)
        if vocabulary_size is not None:
            self.chances = self.add_weight(
                shape=(vocabulary_size,), initializer=keras.initializers.Constant(rate), trainable=False, name="chances"
            )
        self.built = True

    def call(self, ids, training=False):
        if not training or (self.vocabulary_size is None and self.rate == 0):
            return ids
        drawn = keras.random.uniform(tf.shape(ids), dtype="float32", seed=self.seed_generator)
        chance = self.rate if self.vocabulary_size is None else tf.gather(tf.cast(self.chances, "float32"), ids)
        dropped = (drawn < chance) & (ids != 0)
        return tf.where(dropped, tf.cast(self.unknown, ids.dtype), ids)

    def compute_output_shape(self, input_shape):
        return input_shape

    def compute_output_spec(self, ids, training=False):
        return keras.KerasTensor(ids.shape, dtype=ids.dtype)

    def get_config(self):
        own = {"rate": self.rate, "vocabulary_size": self.vocabulary_size, "unknown": self.unknown, "seed": self.seed}
        return {**super().get_config(), **own}
