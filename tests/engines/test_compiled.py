"""The fused engine with its loops compiled by XLA, and in shards: the numbers are those of plain execution."""

import functools

import keras
import numpy as np
import pytest
import tensorflow as tf

from rnnkit.engines import loops, portable, shards
from rnnkit.layers import GRU, LSTM, RNN, LeakyRNN, LeakyRNNCell, SimpleRNN
from tests.engines.test_fused import LAYERS, STATES, learned_leak, peephole_lstm, penalty_gradient
from tests.layers.helpers import FEATURES, MASKS, UNITS, assert_close, built, states
from tests.layers.user_cells import UpdateGateCell

TIME = 5


def inputs_of(batch, time=TIME, dtype="float32"):
    return np.random.default_rng(batch).normal(size=(batch, time, FEATURES)).astype(dtype)


def everything(layer, inputs, mask=None, initial_state=None, training=True):
    """Outputs, final states and all gradients."""
    inputs = tf.convert_to_tensor(inputs)
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        results = tf.nest.flatten(layer(inputs, mask=mask, initial_state=initial_state, training=training))
        loss = tf.add_n([tf.reduce_sum(tf.sin(result)) for result in results])
    return [*results, *tape.gradient(loss, [inputs, *(each.value for each in layer.trainable_variables)])]


def in_graph(layer, inputs, **options):
    return tf.function(lambda inputs: everything(layer, inputs, **options))(tf.constant(inputs))


def arrays(tensors):
    return [np.asarray(tensor) for tensor in tensors]


@pytest.fixture
def three_shards(monkeypatch):
    """Every graph splits its batch into three."""
    monkeypatch.setattr(shards, "shard_count", lambda *_: 3)
    monkeypatch.setattr("rnnkit.engines.fused.shard_count", lambda *_: 1 if tf.executing_eagerly() else 3)


@pytest.mark.parametrize("make", LAYERS)
@pytest.mark.parametrize(
    "mask", [mask if mask in ("none", "holes") else pytest.param(mask, marks=pytest.mark.slow) for mask in MASKS]
)
def test_compiled_equals_eager(make, mask):
    layer = built(make(UNITS, **STATES))
    options = {"mask": MASKS[mask]}
    actual = in_graph(layer, inputs_of(4), **options)
    assert layer.engine_used == "xla"
    assert_close(arrays(actual), arrays(everything(layer, inputs_of(4), **options)), 1e-5)


@pytest.mark.parametrize("make", [peephole_lstm, learned_leak, GRU])
def test_a_gradient_in_inference_runs_the_forward_loop_again(make):
    layer = built(make(UNITS, dtype="float64", **STATES))
    inputs = inputs_of(4, dtype="float64")
    actual = in_graph(layer, inputs, training=False)
    assert layer.engine_used == "xla"
    assert_close(arrays(actual), arrays(everything(layer, inputs)), 1e-12)


@pytest.mark.parametrize("make", [peephole_lstm, learned_leak])
def test_second_derivatives(make):
    layers = [built(make(UNITS, engine=engine, dtype="float64")) for engine in ("xla", "general")]
    inputs = tf.constant(inputs_of(4, dtype="float64"))
    actual = tf.function(penalty_gradient)(layers[0], inputs)
    assert layers[0].engine_used == "xla"
    assert_close(arrays(actual), arrays(penalty_gradient(layers[1], inputs)), 1e-9)


def compiled_functions(function, *arguments):
    """How many functions of XLA, and calls of them, a graph holds."""
    definition = function.get_concrete_function(*arguments).graph.as_graph_def()
    nodes = [*definition.node, *(node for each in definition.library.function for node in each.node_def)]
    return sum(each.attr["_XlaMustCompile"].b for each in (*nodes, *definition.library.function))


@pytest.fixture
def none_is_small(monkeypatch):
    """No layer is too small for compiled steps."""
    monkeypatch.setattr(loops, "SMALL", 0)


