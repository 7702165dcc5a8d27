"""The cuDNN engine against the fused one: on an emulation of the operation, and on the operation where a GPU is."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from rnnkit.cells import GRUCell, LeakyRNNCell, LSTMCell, SimpleRNNCell
from rnnkit.engines import cudnn, fused_scan
from rnnkit.engines.cudnn_parameters import packed_parameters
from tests.engines.cudnn_emulation import emulation
from tests.layers.helpers import FEATURES, MASKS, UNITS, assert_close, randomize, sequences, states


def emulate(monkeypatch):
    monkeypatch.setattr(cudnn, "operation", emulation)
    monkeypatch.setattr(cudnn, "why_not_here", lambda: None)


@pytest.fixture(params=["emulation", pytest.param("operation", marks=pytest.mark.gpu)])
def operation(request, monkeypatch):
    """What the engine runs on."""
    if request.param == "emulation":
        emulate(monkeypatch)


def relu_cell(units, **options):
    return SimpleRNNCell(units, activation="relu", **options)


CELLS = [SimpleRNNCell, relu_cell, GRUCell, LSTMCell]


def built(make, dtype="float64", **options):
    cell = make(UNITS, dtype=dtype, **options)
    cell.build((None, FEATURES))
    randomize(cell)
    assert cudnn.why_not_cudnn(cell, training=False) is None
    return cell


def results_and_gradients(scan, cell, inputs, initial, function=lambda run: run, **options):
    """What the engine returns, and gradients for the inputs, the initial states and the weights."""
    options = {
        "mask": None,
        "training": True,
        "go_backwards": False,
        "return_sequences": True,
        "zero_output_for_mask": False,
        **options,
    }

    def run(inputs, *initial):
        variables = [variable.value for variable in cell.trainable_variables]
        with tf.GradientTape() as tape:
            tape.watch((inputs, initial))
            last, outputs, finals = scan(cell, inputs, list(initial), **options)
            results = [last, outputs, *finals]
            loss = tf.add_n([tf.reduce_sum(tf.sin(result * (1.0 + index))) for index, result in enumerate(results)])
        gradients = tape.gradient(loss, [inputs, *initial, *variables])
        return results, gradients

    results, gradients = function(run)(tf.constant(inputs), *map(tf.constant, initial))
    return [*map(np.asarray, results)], [*map(np.asarray, gradients)]


def assert_engines_agree(cell, inputs, initial, tolerance=1e-10, **options):
    actual = results_and_gradients(cudnn.cudnn_scan, cell, inputs, initial, **options)
    expected = results_and_gradients(fused_scan, cell, inputs, initial, **options)
    assert_close(actual[0], expected[0], tolerance)
    assert_close(actual[1], expected[1], tolerance)


def inputs_and_states(cell, dtype="float64"):
    return sequences(dtype=dtype), states(cell.states, dtype=dtype)


@pytest.mark.parametrize("go_backwards", [False, True])
@pytest.mark.parametrize("mask", MASKS)
@pytest.mark.parametrize("make", CELLS)
def test_results_and_gradients_of_the_fused_engine(operation, make, mask, go_backwards):
    cell = built(make)
    assert_engines_agree(cell, *inputs_and_states(cell), mask=MASKS[mask], go_backwards=go_backwards)


@pytest.mark.parametrize("mask", ["none", "holes"])
@pytest.mark.parametrize("make", CELLS)
def test_inference_has_gradients_too(operation, make, mask):
    cell = built(make)
    assert_engines_agree(cell, *inputs_and_states(cell), mask=MASKS[mask], training=False)


@pytest.mark.parametrize("options", [{"return_sequences": False}, {"zero_output_for_mask": True}])
@pytest.mark.parametrize("go_backwards", [False, True])
@pytest.mark.parametrize("mask", MASKS)
def test_every_return(operation, mask, go_backwards, options):
    cell = built(LSTMCell)
    assert_engines_agree(cell, *inputs_and_states(cell), mask=MASKS[mask], go_backwards=go_backwards, **options)
    both = {"return_sequences": False, "zero_output_for_mask": True}
    assert_engines_agree(cell, *inputs_and_states(cell), mask=MASKS[mask], go_backwards=go_backwards, **both)


@pytest.mark.parametrize("make", CELLS)
def test_no_bias(operation, make):
    cell = built(make, use_bias=False)
    assert_engines_agree(cell, *inputs_and_states(cell), mask=MASKS["right"])


@pytest.mark.parametrize("form", ["int32", "column"])
def test_masks_of_other_forms(operation, form):
    cell = built(GRUCell)
    mask = MASKS["holes"][..., None] if form == "column" else MASKS["holes"].astype(form)
    assert_engines_agree(cell, *inputs_and_states(cell), mask=mask)


def in_a_graph(scan, cell, masked, training):
    """The results and their gradients as a graph for any batch and time; masks have rows of 0, 1, 2, ... steps."""
    signature = [tf.TensorSpec((None, None, FEATURES), tf.float64)]
    signature += [tf.TensorSpec((None, UNITS), tf.float64)] * cell.states

    def run(inputs, *initial):
        lengths = tf.range(tf.shape(inputs)[0])
        options = {"mask": tf.sequence_mask(lengths, tf.shape(inputs)[1]) if masked else None, "training": training}
        last, outputs, finals = scan(
            cell, inputs, initial, go_backwards=False, return_sequences=True, zero_output_for_mask=False, **options
        )
        assert outputs.shape.as_list() == [None, None, UNITS]
        results = [last, outputs, *finals]
        loss = tf.add_n([tf.reduce_sum(tf.sin(result)) for result in results])
        return results, tf.gradients(loss, [inputs, *initial])

    return tf.function(run, input_signature=signature)


@pytest.mark.parametrize(
    "make, masked, training",
    [
        *(pytest.param(make, True, True, marks=pytest.mark.slow) for make in CELLS),
        (GRUCell, False, True),
        (LSTMCell, True, False),
    ],
)
def test_a_graph_for_any_shape(operation, make, masked, training):
    cell = built(make)
    actual, expected = (in_a_graph(scan, cell, masked, training) for scan in (cudnn.cudnn_scan, fused_scan))
    for batch, time in ((4, 5), (2, 3), (1, 1), (0, 3)):
        inputs, initial = sequences(dtype="float64", time=time), states(cell.states, dtype="float64")
        arrays = [array[:batch] for array in (inputs, *initial)]
        for one, other in zip(actual(*arrays), expected(*arrays)):
            assert_close([*map(np.asarray, one)], [*map(np.asarray, other)], 1e-10)


@pytest.mark.parametrize("batch", [0, 3])
@pytest.mark.parametrize("masked", [True, False])
@pytest.mark.parametrize("make", [GRUCell, LSTMCell])
def test_no_steps_give_the_initial_states(operation, make, masked, batch):
    cell = built(make)
    initial = [state[:batch] for state in states(cell.states, dtype="float64")]
    results, gradients = in_a_graph(cudnn.cudnn_scan, cell, masked, True)(np.zeros((batch, 0, FEATURES)), *initial)
    last, outputs, *finals = results
    assert outputs.shape == (batch, 0, UNITS)
    np.testing.assert_array_equal(last, 0.0 * initial[0] if masked else initial[0])
    assert_close([*map(np.asarray, finals)], initial, 0.0)
    shown = 1 if masked else 2  # The last output is the state, too.
    expected = [np.cos(state) * (shown if index == 0 else 1) for index, state in enumerate(initial)]
    assert_close([*map(np.asarray, gradients[1:])], expected, 1e-12)


def test_dropout_is_that_of_the_fused_engine(operation):
    cell = built(GRUCell, dropout=0.5, seed=3)
    start = np.asarray(cell.seed_generator.state)
    found = []
    for scan in (cudnn.cudnn_scan, fused_scan):
        cell.seed_generator.state.assign(start)
        cell.reset_dropout_mask()
        found.append(results_and_gradients(scan, cell, *inputs_and_states(cell), mask=MASKS["left"]))
    for one, other in zip(*found):
        assert_close(one, other, 1e-10)
    undropped = results_and_gradients(cudnn.cudnn_scan, cell, *inputs_and_states(cell), training=False)
    assert np.max(np.abs(undropped[0][1] - found[0][0][1])) > 0.1


def test_what_stands_at_masked_steps_does_not_matter(operation):
    cell = built(LSTMCell)
    inputs, initial = inputs_and_states(cell)
    spoilt = np.where(MASKS["holes"][..., None], inputs, 1e30)
    for one, other in zip(
        results_and_gradients(cudnn.cudnn_scan, cell, inputs, initial, mask=MASKS["holes"]),
        results_and_gradients(cudnn.cudnn_scan, cell, spoilt, initial, mask=MASKS["holes"]),
    ):
        assert_close(one, other, 1e-12)


@pytest.mark.parametrize("dtype, tolerance", [("float32", 5e-3), ("mixed_float16", 2e-2), ("mixed_bfloat16", 4e-2)])
@pytest.mark.parametrize("make", CELLS)
def test_lower_precisions(operation, make, dtype, tolerance):
    """In tensor cores, too, whose products of float32 numbers are rounded as TensorFloat-32."""
    cell = built(make, dtype=dtype)
    initial = states(cell.states)
    compute = [tf.cast(array, cell.compute_dtype) for array in (sequences(), *initial)]
    actual = results_and_gradients(cudnn.cudnn_scan, cell, compute[0], compute[1:], mask=MASKS["holes"])
    assert all(result.dtype == cell.compute_dtype for result in actual[0])
    assert all(gradient.dtype == "float32" for gradient in actual[1][1 + cell.states :])
    exact = built(make)
    expected = results_and_gradients(
        fused_scan, exact, sequences(dtype="float64"), [np.float64(state) for state in initial], mask=MASKS["holes"]
    )
    for one, other in zip(actual, expected):
        assert_close([np.float64(array) for array in one], other, tolerance)


@pytest.mark.parametrize("training", [True, False])
def test_only_training_keeps_what_a_backward_pass_needs(monkeypatch, training):
    seen = []

    def watched(*, is_training, **arguments):
        seen.append(is_training)
        return emulation(is_training=is_training, **arguments)

    emulate(monkeypatch)
    monkeypatch.setattr(cudnn, "operation", watched)
    cell = built(GRUCell)
    results_and_gradients(cudnn.cudnn_scan, cell, *inputs_and_states(cell), training=training)
    assert seen == ([True] if training else [False, True])  # The latter for the gradient that was asked for.
    seen.clear()
    cudnn.cudnn_scan(
        cell,
        *inputs_and_states(cell),
        mask=None,
        training=training,
        go_backwards=False,
        return_sequences=True,
        zero_output_for_mask=False,
    )
    assert seen == [training]


@pytest.mark.parametrize("make", CELLS)
def test_updates_follow_the_fused_engine(operation, make):
    trained = []
    for scan in (cudnn.cudnn_scan, fused_scan):
        cell = built(make)
        optimizer = keras.optimizers.SGD(0.1)
        optimizer.build(cell.trainable_variables)
        inputs, initial = inputs_and_states(cell)

        @tf.function
        def update(scan=scan, cell=cell, optimizer=optimizer, inputs=inputs, initial=initial):
            with tf.GradientTape() as tape:
                _, outputs, _ = scan(
                    cell,
                    inputs,
                    initial,
                    mask=MASKS["full rows"],
                    training=True,
                    go_backwards=False,
                    return_sequences=True,
                    zero_output_for_mask=False,
                )
                loss = tf.reduce_mean(tf.square(outputs - 0.5))
            variables = cell.trainable_variables
            optimizer.apply(tape.gradient(loss, [variable.value for variable in variables]), variables)
            return loss

        losses = [float(update()) for _ in range(5)]
        assert losses[-1] < losses[0]
        trained.append(cell.get_weights())
    assert_close(*trained, 1e-10)


def test_the_buffer_holds_matrices_then_biases_gate_by_gate():
    cell = GRUCell(2)
    cell.build((None, 1))
    columns = np.array([10, 11, 20, 21, 30, 31], "float32")  # Gates z, r, h of two units each.
    cell.set_weights(
        [columns[None], np.stack([columns + 100, columns + 200]), np.stack([columns + 300, columns + 400])]
    )
    gates = [[20, 21], [10, 11], [30, 31]]  # r, z, h
    expected = [
        *[unit for gate in gates for unit in gate],
        *[unit + row for gate in gates for unit in gate for row in (100, 200)],
        *[unit + 300 for gate in gates for unit in gate],
        *[unit + 400 for gate in gates for unit in gate],
    ]
    np.testing.assert_array_equal(packed_parameters(cell, "float32"), expected)


def test_the_only_bias_of_an_lstm_is_that_of_the_input():
    cell = LSTMCell(1)
    cell.build((None, 1))
    cell.set_weights([np.array([[1, 2, 3, 4]]), np.array([[5, 6, 7, 8]]), np.array([9, 10, 11, 12])])
    np.testing.assert_array_equal(packed_parameters(cell, "float32"), [*range(1, 13), 0, 0, 0, 0])


class OwnStep(SimpleRNNCell):
    def step(self, projected, recurrent, states):
        return (keras.ops.tanh(projected - recurrent),)


@pytest.mark.parametrize(
    "cell, training, reason",
    [
        (SimpleRNNCell(2, recurrent_dropout=0.5), False, None),
        (LSTMCell(2, activation=tf.tanh, recurrent_activation=keras.ops.sigmoid, dropout=0.5), True, None),
        (LeakyRNNCell(2), False, "its cell, LeakyRNNCell, is none of those that cuDNN knows: SimpleRNNCell, GRUCell"),
        (OwnStep(2), False, "its cell, OwnStep, is none"),
        (SimpleRNNCell(2, activation="gelu"), False, "cuDNN's activation is 'tanh' or 'relu', its cell's is 'gelu'"),
        (GRUCell(2, activation="relu"), False, "cuDNN's activation is 'tanh', its cell's is 'relu'"),
        (LSTMCell(2, recurrent_activation="hard_sigmoid"), False, "recurrent_activation is 'sigmoid', its cell's is"),
        (LSTMCell(2, layer_normalization=True), False, "no layer_normalization"),
        (LSTMCell(2, peepholes=True), False, "no peepholes"),
        (GRUCell(2, reset_after=False), False, "reset_after=True"),
        (GRUCell(2, recurrent_dropout=0.5), True, "training has recurrent_dropout=0.5"),
    ],
)
def test_the_reason_why_not(monkeypatch, cell, training, reason):
    emulate(monkeypatch)
    found = cudnn.why_not_cudnn(cell, training=training)
    assert found is None if reason is None else reason in found


@pytest.mark.parametrize(
    "cuda, devices, reason",
    [(False, ["GPU:0"], "without CUDA"), (True, [], "TensorFlow sees no GPU"), (True, ["GPU:0"], None)],
)
def test_a_gpu_is_needed(monkeypatch, cuda, devices, reason):
    monkeypatch.setattr(tf.sysconfig, "get_build_info", lambda: {"is_cuda_build": cuda})
    monkeypatch.setattr(tf.config, "get_visible_devices", lambda kind: devices)
    found = cudnn.why_not_cudnn(GRUCell(2), training=False)
    assert found is None if reason is None else reason in found
