import inspect

import keras
import numpy as np
import pytest

from rnnkit.layers import LSTM, RNN, GRUCell, LSTMCell, StackedRNNCells
from tests.layers.helpers import FEATURES, MASKS, UNITS, assert_same, built, sequences
from tests.layers.user_cells import AttentiveCell, NormalizedCell, UpdateGateCell


def test_keras_rnn_inner_loop_contract():
    """`keras.layers.RNN.inner_loop` is undocumented: this fails when Keras changes what our `RNN` relies on."""
    parameters = inspect.signature(keras.layers.RNN.inner_loop).parameters
    assert list(parameters) == ["self", "sequences", "initial_state", "mask", "training"]

    class Recording(keras.layers.RNN):
        def inner_loop(self, sequences, initial_state, mask, training=False):
            self.results = super().inner_loop(sequences, initial_state, mask, training=training)
            self.received = sequences, initial_state, mask, training
            return self.results

    layer = Recording(keras.layers.LSTMCell(UNITS), return_sequences=True, return_state=True)
    outputs, *finals = layer(sequences(), mask=MASKS["right"], training=True)
    received, initial_state, mask, training = layer.received
    assert received.shape == (4, 5, FEATURES) and mask.shape == (4, 5) and training is True
    assert isinstance(initial_state, list) and [state.shape for state in initial_state] == [(4, UNITS)] * 2
    last_output, all_outputs, states = layer.results
    np.testing.assert_array_equal(outputs, all_outputs)
    np.testing.assert_array_equal(last_output, all_outputs[:, -1])
    for final, state in zip(finals, states, strict=True):
        np.testing.assert_array_equal(final, state)


def test_engine_used_is_none_before_the_first_call():
    layer = RNN(LSTMCell(UNITS))
    assert layer.engine_used is None
    layer(sequences())
    assert layer.engine_used == "fused"


@pytest.mark.parametrize(
    "make, engine",
    [
        (lambda: RNN(GRUCell(UNITS)), "fused"),
        (lambda: RNN(GRUCell(UNITS), unroll=True), "general"),
        (lambda: RNN(GRUCell(UNITS), engine="general"), "general"),
        (lambda: RNN(GRUCell(UNITS, reset_after=False)), "general"),
        (lambda: RNN(GRUCell(UNITS, dtype="float64"), dtype="float32"), "general"),
        (lambda: RNN(keras.layers.GRUCell(UNITS)), "general"),
        (lambda: RNN([GRUCell(UNITS), GRUCell(UNITS)]), "general"),
        (lambda: RNN(UpdateGateCell(UNITS)), "fused"),
        (lambda: RNN(AttentiveCell(UNITS)), "general"),
    ],
)
def test_engine_auto(make, engine):
    layer = make()
    layer(sequences())
    assert layer.engine_used == engine


@pytest.mark.parametrize(
    "make, reason",
    [
        (lambda: RNN(keras.layers.GRUCell(2), engine="fused"), "no rnnkit.cells.FusedCell"),
        (lambda: RNN([GRUCell(2)], engine="fused"), "StackedRNNCells, is no rnnkit.cells.FusedCell"),
        (lambda: RNN(GRUCell(2), unroll=True, engine="fused"), "unroll=True"),
        (lambda: RNN(GRUCell(2, dtype="float64"), engine="fused"), "give both the same `dtype`"),
    ],
)
def test_a_forced_engine_that_cannot_be_is_refused_with_the_reason(make, reason):
    with pytest.raises(ValueError, match="engine='fused' cannot run this layer") as error:
        make()
    assert reason in str(error.value)


@pytest.mark.parametrize("make_cell", [UpdateGateCell, NormalizedCell, LSTMCell, GRUCell])
@pytest.mark.parametrize("mask", ["none", "holes", "full rows"])
def test_a_cell_gives_the_same_in_keras_rnn_and_on_both_engines(make_cell, mask):
    options = {"return_sequences": True, "return_state": True}
    theirs = built(keras.layers.RNN(make_cell(UNITS), **options))
    for engine in ("fused", "general"):
        ours = built(RNN(make_cell(UNITS), engine=engine, **options))
        assert_same(ours, theirs, sequences(), mask=MASKS[mask])
        assert ours.engine_used == engine


def test_a_list_of_cells_becomes_our_stack_of_cells():
    layer = RNN([LSTMCell(UNITS), GRUCell(2)], return_state=True)
    assert isinstance(layer.cell, StackedRNNCells)
    output, *states = layer(sequences())
    shapes = [tensor.shape for tensor in (output, *keras.tree.flatten(states))]
    assert shapes == [(4, 2), (4, UNITS), (4, UNITS), (4, 2)]


def test_stacked_cells_equal_stacked_layers():
    cells = built(RNN([LSTMCell(UNITS), GRUCell(2)], return_sequences=True))
    first = LSTM(UNITS, return_sequences=True)
    second = RNN(GRUCell(2), return_sequences=True)
    hidden = first(sequences())
    second(hidden)
    first.set_weights(cells.get_weights()[:3])
    second.set_weights(cells.get_weights()[3:])
    np.testing.assert_allclose(cells(sequences()), second(first(sequences())), atol=1e-5)


def test_stacked_cells_need_a_cell():
    with pytest.raises(ValueError, match="`cells` must hold at least one cell"):
        StackedRNNCells([])
