"""Layers of several inputs, given one, so that they go through the same tests as the others."""

import keras
import tensorflow as tf

from rnnkit.layers import Decoder, Seq2Seq


@keras.saving.register_keras_serializable(package="tests")
class OfOneInput(keras.layers.Layer):
    """Queries, memory, source and target are all the same sequence; a context vector is the sum of its steps.

    Scores are left out: they have a width of their own and a dtype of their own.
    """

    def __init__(self, layer, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True
        self.layer = layer

    @property
    def engine_used(self):
        return getattr(self.layer, "engine_used", None)

    def build(self, shape):
        if self.layer.built:  # a copy is built from its configuration
            return
        if not isinstance(self.layer, Decoder):
            return self.layer.build(shape, shape)
        self.layer.build(shape, (shape[0], shape[-1]), shape if self.layer.attention is not None else None)

    def call(self, sequences, mask=None, training=False):
        if isinstance(self.layer, Seq2Seq):
            results = self.layer(sequences, sequences, source_mask=mask, target_mask=mask, training=training)
        elif isinstance(self.layer, Decoder):
            results = self.layer(sequences, **self._context(sequences, mask), mask=mask, training=training)
        else:
            results = self.layer(sequences, sequences, memory_mask=mask, queries_mask=mask)
        return results[0] if isinstance(results, (list, tuple)) else results

    def _context(self, sequences, mask):
        seen = sequences if mask is None else tf.where(tf.convert_to_tensor(mask)[:, :, None], sequences, 0)
        given = {"context": tf.reduce_sum(seen, axis=1)}
        return given if self.layer.attention is None else {**given, "memory": sequences, "memory_mask": mask}

    def compute_mask(self, sequences, mask=None):
        return None

    def get_config(self):
        return {**super().get_config(), "layer": keras.saving.serialize_keras_object(self.layer)}

    @classmethod
    def from_config(cls, config):
        return cls(**{**config, "layer": keras.saving.deserialize_keras_object(config["layer"])})
