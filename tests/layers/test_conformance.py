"""One table: every layer, on every engine that accepts it, through what every layer must do."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import rnnkit.layers
from rnnkit.layers import (
    CRF,
    GRU,
    LSTM,
    RNN,
    AdditiveAttention,
    Bidirectional,
    CharacterEncoder,
    Decoder,
    GRUCell,
    LeakyRNN,
    LinearLeaky,
    LSTMCell,
    MinGRU,
    MinLSTM,
    MultiplicativeAttention,
    RNNStack,
    Seq2Seq,
    SimpleRNN,
    SimpleRNNCell,
    StackedRNNCells,
    TagChain,
    TimePooling,
    WordDropout,
)
from rnnkit.layers.pooling import MODES
from tests.layers.helpers import BATCH, MASKS, TIME, UNITS, assert_close, built, sequences
from tests.layers.one_input import OfOneInput
from tests.layers.user_cells import AttentiveCell, ForgetGateCell, NormalizedCell, UpdateGateCell

BOTH = ("fused", "general")
GENERAL = ("general",)
LINEAR = ("linear", "general")
NONE = (None,)
STEPS = ("steps",)
TAGS = ["O", "B-x", "I-x"]
IDS = 9


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


def stack_with_all_states(engine, **dtype):
    options = {"return_sequences": True, "return_state": True, "engine": engine, **dtype}
    return RNNStack([Bidirectional(GRU(2, **options), **dtype), LSTM(4, **options)], **dtype)


def attention(make, *arguments, **options):
    """An attention of a sequence to itself."""
    return lambda engine, **dtype: OfOneInput(make(*arguments, **options, **dtype), **dtype)


def decoder(engine, dtype=None, **options):
    """A decoder over a sequence that depends on the same sequence."""
    engine = "auto" if engine == "steps" else engine
    layers = [make(UNITS, return_sequences=True, engine=engine, dtype=dtype) for make in (LSTM, LeakyRNN)]
    return OfOneInput(Decoder(layers, dtype=dtype, **options), dtype=dtype)


def with_decoder(**options):
    return lambda engine, **dtype: decoder(engine, **options, **dtype)


def attending(coverage=False, **options):
    """A decoder with additive attention."""

    def make(engine, dtype=None):
        attention = AdditiveAttention(3, coverage=coverage, dtype=dtype)
        return decoder(engine, dtype, context="attention", attention=attention, attention_units=6, **options)

    return make


def seq2seq(engine, **dtype):
    options = {"return_sequences": True, "engine": engine, **dtype}
    encoder = RNNStack([LSTM(3, **options), Bidirectional(GRU(2, **options), **dtype)], **dtype)
    return OfOneInput(Seq2Seq(encoder, Decoder([LSTM(5, **options)], "attention", **dtype), **dtype), **dtype)


def three_cells(**dtype):
    return StackedRNNCells([LSTMCell(3, **dtype), GRUCell(4, **dtype), SimpleRNNCell(2, **dtype)], **dtype)


def without_engine(make):
    """A layer that does not recur by itself."""
    return lambda engine, **dtype: make(**dtype)


TABLE = {
    "SimpleRNN": (plain(SimpleRNN), BOTH),
    "SimpleRNN, relu, last": (last(SimpleRNN, activation="relu", use_bias=False), BOTH),
    "LeakyRNN": (plain(LeakyRNN, time_constants=(1, 10)), BOTH),
    "LeakyRNN, learned": (plain(LeakyRNN, alpha=[0.1, 0.2, 0.5, 0.9], learn_alpha=True), BOTH),
    "GRU": (plain(GRU), BOTH),
    "GRU, reset before": (plain(GRU, reset_after=False), GENERAL),
    "SimpleRNN, normalized": (plain(SimpleRNN, layer_normalization=True), BOTH),
    "LeakyRNN, normalized": (plain(LeakyRNN, time_constants=(1, 10), layer_normalization=True), BOTH),
    "GRU, normalized": (plain(GRU, layer_normalization=True), BOTH),
    "GRU, reset before, normalized": (plain(GRU, reset_after=False, layer_normalization=True), GENERAL),
    "LSTM, peepholes, normalized": (plain(LSTM, peepholes=True, layer_normalization=True), BOTH),
    "LSTM, zoneout, recomputed": (plain(LSTM, zoneout=[0.1, 0.2], recompute=True, seed=1), ("fused",)),
    "GRU, unrolled": (plain(GRU, unroll=True), GENERAL),
    "LSTM": (plain(LSTM), BOTH),
    "LSTM, peepholes, last": (last(LSTM, peepholes=True, forget_bias=2.0), BOTH),
    "LSTM, backwards": (plain(LSTM, go_backwards=True, zero_output_for_mask=True), BOTH),
    "MinGRU": (plain(MinGRU), LINEAR),
    "MinGRU, backwards": (plain(MinGRU, activation=None, go_backwards=True, zero_output_for_mask=True), LINEAR),
    "MinLSTM": (plain(MinLSTM), LINEAR),
    "MinLSTM, last": (last(MinLSTM, use_bias=False), LINEAR),
    "LinearLeaky": (plain(LinearLeaky, time_constants=(1, 10)), LINEAR),
    "LinearLeaky, learned": (plain(LinearLeaky, alpha=[0.1, 0.2, 0.5, 0.9], learn_alpha=True), LINEAR),
    "RNN, own linear cell": (over(lambda **dtype: ForgetGateCell(UNITS, **dtype)), LINEAR),
    "RNN, own cell": (over(lambda **dtype: UpdateGateCell(UNITS, **dtype)), BOTH),
    "RNN, own cell with weights": (over(lambda **dtype: NormalizedCell(UNITS, **dtype)), BOTH),
    "RNN, foreign cell": (over(lambda **dtype: AttentiveCell(UNITS, **dtype)), GENERAL),
    "RNN, Keras cell": (over(lambda **dtype: keras.layers.LSTMCell(UNITS, **dtype)), GENERAL),
    "StackedRNNCells": (over(three_cells), GENERAL),
    "Bidirectional": (both_directions, BOTH),
    "RNNStack, residual": (stack("residual"), BOTH),
    "RNNStack, skip": (stack("skip"), BOTH),
    "RNNStack, all states": (stack_with_all_states, BOTH),
    "AdditiveAttention": (attention(AdditiveAttention, 6), NONE),
    "AdditiveAttention, coverage": (attention(AdditiveAttention, coverage=True), NONE),
    "MultiplicativeAttention, dot": (attention(MultiplicativeAttention, "dot"), NONE),
    "MultiplicativeAttention, general, coverage": (attention(MultiplicativeAttention, coverage=True), NONE),
    "MultiplicativeAttention, concat": (attention(MultiplicativeAttention, "concat", units=6), NONE),
    "Decoder, initial": (with_decoder(context="initial", connection="residual"), ("fused",)),
    "Decoder, both": (with_decoder(context="both", connection="skip"), ("fused",)),
    "Decoder, attention": (attending(return_scores=True), ("fused",)),
    "Decoder, attention, layers after it": (attending(attend_after=1, return_scores=True), ("fused",)),
    "Decoder, attention, coverage, input feeding": (attending(coverage=True, input_feeding=True), STEPS),
    "Seq2Seq": (seq2seq, BOTH),
    "CRF": (without_engine(lambda **dtype: CRF(TAGS, "iob2", **dtype)), NONE),
    "TagChain": (without_engine(lambda **dtype: TagChain(TAGS, "bioes", **dtype)), NONE),
    "TimePooling": (without_engine(lambda **dtype: TimePooling(MODES, **dtype)), NONE),
    "CharacterEncoder, cnn": (
        without_engine(lambda **dtype: CharacterEncoder(IDS, 3, 2, "cnn", [2, 3], **dtype)),
        NONE,
    ),
    "CharacterEncoder, rnn": (without_engine(lambda **dtype: CharacterEncoder(IDS, 3, 2, "rnn", **dtype)), NONE),
    "WordDropout": (without_engine(lambda **dtype: WordDropout(0.5, seed=1, **dtype)), NONE),
}
CASES = [
    pytest.param(make, engine, id=f"{name}-{engine}") for name, (make, engines) in TABLE.items() for engine in engines
]
every_layer = pytest.mark.parametrize("make, engine", CASES)
# Their operations are in other rows of the table too, which take long tests for them.
VARIANTS = {
    "SimpleRNN, relu, last",
    "LeakyRNN, learned",
    "LeakyRNN, normalized",
    "GRU, reset before, normalized",
    "GRU, unrolled",
    "MinLSTM, last",
    "LinearLeaky, learned",
    "RNN, own linear cell",
    "RNN, own cell with weights",
    "RNNStack, skip",
    "RNNStack, all states",
    "AdditiveAttention, coverage",
    "MultiplicativeAttention, dot",
    "MultiplicativeAttention, concat",
    "Decoder, initial",
    "Decoder, attention",
}
# The general engine is Keras's own loop: where a layer has another engine too, long tests of it are slow ones.
on_its_best_engine = pytest.mark.parametrize(
    "make, engine",
    [
        pytest.param(make, engine, id=f"{name}-{engine}", marks=[pytest.mark.slow] if place or name in VARIANTS else [])
        for name, (make, engines) in TABLE.items()
        for place, engine in enumerate(engines)
    ],
)


def data(layer):
    """What the layer reads: ids of words (B, T) or of their characters (B, T, C), else sequences (B, T, FEATURES)."""
    shape = {WordDropout: (BATCH, TIME), CharacterEncoder: (BATCH, TIME, 4)}.get(type(layer))
    return np.random.default_rng(0).integers(1, IDS, shape, "int32") if shape else sequences()


def run(layer, inputs, mask=None, training=False):
    """All that a layer makes of its inputs. Among ids a mask is zeros; a chain of tags is for its methods."""
    inputs, mask = tf.convert_to_tensor(inputs), None if mask is None else tf.convert_to_tensor(mask)
    if isinstance(layer, TagChain):
        return [*layer.decode(layer(inputs), mask), layer.marginals(layer(inputs), mask)]
    if inputs.dtype != tf.int32:
        return keras.tree.flatten(layer(inputs, mask=mask, training=training))
    if mask is not None:
        inputs = tf.where(tf.reshape(mask, [*tf.unstack(tf.shape(mask)), *[1] * (inputs.shape.rank - 2)]), inputs, 0)
    return [layer(inputs, training=training)]


def flat(results):
    return [np.asarray(tf.convert_to_tensor(result)) for result in results]


def engines_used(layer):
    return set(keras.tree.flatten(getattr(layer, "engine_used", None)))


def test_every_layer_is_in_the_table():
    layers = {name for name in rnnkit.layers.__all__ if name[0].isupper() and not name.endswith("Cell")}
    assert {name.partition(",")[0] for name in TABLE} == layers


@every_layer
def test_config_round_trip(make, engine):
    layer = built(make(engine))
    copy = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(layer))
    assert copy.get_config() == layer.get_config()
    built(copy)
    assert_close(flat(run(copy, data(layer))), flat(run(layer, data(layer))), 0)
    assert engines_used(layer) == engines_used(copy) == {engine}


@every_layer
def test_keras_file(make, engine, tmp_path):
    layer = make(engine)
    inputs = keras.Input(data(layer).shape[1:], dtype=data(layer).dtype.name)
    model = keras.Model(inputs, layer(inputs))
    layer.set_weights([np.random.default_rng(0).normal(size=value.shape) for value in layer.get_weights()])
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras").layers[-1]
    assert_close(flat(run(loaded, data(layer))), flat(run(layer, data(layer))), 0)


@on_its_best_engine
def test_graph_equals_eager(make, engine):
    def train(layer, inputs):
        with tf.GradientTape() as tape:
            results = run(layer, inputs, mask=MASKS["holes"], training=True)
            loss = tf.add_n([tf.reduce_sum(tf.sin(tf.cast(result, tf.float32))) for result in results])
        weights = [variable.value for variable in layer.trainable_variables]
        return [*results, *tape.gradient(loss, weights, unconnected_gradients=tf.UnconnectedGradients.ZERO)]

    in_graph, eager = built(make(engine)), built(make(engine))  # each draws its first random numbers
    graph = tf.function(lambda inputs: train(in_graph, inputs))
    assert_close(flat(graph(data(eager))), flat(train(eager, data(eager))), 1e-5)


@on_its_best_engine
def test_xla_equals_eager(make, engine):
    """Outputs; the gradients that the fused engine compiles to are in tests/engines/test_fused.py."""
    layer = built(make(engine))
    compiled = tf.function(lambda inputs: run(layer, inputs, mask=MASKS["holes"]), jit_compile=True)
    assert_close(flat(compiled(data(layer))), flat(run(layer, data(layer), mask=MASKS["holes"])), 1e-5)


@every_layer
def test_mixed_precision(make, engine):
    layer, mixed = built(make(engine)), built(make(engine, dtype="mixed_bfloat16"))
    assert all(variable.dtype == "float32" for variable in mixed.trainable_variables)
    results = run(mixed, data(layer), mask=MASKS["right"])
    computed_in = tf.float32 if isinstance(layer, TagChain) else tf.bfloat16
    assert all(result.dtype in (computed_in, tf.int32) for result in results)
    results = [np.asarray(tf.cast(result, tf.float32)) for result in results]
    assert_close(results, flat(run(layer, data(layer), mask=MASKS["right"])), 6e-2)
    assert engines_used(mixed) == {engine}


@every_layer
def test_batched_equals_single_and_shapes_are_told_rightly(make, engine):
    layer = built(make(engine))
    results = flat(run(layer, data(layer), mask=MASKS["left"]))
    for row in range(BATCH):
        single = run(layer, data(layer)[row : row + 1], mask=MASKS["left"][row : row + 1])
        assert_close(flat(single), [result[row : row + 1] for result in results], 1e-5)
    symbolic = keras.Input(data(layer).shape[1:], batch_size=BATCH, dtype=data(layer).dtype.name)
    shapes = [keras.tree.flatten(layer(inputs)) for inputs in (symbolic, data(layer))]
    assert [tuple(tensor.shape) for tensor in shapes[0]] == [tuple(tensor.shape) for tensor in shapes[1]]


@every_layer
def test_padding_changes_nothing(make, engine):
    """What stands at masked steps is of no matter, and a masked sequence gives what its steps alone give."""
    layer = built(make(engine))
    mask = np.array([[1, 1, 1, 0, 0], [0, 0, 1, 1, 1], [1, 0, 1, 0, 1], [1, 1, 1, 1, 1]], bool)
    inputs = data(layer)
    results = flat(run(layer, inputs, mask=mask))
    padded = np.where(mask.reshape(mask.shape + (1,) * (inputs.ndim - 2)), inputs, 99).astype(inputs.dtype)
    assert_close(flat(run(layer, padded, mask=mask)), results, 0)
    for row, real in enumerate(mask):
        alone = flat(run(layer, inputs[row : row + 1, real]))
        order = real[::-1] if getattr(layer, "go_backwards", False) else real  # outputs come in the order of running
        in_batch = [result[row][order] if result.shape[1:2] == (TIME,) else result[row] for result in results]
        assert_close([result[None] for result in in_batch], alone, 1e-5)


@on_its_best_engine
def test_saved_model(make, engine, tmp_path):
    layer = built(make(engine))
    time = TIME if getattr(layer, "unroll", False) else None
    inputs = tf.TensorSpec((None, time, *data(layer).shape[2:]), data(layer).dtype)
    module = tf.Module()
    module.layer = layer
    module.serve = tf.function(
        lambda inputs, mask: run(layer, inputs, mask), input_signature=[inputs, tf.TensorSpec((None, time), tf.bool)]
    )
    tf.saved_model.save(module, str(tmp_path))
    loaded = tf.saved_model.load(str(tmp_path))
    expected = run(layer, data(layer), mask=MASKS["holes"])
    assert_close(flat(loaded.serve(data(layer), MASKS["holes"])), flat(expected), 1e-5)
    assert not refused_words(tmp_path)


def test_the_check_of_the_saved_graph_finds_what_it_looks_for(tmp_path):
    module = tf.Module()
    module.serve = tf.function(tf.function(tf.sin, jit_compile=True), input_signature=[tf.TensorSpec((None,))])
    tf.saved_model.save(module, str(tmp_path))
    assert refused_words(tmp_path) == ["_xlamustcompile"]


def refused_words(path):
    """What a CPU server refuses, of all operations and attributes in a SavedModel, its function library included."""
    saved = (path / "saved_model.pb").read_bytes().decode("latin-1").lower()
    saved = saved.replace("use_cudnn_on_gpu", "")  # an attribute of every convolution, which a CPU does not read
    return [word for word in ("cudnn", "_xlamustcompile") if word in saved]