def assert_compiled_steps_change_nothing(make, function, batch=4, dtype="mixed_bfloat16", **options):
    """With steps compiled, a function of a layer and inputs gives what it gives without."""
    results = []
    for engine in ("auto", "fused"):
        layer = built(make(UNITS, engine=engine, dtype=dtype, **options))
        run = tf.function(functools.partial(function, layer))
        inputs = tf.constant(inputs_of(batch))
        assert bool(compiled_functions(run, inputs)) == (engine == "auto")
        assert layer.engine_used == "fused"
        results.append(arrays(tf.cast(tensor, "float32") for tensor in run(inputs)))
    assert_close(*results, 0.03)


def zoneout_lstm(units, **options):
    return LSTM(units, zoneout=0.3, recurrent_dropout=0.2, seed=1, **options)


@pytest.mark.parametrize("make", [*LAYERS, LSTM, zoneout_lstm])
@pytest.mark.parametrize(
    ("mask", "training"),
    [
        ("holes", True),
        ("none", False),
        *(pytest.param(*case, marks=pytest.mark.slow) for case in (("none", True), ("holes", False))),
    ],
)
def test_compiled_steps_in_half_precision(make, mask, training, none_is_small):
    run = functools.partial(everything, mask=MASKS[mask], training=training)
    assert_compiled_steps_change_nothing(make, run, **STATES)


@pytest.mark.slow
def test_compiled_steps_of_parts_of_a_batch_without_all_outputs(three_shards, none_is_small):
    assert_compiled_steps_change_nothing(GRU, everything, batch=7)
    assert_compiled_steps_change_nothing(LSTM, everything, batch=7, dtype="mixed_float16")
    assert_compiled_steps_change_nothing(LSTM, everything, batch=7, recompute=True)


@pytest.mark.parametrize("make", [peephole_lstm, pytest.param(GRU, marks=pytest.mark.slow)])
def test_second_derivatives_of_compiled_steps(make, none_is_small):
    assert_compiled_steps_change_nothing(make, penalty_gradient)


def test_steps_are_compiled_where_that_pays(monkeypatch):
    layer = LSTM(UNITS, dtype="mixed_bfloat16")

    def is_compiled(*shape):
        run = tf.function(lambda inputs: layer(inputs, training=True))
        return bool(compiled_functions(run, tf.TensorSpec(shape)))

    assert not is_compiled(4, TIME, FEATURES)
    monkeypatch.setattr(loops, "SMALL", 0)
    assert is_compiled(4, TIME, FEATURES) and is_compiled(None, TIME, FEATURES)
    assert not is_compiled(4, None, FEATURES)
    with portable():
        assert not is_compiled(4, TIME, FEATURES)


def test_lengths_known_only_when_the_graph_runs():
    layer = built(LSTM(UNITS, engine="xla", **STATES))
    signature = [tf.TensorSpec((None, None, FEATURES))]
    run = tf.function(lambda inputs: everything(layer, inputs), input_signature=signature)
    for batch, time in ((4, 3), (2, 1), (3, 6)):
        inputs = inputs_of(batch, time)
        assert_close(arrays(run(inputs)), arrays(everything(layer, inputs)), 1e-5)


@pytest.mark.parametrize("make", [SimpleRNN, LeakyRNN, GRU, LSTM, lambda units, **o: RNN(UpdateGateCell(units), **o)])
@pytest.mark.parametrize(
    ("mask", "batch"),
    [
        ("holes", 7),
        ("none", 4),
        *(pytest.param(*case, marks=pytest.mark.slow) for case in (("none", 7), ("holes", 4))),
    ],
)
def test_shards_change_nothing(make, mask, batch, three_shards):
    layer = built(make(UNITS, **STATES))
    mask = None if mask == "none" else np.resize(MASKS[mask], (batch, TIME))
    options = {
        "mask": mask,
        "initial_state": [np.resize(state, (batch, UNITS)) for state in states(len(layer.state_size))],
    }
    actual = in_graph(layer, inputs_of(batch), **options)
    assert_close(arrays(actual), arrays(everything(layer, inputs_of(batch), **options)), 1e-5)


