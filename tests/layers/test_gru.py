from types import MappingProxyType

import keras
import numpy as np
import pytest

from rnnkit.layers import GRU
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


@pytest.mark.parametrize("reset_after", [True, False])
@pytest.mark.parametrize("mask", MASKS.values(), ids=MASKS)
def test_equals_the_equations(reset_after, mask):
    layer = built(GRU(UNITS, reset_after=reset_after, return_sequences=True, return_state=True))
    initial = states(1)
    outputs, final = layer(sequences(), initial_state=initial, mask=mask)
    expected, finals = reference.run(
        reference.gru_step, sequences(), initial, layer.get_weights(), mask, reset_after=reset_after
    )
    assert_close([np.asarray(outputs), np.asarray(final)], [expected, *finals], 1e-5)
    assert layer.engine_used == ("fused" if reset_after else "general")


class TestAgainstKeras(KerasEquality):
    ours = GRU
    theirs = keras.layers.GRU


class TestAgainstKerasResetBefore(KerasEquality):
    ours = GRU
    theirs = keras.layers.GRU
    options = MappingProxyType({"reset_after": False})


@pytest.mark.parametrize("mask", ["none", "holes", "full rows"])
def test_gradients(mask):
    layer = built(GRU(UNITS, return_sequences=True, return_state=True, dtype="float64"))
    assert_gradients_are_right(layer, sequences(dtype="float64"), states(1, dtype="float64"), mask=MASKS[mask])


@pytest.mark.parametrize("reset_after", [True, False])
def test_trains_with_both_dropouts(reset_after):
    layer = built(GRU(UNITS, dropout=0.5, recurrent_dropout=0.5, reset_after=reset_after, seed=3))
    assert not np.allclose(layer(sequences(), training=True), layer(sequences()))


@pytest.mark.parametrize(
    "arguments, words",
    [
        ({"units": -3}, ["`units`", "positive integer", "-3"]),
        ({"units": 2, "implementation": 5}, ["`implementation`", "[0, 1, 2]", "5"]),
        ({"units": 2, "use_cudnn": "yes"}, ["`use_cudnn`", "'auto', True, False", "'yes'"]),
        ({"units": 2, "reset_after": False, "engine": "fused"}, ["engine='fused'", "reset_after=False", "matmul"]),
    ],
)
def test_errors(arguments, words):
    with pytest.raises(ValueError) as error:
        GRU(**arguments)
    for word in words:
        assert word in str(error.value)
