import keras
import numpy as np
import pytest

from rnnkit.layers import GRU, LSTM, Bidirectional, LeakyRNN, RNNStack
from tests.layers.helpers import FEATURES, MASKS, TIME, UNITS, assert_gradients_are_right, built, sequences


def layers(last=None, **options):
    return [
        Bidirectional(LSTM(2, return_sequences=True, **options), **options),
        GRU(UNITS, return_sequences=True, **options),
        LeakyRNN(UNITS, **{"return_sequences": True, **options, **(last or {})}),
    ]


def by_hand(stack, inputs, mask=None):
    """The stack's equations, layer by layer."""
    previous = inputs
    for index, layer in enumerate(stack.layers):
        seen = np.concatenate([previous, inputs], axis=-1) if index and stack.connection == "skip" else previous
        output = np.asarray(layer(seen, mask=mask))
        same_width = output.shape[-1] == previous.shape[-1]
        previous = output + previous if stack.connection == "residual" and same_width else output
    return previous


@pytest.mark.parametrize("connection", [None, "residual", "skip"])
@pytest.mark.parametrize("mask", ["none", "right", "holes"])
def test_equals_its_layers_one_by_one(connection, mask):
    stack = built(RNNStack(layers(), connection=connection))
    outputs = stack(sequences(), mask=MASKS[mask])
    np.testing.assert_allclose(outputs, by_hand(stack, sequences(), MASKS[mask]), atol=1e-5)
    assert outputs.shape == stack.compute_output_shape(sequences().shape)
    assert stack.engine_used == (("fused", "fused"), "fused", "fused")


def test_the_first_layer_has_a_residual_only_where_widths_agree():
    equal = built(RNNStack([GRU(FEATURES, return_sequences=True)], connection="residual"))
    np.testing.assert_allclose(equal(sequences()), equal.layers[0](sequences()) + sequences(), atol=1e-6)
    other = built(RNNStack([GRU(UNITS, return_sequences=True)], connection="residual"))
    np.testing.assert_allclose(other(sequences()), other.layers[0](sequences()), atol=1e-6)


@pytest.mark.parametrize("connection", [None, "residual", "skip"])
@pytest.mark.parametrize("mask", ["none", "right", "full rows"])
def test_the_last_output_is_that_of_the_last_step(connection, mask):
    sequence = built(RNNStack(layers(), connection=connection))
    last = built(RNNStack(layers({"return_sequences": False, "return_state": True}), connection=connection))
    outputs = np.asarray(sequence(sequences(), mask=MASKS[mask]))
    output, state = last(sequences(), mask=MASKS[mask])
    for row in range(len(outputs)):
        length = TIME if MASKS[mask] is None else int(MASKS[mask][row].sum())
        expected = outputs[row, length - 1] if length else np.zeros(UNITS)
        np.testing.assert_allclose(output[row], expected, atol=1e-5)
    assert [tuple(shape) for shape in last.compute_output_shape(sequences().shape)] == [output.shape, state.shape]


def test_dropout_between_the_layers_in_training_only():
    stack = built(RNNStack(layers(), dropout=0.5, seed=3))
    plain = built(RNNStack(layers()))
    np.testing.assert_array_equal(stack(sequences()), plain(sequences()))
    assert not np.allclose(stack(sequences(), training=True), plain(sequences()))


def test_hands_the_mask_on_in_a_model():
    inputs = keras.Input((None,))
    embedded = keras.layers.Embedding(9, UNITS, mask_zero=True)(inputs)
    model = keras.Model(inputs, RNNStack(layers(), connection="residual")(embedded))
    tokens = np.array([[3, 4, 5, 0, 0]])
    np.testing.assert_allclose(model(tokens)[:, :3], model(tokens[:, :3]), atol=1e-5)


def test_stateful_layers_are_reset():
    stack = RNNStack([GRU(UNITS, stateful=True)])
    first = stack(sequences())
    assert not np.allclose(stack(sequences()), first)
    stack.reset_state()
    np.testing.assert_array_equal(stack(sequences()), first)


@pytest.mark.parametrize("connection", ["residual", "skip"])
def test_gradients(connection):
    stack = built(RNNStack(layers(dtype="float64"), connection=connection, dtype="float64"))
    assert_gradients_are_right(stack, sequences(dtype="float64"), mask=MASKS["holes"])


@pytest.mark.parametrize(
    "make, error, words",
    [
        (lambda: RNNStack([]), ValueError, ["`layers`", "at least one"]),
        (lambda: RNNStack([keras.layers.Dense(3)]), TypeError, ["recurrent layers", "Dense"]),
        (lambda: RNNStack([LSTM(2, name="low"), LSTM(2)]), ValueError, ["layer low", "return_sequences=True"]),
        (lambda: RNNStack([LSTM(2, go_backwards=True, name="back")]), ValueError, ["layer back", "go_backwards"]),
        (lambda: RNNStack([Bidirectional(LSTM(2), merge_mode=None, name="two")]), ValueError, ["two", "merge_mode"]),
        (lambda: RNNStack([LSTM(2)], connection="dense"), ValueError, ["`connection`", "'skip'", "'dense'"]),
        (lambda: RNNStack([LSTM(2)], dropout=1), ValueError, ["`dropout`", "[0, 1)"]),
        (
            lambda: RNNStack([Bidirectional(LSTM(2), name="both")], connection="residual"),
            ValueError,
            ["layer both", "return_sequences=True", "Pool"],
        ),
        (
            lambda: RNNStack([LSTM(2, return_sequences=True), LSTM(3, name="wide")], connection="residual").build(
                (None, TIME, FEATURES)
            ),
            ValueError,
            ["layer wide", "input 2, output 3", "equal"],
        ),
    ],
)
def test_errors(make, error, words):
    with pytest.raises(error) as raised:
        make()
    for word in words:
        assert word in str(raised.value)
