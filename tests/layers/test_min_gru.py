import keras
import numpy as np
import pytest

from rnnkit.cells.activations import linear_sigmoid
from rnnkit.layers import MinGRU
from tests.layers import reference
from tests.layers.helpers import MASKS, UNITS, assert_close, assert_gradients_are_right, built, sequences, states


@pytest.mark.parametrize("activation", ["linear_sigmoid", "linear", "tanh"])
@pytest.mark.parametrize("mask", MASKS.values(), ids=MASKS)
def test_equals_the_equations(activation, mask):
    layer = built(MinGRU(UNITS, activation=activation, return_sequences=True, return_state=True))
    initial = states(1)
    outputs, final = layer(sequences(), initial_state=initial, mask=mask)
    expected, finals = reference.run(
        reference.min_gru_step, sequences(), initial, layer.get_weights(), mask, activation=activation
    )
    assert_close([np.asarray(outputs), np.asarray(final)], [expected, *finals], 1e-5)


@pytest.mark.parametrize("mask", ["none", "holes", "full rows"])
def test_gradients(mask):
    layer = built(MinGRU(UNITS, return_sequences=True, return_state=True, dtype="float64"))
    assert_gradients_are_right(layer, sequences(dtype="float64"), states(1, dtype="float64"), mask=MASKS[mask])


def test_the_activation_is_named_in_the_configuration():
    layer = MinGRU(UNITS)
    assert layer.get_config()["activation"] == "linear_sigmoid" and layer.activation is linear_sigmoid
    for named in (linear_sigmoid, "linear_sigmoid", keras.activations.serialize(linear_sigmoid)):
        assert MinGRU(UNITS, activation=named).activation is linear_sigmoid
    assert MinGRU(UNITS, activation=None).get_config()["activation"] == "linear"


def test_linear_sigmoid():
    values = np.linspace(-90.0, 90.0, 181)
    expected = reference.ACTIVATIONS["linear_sigmoid"](values)
    np.testing.assert_allclose(linear_sigmoid(keras.ops.array(values, "float64")), expected, rtol=1e-12)
    assert np.all(np.asarray(linear_sigmoid(keras.ops.array([-80.0, -1e-9, 0.0, 1e-9], "float32"))) > 0)


def test_a_state_from_zero_stays_above_it():
    outputs = np.asarray(built(MinGRU(UNITS, return_sequences=True))(sequences()))
    assert np.all(outputs > 0)


@pytest.mark.parametrize(
    "arguments, words",
    [
        ({"units": 0}, ["`units`", "positive integer", "units=0"]),
        ({"units": 2, "dropout": 1.0}, ["`dropout`", "[0, 1)", "dropout=1.0"]),
        ({"units": 2, "engine": "fused"}, ["engine='fused'", "MinGRUCell"]),
        ({"units": 2, "activation": "no_such"}, ["activation", "no_such"]),
    ],
)
def test_errors(arguments, words):
    with pytest.raises(ValueError) as error:
        MinGRU(**arguments)
    for word in words:
        assert word in str(error.value)
