"""The fused scan against finite differences, the general engine and second derivatives."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from rnnkit.layers import GRU, LSTM, RNN, LeakyRNN, SimpleRNN
from tests.layers.helpers import (
    FEATURES,
    MASKS,
    UNITS,
    assert_close,
    assert_gradients_are_right,
    assert_same,
    built,
    outputs_and_gradients,
    sequences,
    states,
)
from tests.layers.user_cells import NormalizedCell, UpdateGateCell

STATES = {"return_sequences": True, "return_state": True}


def peephole_lstm(units, **options):
    return LSTM(units, peepholes=True, **options)


def learned_leak(units, **options):
    return LeakyRNN(units, learn_alpha=True, **options)


def user_cell(units, dtype=None, engine="auto", dropout=0.0, recurrent_dropout=0.0, seed=None, **options):
    cell = NormalizedCell(units, dtype=dtype, dropout=dropout, recurrent_dropout=recurrent_dropout, seed=seed)
    return RNN(cell, dtype=dtype, engine=engine, **options)


LAYERS = [SimpleRNN, learned_leak, GRU, peephole_lstm, user_cell]


def initial_states(layer, dtype="float64"):
    return [states(1, seed, dtype, units)[0] for seed, units in enumerate(layer.state_size)]


@pytest.mark.parametrize("make", LAYERS)
@pytest.mark.parametrize("mask", MASKS)
def test_engines_agree(make, mask):
    layers = [built(make(UNITS, engine=engine, **STATES)) for engine in ("fused", "general")]
    assert_same(*layers, sequences(), mask=MASKS[mask], initial_state=initial_states(layers[0], "float32"))
    assert [layer.engine_used for layer in layers] == ["fused", "general"]


@pytest.mark.parametrize("make", LAYERS)
def test_gradients_with_recurrent_dropout_and_mask(make):
    layer = built(make(UNITS, dtype="float64", dropout=0.4, recurrent_dropout=0.4, seed=5, **STATES))
    seed_state = layer.cell.seed_generator.state
    start = np.asarray(seed_state)
    assert_gradients_are_right(
        layer,
        sequences(dtype="float64"),
        initial_states(layer),
        mask=MASKS["holes"],
        training=True,
        before=lambda: seed_state.assign(start),
    )


@pytest.mark.parametrize(
    "options",
    [
        STATES,
        {"go_backwards": True},
        *(pytest.param(o, marks=pytest.mark.slow) for o in ({}, {"zero_output_for_mask": True})),
    ],
)
def test_gradients_of_user_cell_with_every_return(options):
    layer = built(user_cell(UNITS, dtype="float64", **options))
    assert_gradients_are_right(layer, sequences(dtype="float64"), initial_states(layer), mask=MASKS["left"])


def penalty_gradient(layer, inputs):
    """The gradient of a penalty on a gradient."""
    sources = [inputs, *(variable.value for variable in layer.trainable_variables)]
    with tf.GradientTape() as outer:
        outer.watch(inputs)
        with tf.GradientTape() as inner:
            inner.watch(inputs)
            loss = tf.reduce_sum(tf.sin(layer(inputs, mask=MASKS["holes"])))
        penalty = tf.add_n([tf.reduce_sum(tf.square(part)) for part in inner.gradient(loss, sources)])
    return outer.gradient(penalty, sources)


@pytest.mark.parametrize(
    "make, compiled",
    [*((make, None) for make in LAYERS), (peephole_lstm, False), (learned_leak, True)],
)
def test_second_derivatives(make, compiled):
    """They are those of plain differentiation, which the general engine leaves to TensorFlow."""
    layers = [built(make(UNITS, engine=engine, dtype="float64")) for engine in ("fused", "general")]
    inputs = tf.constant(sequences(dtype="float64"))
    run = penalty_gradient if compiled is None else tf.function(penalty_gradient, jit_compile=compiled)
    actual, expected = run(layers[0], inputs), penalty_gradient(layers[1], inputs)
    assert_close([*map(np.asarray, actual)], [*map(np.asarray, expected)], 1e-9)


@pytest.mark.parametrize("make", LAYERS)
def test_xla_has_the_gradients_of_eager(make):
    layer = built(make(UNITS, **STATES))

    def gradients(inputs):
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            results = layer(inputs, mask=MASKS["holes"])
            loss = tf.add_n([tf.reduce_sum(tf.sin(result)) for result in results])
        return tape.gradient(loss, [inputs, *(variable.value for variable in layer.trainable_variables)])

    inputs = tf.constant(sequences())
    actual, expected = tf.function(gradients, jit_compile=True)(inputs), gradients(inputs)
    assert_close([*map(np.asarray, actual)], [*map(np.asarray, expected)], 1e-5)


def test_masked_steps_carry_the_state_and_show_zero_before_the_first():
    layer = built(LSTM(UNITS, **STATES))
    initial = states(2)
    outputs, h, c = layer(sequences(), initial_state=initial, mask=MASKS["full rows"])
    np.testing.assert_array_equal(outputs[0], 0.0)
    np.testing.assert_array_equal(h[0], initial[0][0])
    np.testing.assert_array_equal(c[0], initial[1][0])
    np.testing.assert_array_equal(outputs[3, 4], outputs[3, 1])


@pytest.mark.parametrize("dtype", ["int32", "bool", "column"])
def test_masks_of_other_forms(dtype):
    layer = built(GRU(UNITS, return_sequences=True))
    mask = MASKS["holes"][..., None] if dtype == "column" else MASKS["holes"].astype(dtype)
    np.testing.assert_array_equal(layer(sequences(), mask=mask), layer(sequences(), mask=MASKS["holes"]))


@pytest.mark.parametrize("make", [GRU, peephole_lstm])
def test_dynamic_batch_and_time_with_gradients(make):
    layer = built(make(UNITS, **STATES))
    signature = [tf.TensorSpec((None, None, FEATURES)), tf.TensorSpec((None, None), tf.bool)]

    @tf.function(input_signature=signature)
    def run(inputs, mask):
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            loss = tf.add_n([tf.reduce_sum(tf.sin(result)) for result in layer(inputs, mask=mask)])
        return tape.gradient(loss, [inputs, *(variable.value for variable in layer.trainable_variables)])

    def eager(inputs, mask):
        return run.python_function(tf.constant(inputs), tf.constant(mask))

    for time in (1, 3, 5):
        arguments = sequences(time=time), MASKS["left"][:, :time]
        assert_close([*map(np.asarray, run(*arguments))], [*map(np.asarray, eager(*arguments))], 1e-5)


def test_a_sequence_of_no_steps_gives_the_initial_state():
    layer = built(GRU(UNITS, **STATES))
    run = tf.function(layer.call, input_signature=[tf.TensorSpec((None, None, FEATURES))])
    outputs, state = run(np.zeros((4, 0, FEATURES), "float32"))
    assert outputs.shape == (4, 0, UNITS)
    np.testing.assert_array_equal(state, 0.0)


def test_only_what_is_frozen_has_no_gradient():
    layer = built(peephole_lstm(UNITS))
    layer.cell.peephole.trainable = False
    _, gradients = outputs_and_gradients(layer, sequences())
    assert len(gradients) == 1 + 3


def test_the_loop_of_training_holds_two_matmuls():
    """One forward and one backward, whatever the cell; all other matmuls stand outside the loops."""
    layer = built(RNN(UpdateGateCell(UNITS)))

    @tf.function
    def train(inputs):
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(layer(inputs, training=True))
        return tape.gradient(loss, [variable.value for variable in layer.trainable_variables])

    library = train.get_concrete_function(sequences()).graph.as_graph_def().library
    bodies = [function for function in library.function if "while_body" in function.signature.name]
    assert [sum(node.op == "MatMul" for node in body.node_def) for body in bodies] == [1, 1]


def test_fit_in_mixed_precision():
    inputs = keras.Input((None, FEATURES), dtype="float32")
    hidden = LSTM(UNITS, dropout=0.2, recurrent_dropout=0.2, peepholes=True, dtype="mixed_bfloat16")(inputs)
    model = keras.Model(inputs, keras.layers.Dense(1, dtype="float32")(hidden))
    model.compile("adam", "mse")
    history = model.fit(sequences(), sequences()[:, 0, :1], epochs=3, verbose=0).history
    assert np.all(np.isfinite(history["loss"]))
