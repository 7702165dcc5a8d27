"""One table: every layer, on every engine that accepts it, through what every layer must do."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from rnnkit.layers import (
    GRU,
    LSTM,
    RNN,
    Bidirectional,
    GRUCell,
    LeakyRNN,
    LSTMCell,
    RNNStack,
    SimpleRNN,
    SimpleRNNCell,
    StackedRNNCells,
)
from tests.layers.helpers import FEATURES, MASKS, UNITS, assert_close, built, sequences
from tests.layers.user_cells import AttentiveCell, NormalizedCell, UpdateGateCell

BOTH = ("fused", "general")
GENERAL = ("general",)


def plain(make, **options):
    """A layer of one cell, all outputs and states returned."""
    return lambda engine, **dtype: make(
        UNITS, return_sequences=True, return_state=True, engine=engine, **options, **dtype
    )


def over(make_cell):
    """`RNN` over a cell, all outputs and states returned."""
    return lambda engine, **dtype: RNN(
        make_cell(**dtype), return_sequences=True, return_state=True, engine=engine, **dtype
    )


def last(make, **options):
    """A layer of one cell, only its last output returned."""
    return lambda engine, **dtype: make(UNITS, engine=engine, **options, **dtype)


def both_directions(engine, **dtype):
    options = {"return_sequences": True, "return_state": True, "engine": engine, **dtype}
    return Bidirectional(LSTM(UNITS, **options), backward_layer=GRU(2, go_backwards=True, **options), **dtype)


def stack(connection):
    def make(engine, **dtype):
        options = {"engine": engine, **dtype}
        low = Bidirectional(GRU(2, return_sequences=True, **options), **dtype)
        high = LSTM(4, return_state=True, **options)
        return RNNStack([low, LeakyRNN(4, return_sequences=True, **options), high], connection=connection, **dtype)

    return make


def three_cells(**dtype):
    return StackedRNNCells([LSTMCell(3, **dtype), GRUCell(4, **dtype), SimpleRNNCell(2, **dtype)], **dtype)


TABLE = {
    "SimpleRNN": (plain(SimpleRNN), BOTH),
    "SimpleRNN, relu, last": (last(SimpleRNN, activation="relu", use_bias=False), BOTH),
    "LeakyRNN": (plain(LeakyRNN, time_constants=(1, 10)), BOTH),
    "LeakyRNN, learned": (plain(LeakyRNN, alpha=[0.1, 0.2, 0.5, 0.9], learn_alpha=True), BOTH),
    "GRU": (plain(GRU), BOTH),
    "GRU, reset before": (plain(GRU, reset_after=False), GENERAL),
    "GRU, unrolled": (plain(GRU, unroll=True), GENERAL),
    "LSTM": (plain(LSTM), BOTH),
    "LSTM, peepholes, last": (last(LSTM, peepholes=True, forget_bias=2.0), BOTH),
    "LSTM, backwards": (plain(LSTM, go_backwards=True, zero_output_for_mask=True), BOTH),
    "RNN, own cell": (over(lambda **dtype: UpdateGateCell(UNITS, **dtype)), BOTH),
    "RNN, own cell with weights": (over(lambda **dtype: NormalizedCell(UNITS, **dtype)), BOTH),
    "RNN, foreign cell": (over(lambda **dtype: AttentiveCell(UNITS, **dtype)), GENERAL),
    "RNN, Keras cell": (over(lambda **dtype: keras.layers.LSTMCell(UNITS, **dtype)), GENERAL),
    "StackedRNNCells": (over(three_cells), GENERAL),
    "Bidirectional": (both_directions, BOTH),
    "RNNStack, residual": (stack("residual"), BOTH),
    "RNNStack, skip": (stack("skip"), BOTH),
}
CASES = [
    pytest.param(make, engine, id=f"{name}-{engine}") for name, (make, engines) in TABLE.items() for engine in engines
]
every_layer = pytest.mark.parametrize("make, engine", CASES)


def flat(results):
    return [np.asarray(result) for result in keras.tree.flatten(results)]


def engines_used(layer):
    return set(keras.tree.flatten(layer.engine_used))


@every_layer
def test_config_round_trip(make, engine):
    layer = built(make(engine))
    copy = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(layer))
    assert copy.get_config() == layer.get_config()
    built(copy)
    assert_close(flat(copy(sequences())), flat(layer(sequences())), 0)
    assert engines_used(layer) == engines_used(copy) == {engine}


@every_layer
def test_keras_file(make, engine, tmp_path):
    inputs = keras.Input((5, FEATURES))
    layer = make(engine)
    model = keras.Model(inputs, layer(inputs))
    layer.set_weights([np.random.default_rng(0).normal(size=value.shape) for value in layer.get_weights()])
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert_close(flat(loaded(sequences())), flat(model(sequences())), 0)


@every_layer
def test_graph_equals_eager(make, engine):
    layer = built(make(engine))

    def train(inputs):
        with tf.GradientTape() as tape:
            results = keras.tree.flatten(layer(inputs, mask=MASKS["holes"], training=True))
            loss = tf.add_n([tf.reduce_sum(tf.sin(result)) for result in results])
        return results, tape.gradient(loss, [variable.value for variable in layer.trainable_variables])

    assert_close(flat(tf.function(train)(sequences())), flat(train(tf.constant(sequences()))), 1e-5)


@every_layer
def test_xla_equals_eager(make, engine):
    """Outputs; the gradients that the fused engine compiles to are in tests/engines/test_fused.py."""
    layer = built(make(engine))
    run = tf.function(lambda inputs: layer(inputs, mask=MASKS["holes"]), jit_compile=True)
    assert_close(flat(run(sequences())), flat(layer(sequences(), mask=MASKS["holes"])), 1e-5)


@every_layer
def test_mixed_precision(make, engine):
    layer, mixed = built(make(engine)), built(make(engine, dtype="mixed_bfloat16"))
    assert all(variable.dtype == "float32" for variable in mixed.trainable_variables)
    results = keras.tree.flatten(mixed(sequences(), mask=MASKS["right"]))
    assert all(result.dtype == "bfloat16" for result in results)
    results = [np.asarray(tf.cast(result, "float32")) for result in results]
    assert_close(results, flat(layer(sequences(), mask=MASKS["right"])), 6e-2)
    assert engines_used(mixed) == {engine}


@every_layer
def test_batched_equals_single_and_shapes_are_told_rightly(make, engine):
    layer = built(make(engine))
    results = keras.tree.flatten(layer(sequences(), mask=MASKS["left"]))
    for row in range(4):
        single = flat(layer(sequences()[row : row + 1], mask=MASKS["left"][row : row + 1]))
        assert_close(single, [np.asarray(result)[row : row + 1] for result in results], 1e-5)
    symbolic = keras.tree.flatten(layer(keras.Input((5, FEATURES), batch_size=4)))
    assert [tensor.shape for tensor in symbolic] == [tuple(result.shape) for result in results]


@every_layer
def test_saved_model(make, engine, tmp_path):
    layer = built(make(engine))
    time = 5 if getattr(layer, "unroll", False) else None
    signature = [tf.TensorSpec((None, time, FEATURES)), tf.TensorSpec((None, time), tf.bool)]
    module = tf.Module()
    module.layer = layer
    module.serve = tf.function(
        lambda inputs, mask: keras.tree.flatten(layer(inputs, mask=mask, training=False)), input_signature=signature
    )
    tf.saved_model.save(module, str(tmp_path))
    loaded = tf.saved_model.load(str(tmp_path))
    assert_close(flat(loaded.serve(sequences(), MASKS["holes"])), flat(layer(sequences(), mask=MASKS["holes"])), 1e-5)
    assert not refused_words(tmp_path)


def test_the_check_of_the_saved_graph_finds_what_it_looks_for(tmp_path):
    module = tf.Module()
    module.serve = tf.function(tf.function(tf.sin, jit_compile=True), input_signature=[tf.TensorSpec((None,))])
    tf.saved_model.save(module, str(tmp_path))
    assert refused_words(tmp_path) == ["_xlamustcompile"]


def refused_words(path):
    """What a CPU server refuses, of all operations and attributes in a SavedModel, its function library included."""
    saved = (path / "saved_model.pb").read_bytes().decode("latin-1").lower()
    return [word for word in ("cudnn", "_xlamustcompile") if word in saved]
