import keras
import numpy as np
import pytest

from rnnkit.layers import LSTM
from tests.layers import reference
from tests.layers.helpers import (
    FEATURES,
    MASKS,
    UNITS,
    assert_close,
    assert_gradients_are_right,
    assert_same,
    built,
    sequences,
    states,
)
from tests.layers.keras_equality import KerasEquality


@pytest.mark.parametrize("peepholes", [False, True], ids=["plain", "peepholes"])
@pytest.mark.parametrize("mask", MASKS.values(), ids=MASKS)
def test_equals_the_equations(peepholes, mask):
    layer = built(LSTM(UNITS, peepholes=peepholes, return_sequences=True, return_state=True))
    initial = states(2)
    outputs, *finals = layer(sequences(), initial_state=initial, mask=mask)
    expected, expected_finals = reference.run(reference.lstm_step, sequences(), initial, layer.get_weights(), mask)
    assert_close([np.asarray(outputs), *map(np.asarray, finals)], [expected, *expected_finals], 1e-5)


class TestAgainstKeras(KerasEquality):
    ours = LSTM
    theirs = keras.layers.LSTM
    state_count = 2


@pytest.mark.parametrize("mask", ["none", "holes", "full rows"])
@pytest.mark.parametrize("peepholes", [False, True], ids=["plain", "peepholes"])
def test_gradients(mask, peepholes):
    layer = built(LSTM(UNITS, peepholes=peepholes, return_sequences=True, return_state=True, dtype="float64"))
    assert_gradients_are_right(layer, sequences(dtype="float64"), states(2, dtype="float64"), mask=MASKS[mask])


def test_peepholes_start_as_the_plain_layer_and_both_engines_agree():
    plain, with_peepholes = LSTM(UNITS), LSTM(UNITS, peepholes=True)
    general = LSTM(UNITS, peepholes=True, engine="general")
    for layer in (plain, with_peepholes, general):
        layer.build((None, None, FEATURES))
    with_peepholes.set_weights([*built(plain).get_weights(), np.zeros((3, UNITS))])
    np.testing.assert_allclose(with_peepholes(sequences()), plain(sequences()), atol=1e-6)
    assert_same(built(with_peepholes), built(general), sequences(), mask=MASKS["holes"])
    assert (with_peepholes.engine_used, general.engine_used) == ("fused", "general")


@pytest.mark.parametrize(
    "arguments, forget, others",
    [
        ({}, 1.0, 0.0),
        ({"forget_bias": 2.5}, 2.5, 0.0),
        ({"forget_bias": 0.0, "bias_initializer": "ones"}, 0.0, 1.0),
        ({"unit_forget_bias": True, "forget_bias": 1.0}, 1.0, 0.0),
        ({"unit_forget_bias": False}, 0.0, 0.0),
        ({"unit_forget_bias": False, "bias_initializer": "ones"}, 1.0, 1.0),
    ],
)
def test_forget_bias(arguments, forget, others):
    layer = LSTM.from_config(LSTM(UNITS, **arguments).get_config())
    layer.build((None, None, FEATURES))
    expected = np.repeat([others, forget, others, others], UNITS)
    np.testing.assert_array_equal(layer.cell.bias, expected)


def test_trains_with_implementation_1_and_dropout():
    """Keras's own layer crashes here."""
    layer = built(LSTM(UNITS, implementation=1, dropout=0.5, seed=1))
    assert layer(sequences(), training=True).shape == (4, UNITS)
    assert layer.get_config()["implementation"] == 1


def test_config_keeps_use_cudnn():
    """Keras's own layer loses it."""
    assert LSTM.from_config(LSTM(UNITS, use_cudnn=False).get_config()).use_cudnn is False


@pytest.mark.parametrize(
    "arguments, words",
    [
        ({"units": 0}, ["`units`", "positive integer", "0"]),
        ({"units": 2, "forget_bias": "one"}, ["`forget_bias`", "finite number", "'one'"]),
        ({"units": 2, "forget_bias": 2.0, "unit_forget_bias": True}, ["contradict", "forget_bias=2.0"]),
        ({"units": 2, "forget_bias": 1.0, "unit_forget_bias": False}, ["contradict", "unit_forget_bias=False"]),
        ({"units": 2, "use_cudnn": 1}, ["`use_cudnn`", "'auto', True, False", "use_cudnn=1"]),
    ],
)
def test_errors(arguments, words):
    with pytest.raises(ValueError) as error:
        LSTM(**arguments)
    for word in words:
        assert word in str(error.value)
