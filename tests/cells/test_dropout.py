import keras
import numpy as np
import pytest
import tensorflow as tf

from rnnkit.cells import GRUCell, LSTMCell, SimpleRNNCell
from rnnkit.cells.dropout import KerasMixin
from rnnkit.layers import RNN


def test_keras_dropout_mixin_contract():
    """The mixin is not exported by Keras: this fails when Keras changes what `rnnkit.cells.dropout` relies on."""
    cell = SimpleRNNCell(2, dropout=0.5, recurrent_dropout=0.5)
    ones = np.ones((3, 2), "float32")
    first = cell.get_dropout_mask(ones)
    assert cell.get_dropout_mask(ones) is first
    cell.reset_dropout_mask()
    assert cell.get_dropout_mask(ones) is not first
    first = cell.get_recurrent_dropout_mask(ones)
    assert cell.get_recurrent_dropout_mask(ones) is first
    cell.reset_recurrent_dropout_mask()
    assert cell.get_recurrent_dropout_mask(ones) is not first
    for keras_cell in (keras.layers.SimpleRNNCell, keras.layers.GRUCell, keras.layers.LSTMCell):
        assert issubclass(keras_cell, KerasMixin)


@pytest.mark.parametrize(
    "make",
    [
        keras.layers.RNN,
        lambda cell, **options: RNN(cell, engine="fused", **options),
        lambda cell, **options: RNN(cell, engine="general", **options),
        lambda cell, **options: RNN([cell], **options),
    ],
    ids=["keras", "fused", "general", "stacked"],
)
def test_one_mask_for_all_steps_and_another_for_the_next_batch(make):
    cell = SimpleRNNCell(
        6, "linear", kernel_initializer="identity", recurrent_initializer="zeros", dropout=0.5, seed=11
    )
    layer = make(cell, return_sequences=True)
    inputs = np.ones((2, 4, 6), "float32")
    first, second = (np.asarray(layer(inputs, training=True)) for _ in range(2))
    for outputs in (first, second):
        assert set(np.unique(outputs)) == {0.0, 2.0}
        np.testing.assert_array_equal(outputs, np.repeat(outputs[:, :1], 4, axis=1))
    assert np.any(first != second)
    np.testing.assert_array_equal(layer(inputs), inputs)


@pytest.mark.parametrize("make", [keras.layers.RNN, RNN])
def test_one_recurrent_mask_for_all_steps(make):
    cell = SimpleRNNCell(
        6, "linear", kernel_initializer="zeros", recurrent_initializer="identity", recurrent_dropout=0.5, seed=11
    )
    outputs = np.asarray(
        make(cell, return_sequences=True)(np.ones((2, 4, 6)), initial_state=[np.ones((2, 6))], training=True)
    )
    np.testing.assert_array_equal(outputs, outputs[:, :1] * (2.0 ** np.arange(4))[:, None])
    assert set(np.unique(outputs[:, 0])) == {0.0, 2.0}


@pytest.mark.parametrize("make", [SimpleRNNCell, GRUCell, LSTMCell])
def test_the_same_seed_gives_the_same_and_the_state_is_a_variable(make):
    results = []
    for _ in range(2):
        layer = RNN(make(3, dropout=0.5, recurrent_dropout=0.5, seed=4, kernel_initializer="ones"))
        layer.build((2, 5, 3))
        layer.set_weights([np.full(value.shape, 0.1) for value in layer.get_weights()])
        results.append(np.asarray(layer(np.ones((2, 5, 3)), training=True)))
    np.testing.assert_array_equal(*results)
    assert [variable.name for variable in layer.non_trainable_variables] == ["seed_generator_state"]


@pytest.mark.parametrize("engine", ["fused", "general"])
@pytest.mark.parametrize("cell", [SimpleRNNCell, LSTMCell, GRUCell])
def test_inference_draws_no_masks(cell, engine):
    layer = RNN(cell(3, dropout=0.5, recurrent_dropout=0.5, seed=2), engine=engine)
    inputs = np.ones((2, 4, 6), "float32")
    layer(inputs, training=True)
    state = np.asarray(layer.cell.seed_generator.state)
    layer(inputs)
    np.testing.assert_array_equal(layer.cell.seed_generator.state, state)
    graph = tf.function(lambda: layer(inputs)).get_concrete_function().graph
    assert not [op.name for op in graph.get_operations() if "Random" in op.type or "Assign" in op.type]
    layer(inputs, training=True)
    assert np.any(np.asarray(layer.cell.seed_generator.state) != state)
