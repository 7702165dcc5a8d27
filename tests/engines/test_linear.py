"""The linear engine against a plain loop: every way to cut time, gradients of both orders, long sequences."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import ops

from rnnkit.cells import LinearCell, LinearLeakyCell, MinGRUCell, MinLSTMCell
from rnnkit.engines import chunks, linear_scan
from rnnkit.layers import RNN
from tests.layers.helpers import (
    BATCH,
    FEATURES,
    MASKS,
    TIME,
    UNITS,
    assert_close,
    assert_gradients_are_right,
    assert_same,
    built,
    sequences,
    states,
)

STATES = {"return_sequences": True, "return_state": True}


@keras.saving.register_keras_serializable(package="tests")
class ScaledCell(LinearCell):
    """A cell as a user would write it, with a weight of its own, whose decay and increment are `projected`."""

    gates = 2

    def build(self, input_shape):
        super().build(input_shape)
        self.scale = self.add_weight(shape=(self.units,), name="scale", initializer="ones")

    def coefficients(self, projected):
        decay, increment = ops.split(projected, 2, axis=-1)
        return decay, self.scale * increment


def learned_leak(units, **options):
    return LinearLeakyCell(units, time_constants=(1, 20), learn_alpha=True, **options)


CELLS = [MinGRUCell, MinLSTMCell, learned_leak, ScaledCell]


def layer_of(make, engine="linear", dtype="float64", **options):
    return built(RNN(make(UNITS, dtype=dtype), engine=engine, dtype=dtype, **STATES, **options))


@pytest.fixture(params=[2, 3, 100], ids=["chunks of 2 steps", "chunks of 3 steps", "one chunk"])
def cut(request, monkeypatch):
    monkeypatch.setattr(chunks, "STEPS", request.param)


@pytest.mark.parametrize("time", [1, 9, *(pytest.param(time, marks=pytest.mark.slow) for time in (2, 7))])
@pytest.mark.parametrize("make", CELLS)
def test_engines_agree(make, time, cut):
    inputs = sequences(dtype="float64", time=time)
    layers = [layer_of(make, engine) for engine in ("linear", "general")]
    assert_same(*layers, inputs, 1e-12, 1e-12, initial_state=states(1, dtype="float64"))
    assert [layer.engine_used for layer in layers] == ["linear", "general"]


@pytest.mark.parametrize("options", [{}, {"go_backwards": True}, {"zero_output_for_mask": True}])
@pytest.mark.parametrize("mask", MASKS)
def test_engines_agree_under_masks(mask, options, cut):
    layers = [layer_of(MinGRUCell, engine, **options) for engine in ("linear", "general")]
    call = {"mask": MASKS[mask], "initial_state": states(1, dtype="float64")}
    assert_same(*layers, sequences(dtype="float64"), 1e-12, 1e-12, **call)


@pytest.mark.parametrize("make", CELLS)
def test_gradients(make, cut):
    layer = layer_of(make)
    assert_gradients_are_right(layer, sequences(dtype="float64"), states(1, dtype="float64"), mask=MASKS["holes"])


@pytest.mark.parametrize("make", CELLS)
def test_second_derivatives(make, cut):
    inputs = tf.constant(sequences(dtype="float64"))

    def penalty_gradient(layer):
        sources = [inputs, *(variable.value for variable in layer.trainable_variables)]
        with tf.GradientTape() as outer:
            outer.watch(inputs)
            with tf.GradientTape() as inner:
                inner.watch(inputs)
                loss = tf.reduce_sum(tf.sin(layer(inputs, mask=MASKS["holes"])[0]))
            penalty = tf.add_n([tf.reduce_sum(tf.sin(part)) for part in inner.gradient(loss, sources)])
        return [np.asarray(part) for part in outer.gradient(penalty, sources)]

    assert_close(*(penalty_gradient(layer_of(make, engine)) for engine in ("linear", "general")), 1e-10)


@pytest.mark.parametrize("time", [5, *(pytest.param(time, marks=pytest.mark.slow) for time in (1, 9))])
@pytest.mark.parametrize("make", CELLS)
def test_compiled_loops_give_the_same(make, time, cut):
    cell = layer_of(make).cell
    inputs, initial = tf.constant(sequences(dtype="float64", time=time)), tf.constant(states(1, dtype="float64")[0])

    @tf.function
    def run(compile_loops):
        with tf.GradientTape() as tape:
            tape.watch([inputs, initial])
            options = {"mask": None, "training": True, "go_backwards": False, "zero_output_for_mask": False}
            last, outputs, _ = linear_scan(
                cell, inputs, [initial], return_sequences=True, compile_loops=compile_loops, **options
            )
            loss = tf.reduce_sum(tf.sin(outputs)) + tf.reduce_sum(last)
        return outputs, *tape.gradient(
            loss, [inputs, initial, *(variable.value for variable in cell.trainable_variables)]
        )

    assert_close(*([np.asarray(part) for part in run(compiled)] for compiled in (True, False)), 1e-12)


def test_dynamic_batch_and_time_with_gradients(cut):
    layer = layer_of(MinGRUCell)
    signature = [tf.TensorSpec((None, None, FEATURES), tf.float64), tf.TensorSpec((None, None), tf.bool)]

    @tf.function(input_signature=signature)
    def run(inputs, mask):
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            loss = tf.add_n([tf.reduce_sum(tf.sin(result)) for result in layer(inputs, mask=mask)])
        return tape.gradient(loss, [inputs, *(variable.value for variable in layer.trainable_variables)])

    for time in (1, 3, 5):
        arguments = [tf.constant(part) for part in (sequences(dtype="float64")[:, :time], MASKS["left"][:, :time])]
        assert_close(*([np.asarray(part) for part in way(*arguments)] for way in (run, run.python_function)), 1e-12)


def test_a_sequence_of_no_steps_gives_the_initial_state():
    layer = layer_of(MinGRUCell)
    initial = tf.constant(states(1, dtype="float64")[0])
    signature = [tf.TensorSpec((BATCH, None, FEATURES), tf.float64)]
    run = tf.function(lambda inputs: layer(inputs, initial_state=[initial]), input_signature=signature)
    outputs, state = run(np.zeros((BATCH, 0, FEATURES)))
    assert outputs.shape == (BATCH, 0, UNITS)
    np.testing.assert_array_equal(state, initial)


def scaled(decay, increment):
    """A layer whose every step has one given decay and increment."""
    layer = RNN(ScaledCell(1, use_bias=False), engine="linear", **STATES)
    layer.build((None, None, 1))
    layer.set_weights([np.array([[decay, increment]]), np.ones(1)])
    return layer


@pytest.mark.parametrize("decay, expected", [(0.0, np.ones(TIME)), (1.0, 0.5 + np.arange(1, TIME + 1))])
def test_decays_of_exactly_zero_and_one(decay, expected, cut):
    layer, ones = scaled(decay, 1.0), tf.ones((1, TIME, 1))
    with tf.GradientTape() as tape:
        tape.watch(ones)
        outputs, _ = layer(ones, initial_state=[tf.constant([[0.5]])])
    np.testing.assert_allclose(outputs[0, :, 0], expected)
    assert np.all(np.isfinite(tape.gradient(outputs, ones)))


@pytest.mark.parametrize("decay", [1e-30, 0.5, 0.9999])
def test_a_very_long_sequence_is_the_closed_form(decay):
    """Products of decays underflow to zero, which is right, and nothing divides by them."""
    time = 20_000
    layer, ones = scaled(decay, 1.0 - decay), tf.ones((1, time, 1))
    with tf.GradientTape() as tape:
        tape.watch(ones)
        outputs, final = layer(ones, initial_state=[tf.zeros((1, 1))])
        last = tf.reduce_sum(final)
    expected = 1.0 - float(np.float32(decay)) ** np.arange(1, time + 1)
    np.testing.assert_allclose(outputs[0, :, 0], expected, rtol=2e-3)
    assert np.all(np.isfinite(tape.gradient(last, ones)))


def test_half_precision_keeps_a_long_memory():
    """A decay of 0.9999 is 1 in bfloat16, with which the state would grow without bound."""
    layer = RNN(
        LinearLeakyCell(1, alpha=0.9999, kernel_initializer="ones", dtype="mixed_bfloat16"),
        engine="linear",
        dtype="mixed_bfloat16",
    )
    np.testing.assert_allclose(np.float32(layer(np.ones((1, 20_000, 1)))), 1.0 - np.exp(-2.0), rtol=1e-2)


def test_chunks_are_few_where_a_step_is_large():
    assert chunks.Chunks.of(tf.zeros((1, 4000, 1)), None, 1).count == 125
    assert chunks.Chunks.of(tf.zeros((64, 4000, 1)), None, 1024).count == 16
    assert chunks.Chunks.of(tf.zeros((1, 50, 1)), None, 1).count == 1
