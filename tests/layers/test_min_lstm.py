import keras
import numpy as np
import pytest

from rnnkit.layers import MinLSTM
from tests.layers import reference
from tests.layers.helpers import MASKS, UNITS, assert_close, assert_gradients_are_right, built, sequences, states


@pytest.mark.parametrize("activation", ["linear_sigmoid", "linear"])
@pytest.mark.parametrize("mask", MASKS.values(), ids=MASKS)
def test_equals_the_equations(activation, mask):
    layer = built(MinLSTM(UNITS, activation=activation, return_sequences=True, return_state=True))
    initial = states(1)
    outputs, final = layer(sequences(), initial_state=initial, mask=mask)
    expected, finals = reference.run(
        reference.min_lstm_step, sequences(), initial, layer.get_weights(), mask, activation=activation
    )
    assert_close([np.asarray(outputs), np.asarray(final)], [expected, *finals], 1e-5)


@pytest.mark.parametrize("mask", ["none", "holes", "full rows"])
def test_gradients(mask):
    layer = built(MinLSTM(UNITS, return_sequences=True, return_state=True, dtype="float64"))
    assert_gradients_are_right(layer, sequences(dtype="float64"), states(1, dtype="float64"), mask=MASKS[mask])


def test_two_closed_gates_share_as_their_logarithms_say():
    """Where sigmoid underflows in both gates, the naive quotient is 0 / 0."""
    cell = MinLSTM(1).cell
    projected = keras.ops.array([[-300.0, -300.0, 0.0], [-300.0, -310.0, 0.0], [-310.0, -300.0, 0.0]])
    decay, _ = cell.coefficients(projected)
    sigmoid = 1.0 / (1.0 + np.exp(-10.0))
    np.testing.assert_allclose(decay, [[0.5], [sigmoid], [1.0 - sigmoid]], rtol=1e-4)


def test_errors():
    with pytest.raises(ValueError, match=r"`units` must be a positive integer\. Received: units=-1"):
        MinLSTM(-1)
