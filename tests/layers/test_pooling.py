"""TimePooling against NumPy."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from rnnkit.layers import LSTM, Bidirectional, TimePooling
from rnnkit.layers.pooling import MODES

MASK = np.array([[1, 1, 1, 0], [1, 0, 0, 0], [0, 1, 0, 1], [0, 0, 0, 0]], bool)


def sequences(features=6, dtype="float64"):
    return np.random.default_rng(0).normal(size=(4, 4, features)).astype(dtype)


def reference(layer, inputs, mask, mode):
    """(B, T, F), (B, T) -> (B, F), row by row."""
    pooled = np.zeros((len(inputs), inputs.shape[-1]))
    for row, (steps, real) in enumerate(zip(inputs, mask)):
        steps = steps[real]
        if not len(steps):
            continue
        if mode == "last" and layer.directions == 2:
            half = inputs.shape[-1] // 2
            pooled[row] = np.concatenate([steps[-1, :half], steps[0, half:]])
        elif mode == "last":
            pooled[row] = steps[-1]
        elif mode == "attention":
            kernel, bias, query = layer.get_weights()
            scores = np.exp(np.tanh(steps @ kernel + bias) @ query)[:, 0]
            pooled[row] = scores @ steps / scores.sum()
        else:
            pooled[row] = getattr(steps, mode)(axis=0)
    return pooled


@pytest.mark.parametrize("directions", [1, 2])
@pytest.mark.parametrize("modes", [*MODES, MODES], ids=[*MODES, "all"])
def test_equals_numpy(modes, directions):
    layer = TimePooling(modes, directions=directions, attention_units=5, dtype="float64")
    inputs = sequences()
    layer.build(inputs.shape)
    layer.set_weights([np.random.default_rng(1).normal(size=w.shape) for w in layer.weights])
    listed = [modes] if isinstance(modes, str) else modes
    for mask in (MASK, None):
        read = np.ones((4, 4), bool) if mask is None else mask
        expected = np.concatenate([reference(layer, inputs, read, mode) for mode in listed], axis=-1)
        pooled = layer(inputs, mask=mask)
        np.testing.assert_allclose(pooled, expected, atol=1e-12)
        assert layer.compute_output_shape(inputs.shape) == tuple(pooled.shape)


def test_padding_changes_nothing():
    layer = TimePooling(MODES, directions=2)
    inputs = sequences(dtype="float32")
    short = layer(inputs, mask=MASK)
    padded = np.pad(inputs, [(0, 0), (0, 3), (0, 0)], constant_values=1e6)
    np.testing.assert_allclose(layer(padded, mask=np.pad(MASK, [(0, 0), (0, 3)])), short, atol=1e-6)


def test_bidirectional_last_is_where_each_direction_ends():
    sequence = Bidirectional(LSTM(3, return_sequences=True))
    inputs, mask = sequences(dtype="float32"), MASK[:2]
    outputs = sequence(inputs[:2], mask=mask)
    final = Bidirectional(LSTM(3))
    final.build(inputs.shape)
    final.set_weights(sequence.get_weights())
    np.testing.assert_allclose(
        TimePooling("last", directions=2)(outputs, mask=mask), final(inputs[:2], mask=mask), atol=1e-6
    )


def test_gradients_equal_finite_differences():
    layer = TimePooling(["mean", "attention", "last", "max"], directions=2, dtype="float64")
    inputs = tf.constant(sequences(4))
    theoretical, numerical = tf.test.compute_gradient(lambda x: layer(x, mask=MASK), [inputs], delta=1e-5)
    np.testing.assert_allclose(theoretical[0], numerical[0], atol=1e-8)


def test_long_half_precision_mean_is_summed_in_float32():
    layer = TimePooling(["mean", "attention"], dtype="mixed_bfloat16")
    pooled = layer(np.full((1, 3000, 2), 1.5, "float32"))
    assert pooled.dtype == tf.bfloat16
    np.testing.assert_allclose(tf.cast(pooled, tf.float32), np.full((1, 4), 1.5), rtol=1e-2)


def test_keras_file_and_xla(tmp_path):
    inputs = keras.Input((None, 6))
    mask = keras.Input((None,), dtype="bool")
    model = keras.Model([inputs, mask], TimePooling(MODES, 2, 3)(inputs, mask=mask))
    model.save(tmp_path / "pooling.keras")
    loaded = keras.saving.load_model(tmp_path / "pooling.keras")
    data = [tf.constant(sequences(dtype="float32")), tf.constant(MASK)]
    np.testing.assert_array_equal(loaded(data), model(data))
    np.testing.assert_allclose(tf.function(model, jit_compile=True)(data), model(data), atol=1e-6)


def test_errors():
    with pytest.raises(ValueError, match="one or more of last, mean, max, attention, got 'sum'"):
        TimePooling("sum")
    with pytest.raises(ValueError, match="one or more of"):
        TimePooling([])
    with pytest.raises(ValueError, match="directions: 1 or 2, got 3"):
        TimePooling("last", directions=3)
    with pytest.raises(ValueError, match="even in number, got 5"):
        TimePooling("last", directions=2)(np.zeros((1, 2, 5), "float32"))
