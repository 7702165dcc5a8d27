from types import MappingProxyType

import keras
import numpy as np
import pytest

from rnnkit.layers import SimpleRNN
from tests.layers import reference
from tests.layers.helpers import (
    MASKS,
    UNITS,
    assert_close,
    assert_gradients_are_right,
    built,
    sequences,
    states,
)
from tests.layers.keras_equality import KerasEquality


@pytest.mark.parametrize("activation", ["tanh", "sigmoid", "relu"])
@pytest.mark.parametrize("mask", MASKS.values(), ids=MASKS)
def test_equals_the_equations(activation, mask):
    layer = built(SimpleRNN(UNITS, activation=activation, return_sequences=True, return_state=True))
    initial = states(1)
    outputs, final = layer(sequences(), initial_state=initial, mask=mask)
    expected, finals = reference.run(
        reference.simple_step, sequences(), initial, layer.get_weights(), mask, activation=activation
    )
    assert_close([np.asarray(outputs), np.asarray(final)], [expected, *finals], 1e-5)


class TestAgainstKeras(KerasEquality):
    ours = SimpleRNN
    theirs = keras.layers.SimpleRNN


class TestAgainstKerasWithRecurrentDropout(KerasEquality):
    """Keras's simple cell, too, masks the previous output once for all steps, so the numbers agree."""

    ours = SimpleRNN
    theirs = keras.layers.SimpleRNN
    options = MappingProxyType({"activation": "relu", "recurrent_dropout": 0.3})


@pytest.mark.parametrize("mask", ["none", "holes", "full rows"])
def test_gradients(mask):
    layer = built(SimpleRNN(UNITS, activation="sigmoid", return_sequences=True, return_state=True, dtype="float64"))
    assert_gradients_are_right(layer, sequences(dtype="float64"), states(1, dtype="float64"), mask=MASKS[mask])


@pytest.mark.parametrize(
    "arguments, words",
    [
        ({"units": 0}, ["`units`", "positive integer", "units=0"]),
        ({"units": 2.5}, ["`units`", "positive integer", "units=2.5"]),
        ({"units": 2, "dropout": 1.0}, ["`dropout`", "[0, 1)", "dropout=1.0"]),
        ({"units": 2, "recurrent_dropout": -0.1}, ["`recurrent_dropout`", "[0, 1)", "recurrent_dropout=-0.1"]),
        (
            {"units": 2, "engine": "fast"},
            ["`engine`", "'auto', 'cudnn', 'xla', 'fused', 'linear'", "engine='fast'"],
        ),
        ({"units": 2, "engine": "fused", "unroll": True}, ["engine='fused'", "unroll=True"]),
    ],
)
def test_errors(arguments, words):
    with pytest.raises(ValueError) as error:
        SimpleRNN(**arguments)
    for word in words:
        assert word in str(error.value)
