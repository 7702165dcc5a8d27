"""A word's vector from its characters."""

import keras
import tensorflow as tf

from rnnkit.layers.bidirectional import Bidirectional
from rnnkit.layers.lstm import LSTM

ENCODERS = ("cnn", "rnn")


@keras.saving.register_keras_serializable(package="rnnkit")
class CharacterEncoder(keras.layers.Layer):
    """Turns the characters of every word into a vector; id 0 is padding and stands behind the characters.

    - `cnn`: for each width w, a convolution over the character vectors, with zeros around the word, rectified; then the
      maximum over the word's characters. A word may be shorter than w.
    - `rnn`: the final states of a bidirectional LSTM, forward then backward.

    A word without characters gives zeros. Padding, of words and of characters, changes nothing.

    Args:
        vocabulary_size: number of character ids, the padding counted.
        embedding_size: length of a character's vector.
        units: filters of each width, or units of each direction.
        encoder: "cnn" or "rnn".
        widths: widths of the convolutions, in characters; only for "cnn".
        dropout: fraction of the character vectors' entries dropped, in [0, 1).
        seed: int, or None for a random one.
        **kwargs: of `keras.layers.Layer`.

    Call arguments:
        characters: (batch, time, characters) int, each axis at least 1 long.
        training: bool, whether to drop out.

    Returns:
        (batch, time, features), in the compute dtype; features are units · number of widths, or 2 · units.

    Raises:
        ValueError: for an unknown encoder, or no widths.

    Example:
        >>> encode = CharacterEncoder(vocabulary_size=50, embedding_size=8, units=4, widths=[2, 3])
        >>> encode(keras.ops.ones((2, 5, 7), "int32")).shape
        TensorShape([2, 5, 8])

    Reference:
        cnn: Ma and Hovy 2016, arXiv:1603.01354, section 2.1 (here rectified); rnn: Lample et al. 2016,
        arXiv:1603.01360, section 4.1.
    """

    def __init__(
        self, vocabulary_size, embedding_size, units, encoder="cnn", widths=(3,), dropout=0.0, seed=None, **kwargs
    ):
        super().__init__(**kwargs)
        if encoder not in ENCODERS:
            raise ValueError(f"encoder: one of {', '.join(ENCODERS)}, got {encoder!r}")
        if encoder == "cnn" and not widths:
            raise ValueError("widths: a cnn needs at least one width")
        self.vocabulary_size = vocabulary_size
        self.embedding_size = embedding_size
        self.units = units
        self.encoder = encoder
        self.widths = tuple(widths)
        self.dropout = dropout
        self.seed = seed
        policy = self.dtype_policy
        self.embedding = keras.layers.Embedding(vocabulary_size, embedding_size, name="embedding", dtype=policy)
        self.embedding_dropout = keras.layers.Dropout(dropout, seed=seed, name="dropout", dtype=policy)
        self.convolutions, self.recurrent = [], None
        if encoder == "rnn":
            self.recurrent = Bidirectional(LSTM(units, dtype=policy), name="recurrent", dtype=policy)
        else:
            self.convolutions = [
                keras.layers.Conv1D(units, w, padding="same", activation="relu", name=f"width_{w}", dtype=policy)
                for w in self.widths
            ]

    def build(self, input_shape):
        self.embedding.build((None, None))
        for layer in [*self.convolutions, *([self.recurrent] if self.recurrent else [])]:
            layer.build((None, None, self.embedding_size))

    def call(self, characters, training=False):
        batch, time, length = tf.unstack(tf.shape(characters))
        ids = tf.reshape(characters, [batch * time, length])  # (B·T, C)
        mask = ids != 0
        vectors = self.embedding_dropout(self.embedding(ids), training=training)
        vectors = tf.where(mask[:, :, None], vectors, tf.zeros([], vectors.dtype))  # (B·T, C, E)
        if self.recurrent is not None:
            words = self.recurrent(vectors, mask=mask, training=training)
        else:
            words = tf.concat([_maximum(layer(vectors), mask) for layer in self.convolutions], axis=-1)
        words = tf.where(tf.reduce_any(mask, axis=1, keepdims=True), words, tf.zeros([], words.dtype))
        return tf.reshape(words, [batch, time, self.features])

    @property
    def features(self):
        """Length of a word's vector."""
        return self.units * (2 if self.encoder == "rnn" else len(self.widths))

    def compute_output_shape(self, input_shape):
        return (*input_shape[:2], self.features)

    def get_config(self):
        return {
            **super().get_config(),
            "vocabulary_size": self.vocabulary_size,
            "embedding_size": self.embedding_size,
            "units": self.units,
            "encoder": self.encoder,
            "widths": list(self.widths),
            "dropout": self.dropout,
            "seed": self.seed,
        }


def _maximum(outputs, mask):
    """Maximum over the unmasked steps: (B·T, C, F), (B·T, C) -> (B·T, F)."""
    return tf.reduce_max(tf.where(mask[:, :, None], outputs, outputs.dtype.min), axis=1)
