"""Recurrent dropout: one mask of the previous output for all steps and gates, which is to drop rows of U."""

import keras
import numpy as np
import pytest

from rnnkit.layers import GRU, LSTM, SimpleRNN
from tests.layers import reference
from tests.layers.helpers import BATCH, UNITS, assert_same, built, sequences

RATE = 0.4
LAYERS = {
    "SimpleRNN": (SimpleRNN, {}, reference.simple_step, 1),
    "GRU": (GRU, {}, reference.gru_step, 1),
    "GRU, reset before": (GRU, {"reset_after": False}, reference.gru_step, 1),
    "LSTM": (LSTM, {}, reference.lstm_step, 2),
}
every_layer = pytest.mark.parametrize("make, options, step, state_count", LAYERS.values(), ids=LAYERS)


def drawn(make, options, shape):
    """The mask that a layer of seed 7 draws first."""
    cell = make(shape[-1], recurrent_dropout=RATE, seed=7, **options).cell
    return np.asarray(cell.get_recurrent_dropout_mask(np.zeros(shape, "float32")))


@every_layer
@pytest.mark.parametrize("engine", ["auto", "general"])
def test_one_mask_for_all_steps_and_gates(make, options, step, state_count, engine):
    layer = built(make(UNITS, recurrent_dropout=RATE, seed=7, return_sequences=True, engine=engine, **options))
    kernel, recurrent_kernel, bias = layer.get_weights()
    outputs = np.asarray(layer(sequences(), training=True))
    for row, mask in enumerate(drawn(make, options, (BATCH, UNITS))):
        weights = [kernel, mask[:, None] * recurrent_kernel, bias]
        zeros = [np.zeros((1, UNITS))] * state_count
        expected, _ = reference.run(step, sequences()[row : row + 1], zeros, weights, **options)
        np.testing.assert_allclose(outputs[row], expected[0], atol=1e-5)


@every_layer
def test_keeps_the_expected_share_and_its_mean(make, options, step, state_count):
    mask = drawn(make, options, (400, 50))
    np.testing.assert_allclose(np.unique(mask), [0.0, 1.0 / (1.0 - RATE)], rtol=1e-6)
    assert abs(np.mean(mask > 0) - (1.0 - RATE)) < 0.02  # six standard deviations


@every_layer
def test_equals_keras_outside_training(make, options, step, state_count):
    theirs = getattr(keras.layers, make.__name__)
    pair = [built(layer(UNITS, recurrent_dropout=RATE, **options)) for layer in (make, theirs)]
    assert_same(*pair, sequences())
