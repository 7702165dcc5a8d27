import keras
import numpy as np
import pytest

from rnnkit.layers import GRU, LSTM, RNN, Bidirectional, GRUCell, LeakyRNN, LSTMCell, RNNStack, StackedRNNCells
from tests.layers.helpers import BATCH, FEATURES, MASKS, TIME, UNITS, assert_gradients_are_right, built, sequences


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


def one_way(connection=None, **options):
    """A stack of one direction that returns all states."""
    options = {"return_sequences": True, "return_state": True, "dtype": "float64", **options}
    cells = StackedRNNCells([LSTMCell(3, dtype="float64"), GRUCell(UNITS, dtype="float64")], dtype="float64")
    layers = [LSTM(UNITS, **options), RNN(cells, **options), LeakyRNN(UNITS, **options)]
    return built(RNNStack(layers, connection=connection, dtype="float64"))


def initial_states(sizes):
    generator = np.random.default_rng(5)
    return [generator.normal(size=(BATCH, size)) for size in sizes]


@pytest.mark.parametrize("connection", [None, "residual", "skip"])
@pytest.mark.parametrize("mask", ["none", "holes"])
def test_states_go_in_and_out(connection, mask):
    """A sequence in two halves, the second beginning as the first ended, gives what it gives as a whole."""
    stack = one_way(connection)
    inputs, masks = sequences(dtype="float64"), MASKS[mask]
    assert stack.state_size == [UNITS, UNITS, 3, 3, UNITS, UNITS]
    begin = initial_states(stack.state_size)
    whole, *ends = stack(inputs, initial_state=begin, mask=masks)
    first, second = (None, None) if masks is None else (masks[:, :2], masks[:, 2:])
    _, *states = stack(inputs[:, :2], initial_state=begin, mask=first)
    rest, *states = stack(inputs[:, 2:], initial_state=states, mask=second)
    shown = slice(None) if second is None else second
    np.testing.assert_allclose(np.asarray(rest)[shown], np.asarray(whole)[:, 2:][shown], atol=1e-12)
    for state, end in zip(states, ends, strict=True):
        np.testing.assert_allclose(state, end, atol=1e-12)
    shapes = [tuple(shape) for shape in stack.compute_output_shape(inputs.shape)]
    assert shapes == [tuple(result.shape) for result in (whole, *ends)]


@pytest.mark.parametrize("connection", [None, "residual", "skip"])
def test_step_by_step_equals_the_whole_sequence(connection):
    stack = one_way(connection)
    inputs, states = sequences(dtype="float64"), stack.get_initial_state(BATCH)
    outputs, *ends = stack(inputs)
    for time in range(TIME):
        output, states = stack.step(inputs[:, time], states)
        np.testing.assert_allclose(output, outputs[:, time], atol=1e-12)
    for state, end in zip(states, ends, strict=True):
        np.testing.assert_allclose(state, end, atol=1e-12)


def test_the_states_of_both_directions():
    options = {"return_sequences": True, "return_state": True}
    stack = built(RNNStack([Bidirectional(LSTM(2, **options)), GRU(UNITS, return_sequences=True)]))
    assert stack.state_size == [2, 2, 2, 2, UNITS]
    begin = [state.astype("float32") for state in initial_states(stack.state_size)]
    output, *states = stack(sequences(), initial_state=begin)
    middle, *expected = stack.layers[0](sequences(), initial_state=begin[:4])
    for state, other in zip(states, expected, strict=True):
        np.testing.assert_allclose(state, other, atol=1e-6)
    np.testing.assert_allclose(output, stack.layers[1](middle, initial_state=begin[4:]), atol=1e-6)
    assert [tuple(state.shape) for state in stack.get_initial_state(3)] == [(3, 2)] * 4 + [(3, UNITS)]


def test_steps_in_training_share_their_masks():
    cells = {"dropout": 0.5, "recurrent_dropout": 0.5, "seed": 1, "dtype": "float64"}

    def stack():
        return built(RNNStack([GRU(UNITS, return_sequences=True, **cells), LSTM(UNITS, **cells)], dtype="float64"))

    inputs, one, other = sequences(dtype="float64"), stack(), stack()
    states = one.get_initial_state(BATCH)
    with one.stepping(inputs[:, 0], states, training=True):
        for time in range(TIME):
            output, states = one.step(inputs[:, time], states, training=True)
    np.testing.assert_allclose(output, other(inputs, training=True), atol=1e-12)
    np.testing.assert_array_equal(one(inputs), one(inputs))
    assert not np.allclose(output, one(inputs))


def test_in_a_functional_model():
    inputs, state = keras.Input((None, FEATURES)), keras.Input((UNITS,))
    stack = RNNStack([GRU(UNITS, return_sequences=True), GRU(UNITS, return_sequences=True, return_state=True)])
    model = keras.Model([inputs, state], stack(inputs, initial_state=[state, state]))
    outputs, end = model([sequences(), np.ones((BATCH, UNITS), "float32")])
    np.testing.assert_allclose(outputs[:, -1], end, atol=1e-6)


@pytest.mark.parametrize("connection", ["residual", pytest.param("skip", marks=pytest.mark.slow)])
def test_gradients(connection):
    stack = built(RNNStack(layers(dtype="float64"), connection=connection, dtype="float64"))
    assert_gradients_are_right(stack, sequences(dtype="float64"), mask=MASKS["holes"])


def test_gradients_for_states():
    stack = one_way("residual")
    begin = initial_states(stack.state_size)
    assert_gradients_are_right(stack, sequences(dtype="float64"), begin, mask=MASKS["holes"])


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
            lambda: RNNStack([GRU(2)])(sequences(), initial_state=[np.ones((BATCH, 2))] * 2),
            ValueError,
            ["`initial_state`", "1 states", "[2]", "2 states"],
        ),
        (
            lambda: RNNStack([Bidirectional(GRU(2), name="both")]).step(sequences()[:, 0], []),
            ValueError,
            ["layer both", "one direction"],
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
