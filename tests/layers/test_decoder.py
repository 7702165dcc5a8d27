"""The decoder against NumPy, step by step against all at once, and what enters it."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from rnnkit.layers import (
    GRU,
    LSTM,
    RNN,
    AdditiveAttention,
    Decoder,
    LeakyRNN,
    MinGRU,
    SimpleRNN,
    SimpleRNNCell,
)
from rnnkit.layers.decoder_loop import FIXED, shown, where
from tests.layers import reference
from tests.layers.decoders import (
    BATCH,
    CONTEXT,
    ENTRIES,
    FEATURES,
    MEMORY,
    MEMORY_MASK,
    STEPS,
    UNITS,
    WAYS,
    feed,
    given,
    made,
)
from tests.layers.helpers import MASKS, assert_close, assert_gradients_are_right, built, randomize, sequences
from tests.layers.one_input import OfOneInput
from tests.layers.user_cells import AttentiveCell, UpdateGateCell

MASK = MASKS["holes"]

LAYERS = {
    "LSTM": LSTM,
    "GRU": GRU,
    "GRU, reset before": lambda units, **options: GRU(units, reset_after=False, **options),
    "SimpleRNN": SimpleRNN,
    "LeakyRNN": LeakyRNN,
    "MinGRU": MinGRU,
    "own cell": lambda units, **options: RNN(UpdateGateCell(units, dtype=options["dtype"]), **options),
    "foreign cell": lambda units, **options: RNN(AttentiveCell(units, dtype=options["dtype"]), **options),
    "Keras's LSTM": keras.layers.LSTM,
    "two cells": lambda units, dtype, **options: RNN(
        [keras.layers.LSTMCell(3, dtype=dtype), SimpleRNNCell(units, dtype=dtype)], dtype=dtype, **options
    ),
}
READING = [way for way in WAYS if way != "first step"]  # whose steps read what the target has


def by_steps(decoder, inputs, state, mask=None, feed=None):
    """(outputs, scores) by `step`, from outside; masked steps carry the state on. `feed`: (output, time) to inputs."""
    outputs, scores = [], []
    for time in range(inputs.shape[1]):
        vector = inputs[:, time] if feed is None or not time else feed(outputs[-1], time)
        output, after, score = decoder.step(vector, state)
        if mask is not None:
            real = mask[:, time]
            after = {name: after[name] if name in FIXED else where(real, after[name], state[name]) for name in state}
            output, score = shown(real, (output, score))
        state = after
        outputs.append(output)
        scores.append(score)
    return tf.stack(outputs, axis=1), () if decoder.attention is None else tf.stack(scores, axis=1)


def numpy_decoder(decoder, inputs, context, memory=None, memory_mask=None):
    """The equations of a decoder over one GRU, or one and another after the attention: (B, T, U)."""
    weights = {weight.path.split("/", 1)[1]: weight.numpy() for weight in decoder.weights}
    below, above = (
        [value for name, value in weights.items() if name.startswith(f"{it}/")] for it in ("stack", "upper")
    )
    states, after, outputs = [np.zeros((BATCH, UNITS))], [np.zeros((BATCH, UNITS))], []
    if decoder.bridge:
        states = [np.tanh(context @ weights["initial_state_1/kernel"] + weights["initial_state_1/bias"])]
    if decoder.bridge and above:
        after = [np.tanh(context @ weights["initial_state_2/kernel"] + weights["initial_state_2/bias"])]
    fed = np.zeros((BATCH, decoder.output_size))
    covered = np.zeros((BATCH, 0 if memory is None else ENTRIES))
    for time in range(STEPS):
        read = [inputs[:, time]] if decoder.context != "first_step" else [context * (time == 0)]
        read += [context] if decoder.context in ("input", "both") else []
        read += [fed] if decoder.input_feeding else []
        states = reference.gru_step(np.concatenate(read, axis=-1), states, *below)
        output = states[0]
        if memory is not None:
            found = np.zeros((BATCH, MEMORY))
            for row in range(BATCH):
                real = np.flatnonzero(memory_mask[row])
                values = [
                    reference.attention_energy(decoder.attention, output[row], memory[row, entry], covered[row, entry])
                    for entry in real
                ]
                shares = np.exp(values) / np.sum(np.exp(values))
                found[row] = shares @ memory[row, real]
                covered[row, real] += shares if decoder.attention.coverage else 0.0
            output = np.tanh(np.concatenate([found, output], axis=-1) @ weights["attentional/kernel"])
        if above:
            after = reference.gru_step(output, after, *above)
            output = after[0]
        fed = output
        outputs.append(output)
    return np.stack(outputs, axis=1)


@pytest.mark.parametrize("way", WAYS)
def test_equals_numpy(way):
    decoder = made(way)
    inputs = sequences(dtype="float64")
    outputs = decoder(inputs, **given(decoder))
    np.testing.assert_allclose(outputs, numpy_decoder(decoder, inputs, **given(decoder)), atol=1e-12)
    assert tuple(outputs.shape) == decoder.compute_output_shape(inputs.shape)
    assert decoder.engine_used == ("steps" if decoder.input_feeding else ("fused",) * (1 + (decoder.upper is not None)))


@pytest.mark.parametrize("connection", [None, "residual", "skip"])
@pytest.mark.parametrize("way", WAYS)
def test_step_by_step_equals_the_whole_sequence(way, connection):
    decoder = made(way, LSTM, 2, connection=connection, return_scores=WAYS[way]["context"] == "attention")
    assert_steps_equal_the_whole(decoder, 1e-12)


@pytest.mark.parametrize("way", ["both", "attention"])
@pytest.mark.parametrize("kind", LAYERS)
def test_step_by_step_with_every_cell(kind, way):
    decoder = made(way, LAYERS[kind], 2, "float32", return_scores=way == "attention")
    assert_steps_equal_the_whole(decoder, 1e-6)


def assert_steps_equal_the_whole(decoder, tolerance):
    inputs, arguments = sequences(dtype=decoder.compute_dtype), given(decoder, decoder.compute_dtype)
    for mask in (None, MASK):
        whole = keras.tree.flatten(decoder(inputs, **arguments, mask=mask))
        steps = keras.tree.flatten(by_steps(decoder, inputs, decoder.begin(**arguments), mask))
        assert_close([np.asarray(one) for one in steps[: len(whole)]], [np.asarray(one) for one in whole], tolerance)
        if not decoder.input_feeding and decoder.context != "first_step":  # the loop in the graph too
            loop = decoder(inputs, **arguments, mask=mask, feed=lambda output: inputs[:, 0], chances=0.0)
            loop = [np.asarray(one) for one in keras.tree.flatten(loop)]
            assert_close(loop, [np.asarray(one) for one in whole], tolerance)


@pytest.mark.parametrize(
    "way, mask",
    [
        ("both", "holes"),
        ("first step", "holes"),
        ("coverage", "full rows"),
        ("a layer after it", "holes"),
        ("all", "holes"),
    ],
)
def test_gradients(way, mask):
    options = {**WAYS[way]}
    if "attention" in options:
        options["attention"] = options["attention"]("float64")
    layers = [GRU(UNITS, return_sequences=True, dtype="float64") for _ in range(1 + options.get("attend_after", 0))]
    layer = built(OfOneInput(Decoder(layers, **options, dtype="float64"), dtype="float64"))
    assert_gradients_are_right(layer, sequences(dtype="float64"), mask=MASKS[mask])


def test_what_no_step_changes_stays_the_very_same_tensor():
    decoder = made("all")
    state = decoder.begin(**given(decoder))
    _, after, scores = decoder.step(sequences(dtype="float64")[:, 0], state)
    assert {name for name in state if after[name] is state[name]} == {"memory", "keys", "memory_mask"}
    assert state.keys() == after.keys() and scores.shape == (BATCH, ENTRIES)
    decoder = made("both")
    state = decoder.begin(**given(decoder))
    _, after, scores = decoder.step(sequences(dtype="float64")[:, 0], state)
    assert after["context"] is state["context"] and scores == ()


def test_where_the_context_enters_at_the_first_step_nothing_else_does():
    decoder = made("first step", LSTM, 2)
    arguments, inputs = given(decoder), sequences(dtype="float64")
    outputs = decoder(inputs, **arguments)
    np.testing.assert_array_equal(outputs, decoder(inputs + 1.0, **arguments))
    assert not np.allclose(outputs, decoder(inputs, context=-arguments["context"]))


@pytest.mark.parametrize("way", ["initial", "attention", "a layer after it", "all"])
def test_an_initial_state_takes_the_place_of_the_context(way):
    decoder = made(way, LSTM, 2)
    inputs, arguments = sequences(dtype="float64"), given(decoder)
    states = list(np.random.default_rng(3).normal(size=(4, BATCH, UNITS)))
    if way == "initial":
        arguments.pop("context")
    outputs = decoder(inputs, initial_state=states, **arguments)
    steps, _ = by_steps(decoder, inputs, decoder.begin(initial_state=states, **arguments))
    np.testing.assert_allclose(outputs, steps, atol=1e-12)
    assert not np.allclose(outputs, decoder(inputs, **given(decoder)))


def test_attention_without_a_context_vector_begins_with_zeros():
    decoder = Decoder(GRU(UNITS, return_sequences=True, dtype="float64"), "attention", dtype="float64")
    memory, inputs = given(made("attention"))["memory"], sequences(dtype="float64")
    outputs = decoder(inputs, memory=memory)
    steps, _ = by_steps(decoder, inputs, decoder.begin(memory=memory))
    np.testing.assert_allclose(outputs, steps, atol=1e-12)
    assert decoder.bridge == []
    with pytest.raises(ValueError, match="`context` came for the first time after the weights were made"):
        decoder(inputs, memory=memory, context=np.ones((BATCH, 3)))


@pytest.mark.parametrize("make", [LSTM, MinGRU, keras.layers.GRU])
def test_the_dropout_of_the_cells_is_one_mask_for_all_steps(make):
    """With the same seed the loop over steps draws what the engine draws for the whole sequence."""
    cell = {"dropout": 0.4, "seed": 1, **({} if make is MinGRU else {"recurrent_dropout": 0.4})}

    def run(training=True, **options):
        decoder = made("both", make, 2, cell=cell)
        return decoder(sequences(dtype="float64"), **given(decoder), training=training, **options)

    feeding = {"feed": lambda output: output[:, :FEATURES], "chances": 0.0}
    np.testing.assert_allclose(run(**feeding), run(), atol=1e-12)
    assert not np.allclose(run(), run(training=False))


def test_no_mask_of_dropout_outlives_a_call():
    decoder = made("input feeding", LSTM, 2, cell={"dropout": 0.4, "recurrent_dropout": 0.4, "seed": 1}, dropout=0.3)
    inputs = sequences(dtype="float64")
    train = tf.function(lambda: decoder(inputs, **given(decoder), training=True))
    again = made("input feeding", LSTM, 2, cell={"dropout": 0.4, "recurrent_dropout": 0.4, "seed": 1}, dropout=0.3)
    for _ in range(2):
        np.testing.assert_allclose(train(), again(inputs, **given(again), training=True), atol=1e-12)
    assert not np.allclose(train(), train())
    first = decoder(inputs, **given(decoder))
    np.testing.assert_array_equal(first, decoder(inputs, **given(decoder), training=False))
    np.testing.assert_allclose(by_steps(decoder, inputs, decoder.begin(**given(decoder)))[0], first, atol=1e-12)


# === Scheduled sampling ===


@pytest.mark.parametrize("way", READING)
@pytest.mark.parametrize("mask", [None, MASKS["right"]], ids=["no mask", "right"])
def test_chances_of_0_and_1(way, mask):
    decoder = made(way, LSTM, 2)
    inputs, arguments = sequences(dtype="float64"), given(decoder)
    never = decoder(inputs, **arguments, mask=mask, feed=feed, chances=0.0)
    np.testing.assert_allclose(never, decoder(inputs, **arguments, mask=mask), atol=1e-12)
    always = decoder(inputs, **arguments, mask=mask, feed=feed, chances=1.0)
    alone, _ = by_steps(decoder, inputs, decoder.begin(**arguments), mask, feed=lambda output, time: feed(output))
    np.testing.assert_allclose(always, alone, atol=1e-12)
    some = decoder(inputs, **arguments, mask=mask, feed=feed, chances=tf.constant([1.0, 0.0, 1.0, 1.0, 0.0]))
    own = [False, False, True, True, False]
    mixed, _ = by_steps(
        decoder, inputs, decoder.begin(**arguments), mask,
        feed=lambda output, time: feed(output) if own[time] else inputs[:, time],
    )  # fmt: skip
    np.testing.assert_allclose(some, mixed, atol=1e-12)


def test_every_row_draws_for_itself_and_by_the_seed():
    decoder = made("initial")
    inputs = np.repeat(sequences(dtype="float64")[:1], BATCH, axis=0)
    context = np.ones((BATCH, CONTEXT))

    def run(decoder):
        return decoder(inputs, context=context, feed=lambda output: 9.0 + 0.0 * output[:, :FEATURES], chances=0.5)

    first = run(decoder)
    assert len({tuple(row) for row in np.round(first, 6).reshape(BATCH, -1)}) > 1
    assert not np.allclose(run(decoder), first)
    np.testing.assert_array_equal(run(made("initial")), first)
    np.testing.assert_allclose(tf.function(run)(made("initial")), first, atol=1e-12)


def test_no_gradient_goes_through_the_choice():
    """As in the paper, gradients reach earlier steps through the states alone, and what is fed as any input."""
    decoder = made("initial")
    inputs, arguments = sequences(dtype="float64"), given(decoder)
    matrix = tf.constant(np.random.default_rng(1).normal(size=(UNITS, FEATURES)))

    def gradients(run):
        with tf.GradientTape() as tape:
            tape.watch(matrix)
            loss = tf.reduce_sum(tf.sin(run()))
        return [np.asarray(one) for one in tape.gradient(loss, [matrix, *(one.value for one in decoder.weights)])]

    in_loop = tf.function(
        lambda: decoder(inputs, **arguments, feed=lambda output: tf.matmul(output, matrix), chances=1.0)
    )
    by_hand = gradients(
        lambda: by_steps(
            decoder, inputs, decoder.begin(**arguments),
            feed=lambda output, time: tf.matmul(tf.stop_gradient(output), matrix),
        )[0]
    )  # fmt: skip
    assert_close(gradients(in_loop), by_hand, 1e-12)


# === Keras and TensorFlow ===


@pytest.mark.parametrize("way", ["both", "all"])
def test_graph_equals_eager_with_unknown_shapes_and_compiled(way):
    decoder = made(way, LSTM, 2, "float32")
    inputs, arguments = sequences(), given(decoder, "float32")

    def run(inputs, arguments):
        return decoder(inputs, **arguments, mask=MASK)

    expected = run(inputs, arguments)
    specs = tf.nest.map_structure(
        lambda one: tf.TensorSpec(
            [None] * (one.ndim - 1) + ([None] if one.dtype == bool else [one.shape[-1]]), one.dtype
        ),
        (inputs, arguments),
    )
    np.testing.assert_allclose(tf.function(run, input_signature=specs)(inputs, arguments), expected, atol=1e-6)
    tensors = tf.nest.map_structure(tf.constant, (inputs, arguments))
    np.testing.assert_allclose(tf.function(run, jit_compile=True)(*tensors), expected, atol=1e-6)


def test_a_functional_model_is_saved_and_loaded(tmp_path):
    target, memory = keras.Input((None, FEATURES)), keras.Input((None, MEMORY))
    mask = keras.Input((None,), dtype="bool")
    decoder = Decoder([LSTM(UNITS, return_sequences=True)], "attention", AdditiveAttention(), return_scores=True)
    outputs = decoder(target, memory=memory, memory_mask=mask)
    assert [tuple(one.shape) for one in outputs] == [(None, None, UNITS), (None, None, None)]
    model = keras.Model([target, memory, mask], outputs)
    randomize(model)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    data = [sequences(), given(decoder, "float32")["memory"], MEMORY_MASK]
    assert_close([np.asarray(one) for one in loaded(data)], [np.asarray(one) for one in model(data)], 0)


def test_mixed_precision():
    decoder = made("all", LSTM, 2, "mixed_bfloat16", return_scores=True)
    plain = made("all", LSTM, 2, "float32", return_scores=True)
    inputs, arguments = sequences(), given(decoder, "float32")
    outputs, scores = decoder(inputs, **arguments)
    assert (outputs.dtype, scores.dtype) == (tf.bfloat16, tf.float32)
    np.testing.assert_allclose(tf.cast(outputs, tf.float32), plain(inputs, **arguments)[0], atol=6e-2)
    steps, _ = by_steps(decoder, inputs, decoder.begin(**arguments))
    np.testing.assert_allclose(tf.cast(steps, tf.float32), tf.cast(outputs, tf.float32), atol=6e-2)
