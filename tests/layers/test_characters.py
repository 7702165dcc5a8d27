"""CharacterEncoder against NumPy, and what padding must not change."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from rnnkit.layers import LSTM, Bidirectional, CharacterEncoder

# Two sentences of three words of up to four characters; the last two words are padding.
CHARACTERS = np.array([[[1, 2, 3, 4], [5, 0, 0, 0], [2, 2, 0, 0]], [[4, 1, 0, 0], [0] * 4, [0] * 4]], "int32")
OPTIONS = {"cnn": {"encoder": "cnn", "widths": [1, 2, 5]}, "rnn": {"encoder": "rnn"}}


def make(encoder, **kwargs):
    return CharacterEncoder(6, embedding_size=3, units=2, **OPTIONS[encoder], **kwargs)


def convolved(word, kernel, bias):
    """Rectified convolution of one word (C, E) with zeros around it, then its maximum: (F,)."""
    width = len(kernel)
    left = (width - 1) // 2
    padded = np.pad(word, [(left, width - 1 - left), (0, 0)])
    windows = [np.einsum("we,wef->f", padded[t : t + width], kernel) + bias for t in range(len(word))]
    return np.maximum(windows, 0).max(axis=0)


def test_cnn_equals_numpy():
    layer = make("cnn", dtype="float64")
    outputs = layer(CHARACTERS).numpy()
    table, *weights = layer.get_weights()
    for place in np.ndindex(2, 3):
        word = CHARACTERS[place][CHARACTERS[place] > 0]
        expected = np.zeros(6)
        if len(word):
            expected = np.concatenate([convolved(table[word], *weights[i : i + 2]) for i in (0, 2, 4)])
        np.testing.assert_allclose(outputs[place], expected, atol=1e-12)


def test_rnn_gives_the_final_states_of_both_directions():
    layer = make("rnn")
    outputs = layer(CHARACTERS).numpy()
    recurrent = Bidirectional(LSTM(2))
    table, *weights = layer.get_weights()
    recurrent.build((None, None, 3))
    recurrent.set_weights(weights)
    for place in np.ndindex(2, 3):
        word = CHARACTERS[place][CHARACTERS[place] > 0]
        expected = recurrent(table[word][None])[0] if len(word) else np.zeros(4)
        np.testing.assert_allclose(outputs[place], expected, atol=1e-6)


@pytest.mark.parametrize("encoder", OPTIONS)
def test_padding_changes_nothing(encoder):
    layer = make(encoder)
    padded = np.pad(CHARACTERS, [(0, 1), (0, 2), (0, 3)])
    outputs = layer(padded).numpy()
    np.testing.assert_allclose(outputs[:2, :3], layer(CHARACTERS), atol=1e-6)
    assert not outputs[2].any() and not outputs[:, 3:].any()


@pytest.mark.parametrize("encoder", OPTIONS)
def test_trains_and_equals_itself_under_xla(encoder):
    layer = make(encoder, dropout=0.5, seed=1)

    def step(characters):
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(layer(characters) ** 2)
        return [loss, *(tf.convert_to_tensor(g) for g in tape.gradient(loss, [w.value for w in layer.weights]))]

    layer.build((None, None, None))
    for one, other in zip(tf.function(step, jit_compile=True)(CHARACTERS), step(CHARACTERS)):
        np.testing.assert_allclose(one, other, atol=1e-5)
        assert np.any(other)
    assert np.any(layer(CHARACTERS, training=True) != layer(CHARACTERS, training=True))


@pytest.mark.parametrize("encoder", OPTIONS)
def test_keras_file_and_mixed_precision(encoder, tmp_path):
    inputs = keras.Input((None, None), dtype="int32")
    model = keras.Model(inputs, make(encoder, dtype="mixed_bfloat16")(inputs))
    assert model.output_shape == (None, None, model.layers[-1].features)
    model.save(tmp_path / "characters.keras")
    loaded = keras.saving.load_model(tmp_path / "characters.keras")
    outputs = model(CHARACTERS)
    assert outputs.dtype == tf.bfloat16
    np.testing.assert_array_equal(tf.cast(loaded(CHARACTERS), tf.float32), tf.cast(outputs, tf.float32))


def test_errors():
    with pytest.raises(ValueError, match="encoder: one of cnn, rnn, got 'mlp'"):
        CharacterEncoder(6, 3, 2, encoder="mlp")
    with pytest.raises(ValueError, match="at least one width"):
        CharacterEncoder(6, 3, 2, widths=[])
