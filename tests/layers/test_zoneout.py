"""Zoneout: against NumPy, on both engines, its gradients, its draws and its errors."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from rnnkit.layers import GRU, LSTM, LeakyRNN, SimpleRNN
from tests.layers.helpers import (
    MASKS,
    UNITS,
    assert_close,
    assert_gradients_are_right,
    assert_same,
    built,
    sequences,
    states,
)

STATES = {"return_sequences": True, "return_state": True}
ZONEOUTS = [0.3, [0.1, 0.5]]


@pytest.mark.parametrize("make", [SimpleRNN, LeakyRNN, GRU, LSTM])
@pytest.mark.parametrize("mask", ["none", "holes"])
def test_engines_agree_on_the_expectation(make, mask):
    layers = [built(make(UNITS, zoneout=0.3, engine=engine, **STATES)) for engine in ("fused", "general")]
    assert_same(*layers, sequences(), mask=MASKS[mask])


def test_the_expectation_against_numpy():
    layer = built(SimpleRNN(UNITS, zoneout=0.25, return_sequences=True))
    kernel, recurrent_kernel, bias = layer.get_weights()
    hidden, expected = np.zeros((4, UNITS), "float32"), []
    for inputs in np.moveaxis(sequences(), 1, 0):
        hidden = 0.25 * hidden + 0.75 * np.tanh(inputs @ kernel + hidden @ recurrent_kernel + bias)
        expected.append(hidden)
    np.testing.assert_allclose(layer(sequences()), np.stack(expected, axis=1), atol=1e-6)


@pytest.mark.parametrize("training", [True, False])
def test_the_gru_that_resets_before_has_it_too(training):
    layer = GRU(500, reset_after=False, zoneout=0.3, seed=1)
    start = np.full((50, 500), 7.0, "float32")
    after = np.asarray(layer(np.ones((50, 1, 3), "float32"), initial_state=start, training=training))
    layer.cell.zoneout = 0.0
    free = np.asarray(layer(np.ones((50, 1, 3), "float32"), initial_state=start))
    if training:
        assert np.mean(after == 7.0) == pytest.approx(0.3, abs=0.02)
    else:
        np.testing.assert_allclose(after, 0.3 * start + 0.7 * free, atol=1e-5)


@pytest.mark.parametrize("engine", ["fused", "general"])
def test_each_state_keeps_its_share_of_entries_and_changes_the_others(engine):
    layer = LSTM(400, zoneout=[0.2, 0.6], seed=3, engine=engine, return_state=True)
    start = [np.full((50, 400), 7.0, "float32"), np.full((50, 400), -7.0, "float32")]
    _, *after = layer(np.ones((50, 1, 3), "float32"), initial_state=start, training=True)
    for rate, state, old in zip((0.2, 0.6), after, start):
        assert np.mean(np.asarray(state) == old) == pytest.approx(rate, abs=0.02)


def test_every_step_and_every_call_draws_anew():
    layer = built(SimpleRNN(100, zoneout=0.5, seed=1, return_sequences=True))
    first, second = (np.asarray(layer(sequences(), training=True)) for _ in range(2))
    kept = first[:, 1:] == first[:, :-1]
    assert not np.array_equal(kept[:, 0], kept[:, 1])
    assert not np.array_equal(first, second)


@pytest.mark.parametrize("zoneout", ZONEOUTS)
@pytest.mark.parametrize("compiled", [False, True])
def test_gradients_with_zoneout_dropout_and_mask(zoneout, compiled):
    layer = built(LSTM(UNITS, zoneout=zoneout, recurrent_dropout=0.3, dtype="float64", seed=5, **STATES))
    seed_state = layer.cell.seed_generator.state
    start = np.asarray(seed_state)
    if compiled:
        layer.engine = "xla"
    assert_gradients_are_right(
        layer,
        sequences(dtype="float64"),
        [*states(2, dtype="float64")],
        mask=MASKS["holes"],
        training=True,
        before=lambda: seed_state.assign(start),
    )


def test_a_graph_draws_what_eager_draws():
    layer = built(GRU(UNITS, zoneout=0.4, seed=2, return_sequences=True))
    seed_state = layer.cell.seed_generator.state
    start = np.asarray(seed_state)
    eager = layer(sequences(), training=True)
    seed_state.assign(start)
    graph = tf.function(lambda inputs: layer(inputs, training=True))(tf.constant(sequences()))
    assert layer.engine_used == "xla"
    assert_close([np.asarray(graph)], [np.asarray(eager)], 1e-6)


@pytest.mark.parametrize("zoneout", ZONEOUTS)
def test_the_configuration_keeps_it(zoneout):
    layer = LSTM(UNITS, zoneout=zoneout)
    again = LSTM.from_config(layer.get_config())
    assert again.zoneout == zoneout
    assert keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(layer)).zoneout == zoneout


@pytest.mark.parametrize(
    "zoneout, message",
    [(1.0, r"`zoneout` must be a number in \[0, 1\)"), ([0.1], "a list of 2 numbers"), ("a", "must be a number")],
)
def test_wrong_rates(zoneout, message):
    with pytest.raises(ValueError, match=message):
        LSTM(UNITS, zoneout=zoneout)
