import keras
import numpy as np
import pytest

from rnnkit.layers import GRU, LSTM, Bidirectional, LeakyRNN
from tests.layers.helpers import (
    BATCH,
    FEATURES,
    MASKS,
    TIME,
    UNITS,
    assert_gradients_are_right,
    assert_same,
    built,
    sequences,
    states,
)

MODES = ["concat", "sum", "mul", "ave", None]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("options", [{}, {"return_sequences": True}, {"return_sequences": True, "return_state": True}])
def test_equals_keras(mode, options):
    ours = built(Bidirectional(LSTM(UNITS, **options), merge_mode=mode))
    theirs = built(keras.layers.Bidirectional(keras.layers.LSTM(UNITS, **options), merge_mode=mode))
    for mask in ("none", "right", "full rows"):
        assert_same(ours, theirs, sequences(), mask=MASKS[mask], initial_state=states(4))
    assert ours.engine_used == ("fused", "fused")


@pytest.mark.parametrize("mode", ["concat", None])
@pytest.mark.parametrize("return_state", [False, True])
@pytest.mark.parametrize("return_sequences", [False, True])
def test_two_different_layers_report_their_shape_and_mask_rightly(mode, return_state, return_sequences):
    options = {"return_state": return_state, "return_sequences": return_sequences}
    layer = Bidirectional(LSTM(UNITS, **options), merge_mode=mode, backward_layer=GRU(2, go_backwards=True, **options))
    symbolic = layer(keras.Input((TIME, FEATURES), batch_size=BATCH))
    shapes = layer.compute_output_shape((BATCH, TIME, FEATURES))
    results = layer(sequences(), initial_state=states(2) + states(1, units=2))
    assert keras.tree.map_structure(lambda tensor: tuple(tensor.shape), results) == shapes
    assert keras.tree.map_structure(lambda tensor: tuple(tensor.shape), symbolic) == shapes
    masks = keras.tree.flatten(layer.compute_mask(None, MASKS["right"]))
    outputs = 2 if mode is None else 1
    assert len(masks) == len(keras.tree.flatten(results))
    assert [mask is not None for mask in masks] == [return_sequences] * outputs + [False] * (len(masks) - outputs)


def test_two_different_layers_equal_each_alone():
    forward, backward = LSTM(UNITS, return_sequences=True), LeakyRNN(2, return_sequences=True, go_backwards=True)
    layer = built(Bidirectional(forward, backward_layer=backward))
    outputs = np.asarray(layer(sequences()))
    np.testing.assert_allclose(outputs[..., :UNITS], layer.forward_layer(sequences()), atol=1e-6)
    np.testing.assert_allclose(outputs[..., UNITS:], layer.backward_layer(sequences())[:, ::-1], atol=1e-6)


def test_padding_changes_nothing():
    layer = built(Bidirectional(GRU(UNITS, return_sequences=True)))
    mask = MASKS["right"]
    outputs = np.asarray(layer(sequences(), mask=mask))
    for row, length in enumerate(mask.sum(axis=1)):
        np.testing.assert_allclose(outputs[row, :length], layer(sequences()[row : row + 1, :length])[0], atol=1e-5)
        np.testing.assert_array_equal(outputs[row, length:], 0.0)


def test_gradients():
    layer = built(Bidirectional(GRU(UNITS, return_sequences=True, dtype="float64"), dtype="float64"))
    assert_gradients_are_right(layer, sequences(dtype="float64"), states(2, dtype="float64"), mask=MASKS["holes"])


def test_errors():
    with pytest.raises(ValueError, match=r"merge_mode='sum' needs two layers of the same width.*widths 4 and 2"):
        Bidirectional(LSTM(4), merge_mode="sum", backward_layer=GRU(2, go_backwards=True)).build((None, TIME, FEATURES))
    with pytest.raises(ValueError, match="go_backwards"):
        Bidirectional(LSTM(4), backward_layer=LSTM(4))