@pytest.mark.parametrize("batch", [1, 5, pytest.param(2, marks=pytest.mark.slow)])
def test_shards_of_a_batch_whose_size_is_not_known(batch, three_shards):
    layer = built(LSTM(UNITS, dropout=0.2, recurrent_dropout=0.2, zoneout=0.2, seed=1, **STATES))
    seed_state = layer.cell.seed_generator.state
    start = np.asarray(seed_state)
    run = tf.function(lambda inputs: everything(layer, inputs), input_signature=[tf.TensorSpec((None, TIME, FEATURES))])
    actual = run(inputs_of(batch))
    seed_state.assign(start)
    assert_close(arrays(actual), arrays(everything(layer, inputs_of(batch))), 1e-5)


def test_the_number_of_shards():
    def counted(*arguments):
        result = []
        tf.function(lambda: result.append(shards.shard_count(*arguments))).get_concrete_function()
        return result[0]

    assert shards.shard_count(1024, 4096) == 1  # eager execution has no two things going on at a time
    assert counted(1, 4096) == counted(7, 4096) == 1
    assert counted(64, 8) == counted(None, 8) == 1
    assert counted(1024, 4096) >= counted(None, 4096) >= 1
    assert counted(1024, 4096, 64) == counted(1024, 4096)
    assert counted(1024, 4096, 1024) == 1  # the cores share its products


@pytest.mark.parametrize(("training", "options"), [(False, {}), (True, {}), (True, {"recompute": True})])
def test_a_variable_of_another_layer_in_the_projection_gets_its_gradient(training, options):
    scale = keras.Variable(2.0)

    @keras.saving.register_keras_serializable("tests")
    class ScaledCell(LeakyRNNCell):
        def project(self, inputs):
            return super().project(inputs) * scale.value

    keras.utils.set_random_seed(0)
    layer = RNN(ScaledCell(UNITS), **options)
    inputs = tf.constant(inputs_of(4))
    layer(inputs)

    def gradient():
        with tf.GradientTape() as tape:
            output = tf.reduce_sum(layer(inputs, training=training))
        return tape.gradient(output, scale.value)

    assert abs(gradient()) > 1e-3
    np.testing.assert_allclose(tf.function(gradient)(), gradient(), rtol=1e-5)


def test_inference_has_a_gradient_for_zeros_that_are_known_before_the_graph_runs():
    def gradients(layer):
        sources = [tf.zeros((4, TIME, FEATURES)), tf.zeros((4, UNITS)), tf.zeros((4, UNITS))]
        with tf.GradientTape() as tape:
            tape.watch(sources)
            output = tf.reduce_sum(tf.sin(layer(sources[0], initial_state=sources[1:])))
        return tape.gradient(output, sources)

    layers = [built(LSTM(UNITS, engine=engine)) for engine in ("auto", "general")]
    layers[1].set_weights(layers[0].get_weights())
    actual, expected = (tf.function(gradients, autograph=False)(layer) for layer in layers)
    assert layers[0].engine_used == "xla"
    assert_close(arrays(actual), arrays(expected), 1e-6)


@pytest.mark.parametrize("training", [True, pytest.param(False, marks=pytest.mark.slow)])
def test_second_derivatives_where_the_user_compiles_everything(training):
    layer = built(LSTM(UNITS))

    def second(inputs):
        with tf.GradientTape() as outer:
            outer.watch(inputs)
            with tf.GradientTape() as inner:
                inner.watch(inputs)
                output = tf.reduce_sum(tf.sin(layer(inputs, training=training)))
            norm = tf.reduce_sum(tf.square(inner.gradient(output, inputs)))
        return outer.gradient(norm, inputs)

    plain, whole = (tf.function(second, jit_compile=jit, autograph=False) for jit in (False, True))
    inputs = tf.constant(inputs_of(4))
    assert_close(whole(inputs).numpy(), plain(inputs).numpy(), 1e-6)
