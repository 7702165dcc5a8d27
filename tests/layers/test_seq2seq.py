"""Sequence to sequence: what enters the decoder, step by step, and what is exported."""

import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

from rnnkit.decoding import DecodingOptions, decode
from rnnkit.engines import portable
from rnnkit.layers import GRU, LSTM, AdditiveAttention, Bidirectional, Decoder, LeakyRNN, RNNStack, Seq2Seq
from tests.layers.helpers import assert_close, randomize
from tests.layers.test_conformance import refused_words

BATCH, SOURCE, TARGET, FEATURES, WIDTH = 3, 6, 4, 5, 2
SOURCE_MASK = np.arange(SOURCE) < np.array([[6], [3], [1]])
TARGET_MASK = np.arange(TARGET) < np.array([[2], [4], [3]])


def encoder(kind, **options):
    options = {"return_sequences": True, **options}
    both = Bidirectional(LSTM(2, **options), dtype=options.get("dtype"))
    return {
        "one direction": LSTM(4, **options),
        "both directions": both,
        "stack": RNNStack([both, GRU(4, **options)], connection="residual", dtype=options.get("dtype")),
        "stack, both directions": RNNStack([GRU(3, **options), both], dtype=options.get("dtype")),
    }[kind]


ENCODERS = ["one direction", "both directions", "stack", "stack, both directions"]
WAYS = {
    "initial": {"context": "initial"},
    "both": {"context": "both"},
    "attention": {"context": "attention", "return_scores": True},
    "input feeding": {"context": "attention", "input_feeding": True, "attention_units": 3},
}


def made(kind, way, dtype="float64"):
    """A network with random weights."""
    layers = [make(3, return_sequences=True, dtype=dtype) for make in (LSTM, LeakyRNN)]
    layer = Seq2Seq(encoder(kind, dtype=dtype), Decoder(layers, dtype=dtype, **WAYS[way]), dtype=dtype)
    layer.build((None, None, FEATURES), (None, None, WIDTH))
    randomize(layer)
    return layer


def data(dtype="float64"):
    generator = np.random.default_rng(0)
    shapes = (BATCH, SOURCE, FEATURES), (BATCH, TARGET, WIDTH)
    return [generator.normal(size=shape).astype(dtype) for shape in shapes]


def summary(layer, source, mask):
    """The encoder's last outputs, row by row, where each direction ends."""
    outputs = np.asarray(layer.encoder(source, mask=mask))
    last = layer.encoder.layers[-1] if isinstance(layer.encoder, RNNStack) else layer.encoder
    rows = []
    for row, real in zip(outputs, mask):
        forward, backward = row[real][-1], row[real][0]
        half = len(forward) // 2
        rows.append(np.concatenate([forward[:half], backward[half:]]) if hasattr(last, "merge_mode") else forward)
    return np.stack(rows)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", ENCODERS)
def test_is_the_decoder_on_what_the_encoder_made(kind, way):
    layer = made(kind, way)
    source, target = data()
    results = layer(source, target, source_mask=SOURCE_MASK, target_mask=TARGET_MASK)
    arguments = {"context": summary(layer, source, SOURCE_MASK)}
    if "attention" in WAYS[way]["context"]:
        arguments |= {"memory": layer.encoder(source, mask=SOURCE_MASK), "memory_mask": SOURCE_MASK}
    expected = layer.decoder(target, mask=TARGET_MASK, **arguments)
    results, expected = ([np.asarray(one) for one in keras.tree.flatten(some)] for some in (results, expected))
    assert_close(results, expected, 1e-12)
    shapes = layer.compute_output_shape(source.shape, target.shape)
    assert [one.shape for one in results] == ([shapes] if len(results) == 1 else list(shapes))


def test_the_summary_of_an_lstm_is_its_final_state():
    final = LSTM(4, return_state=True, dtype="float64")
    layer = made("one direction", "initial")
    final.build((None, None, FEATURES))
    final.set_weights(layer.encoder.get_weights())
    source = data()[0]
    np.testing.assert_allclose(summary(layer, source, SOURCE_MASK), final(source, mask=SOURCE_MASK)[1], atol=1e-12)


@pytest.mark.parametrize("way", WAYS)
def test_step_by_step_equals_the_whole_sequence(way):
    layer = made("both directions", way)
    source, target = data()
    expected = keras.tree.flatten(layer(source, target, source_mask=SOURCE_MASK))
    state = layer.encode(source, SOURCE_MASK)
    for time in range(TARGET):
        output, state, scores = layer.step(target[:, time], state)
        np.testing.assert_allclose(output, expected[0][:, time], atol=1e-12)
        if layer.return_scores:
            np.testing.assert_allclose(scores, expected[1][:, time], atol=1e-12)


@pytest.mark.parametrize("way", WAYS)
def test_padding_changes_nothing(way):
    layer = made("stack, both directions", way)
    source, target = data()
    results = keras.tree.flatten(layer(source, target, source_mask=SOURCE_MASK, target_mask=TARGET_MASK))
    source, target = (np.pad(one, [(0, 0), (0, 2), (0, 0)], constant_values=1e3) for one in (source, target))
    masks = {"source_mask": np.pad(SOURCE_MASK, [(0, 0), (0, 2)]), "target_mask": np.pad(TARGET_MASK, [(0, 0), (0, 2)])}
    padded = keras.tree.flatten(layer(source, target, **masks))
    for one, other in zip(padded, results):
        np.testing.assert_allclose(one[:, :TARGET, : other.shape[-1]], other, atol=1e-12)
        assert not np.any(one[:, TARGET:]) and not np.any(one[..., other.shape[-1] :])


def test_a_source_of_which_all_is_masked_does_no_harm():
    layer = made("both directions", "attention")
    source, target = data()
    outputs, scores = layer(source, target, source_mask=np.zeros((BATCH, SOURCE), bool))
    assert np.all(np.isfinite(outputs)) and not np.any(scores)
    np.testing.assert_allclose(outputs, layer(source[::-1], target, source_mask=np.zeros((BATCH, SOURCE), bool))[0])


def test_scheduled_sampling():
    layer = made("both directions", "initial")
    source, target = data()
    expected = layer(source, target)
    fed = layer(source, target, feed=lambda output: output[:, :WIDTH], chances=0.0)
    np.testing.assert_allclose(fed, expected, atol=1e-12)
    always = layer(source, target, feed=lambda output: output[:, :WIDTH], chances=1.0)
    np.testing.assert_allclose(always[:, 0], expected[:, 0], atol=1e-12)
    assert not np.allclose(always[:, 1], expected[:, 1])
    assert layer.engine_used == (("fused", "fused"), "steps")


def test_a_functional_model_is_saved_and_loaded(tmp_path):
    inputs = [keras.Input((None,), dtype="int32", name=name) for name in ("source", "target")]
    vectors = [keras.layers.Embedding(9, FEATURES, name=f"of_{one.name}")(one) for one in inputs]
    masks = [keras.ops.not_equal(one, 0) for one in inputs]
    decoder = Decoder([GRU(4, return_sequences=True)], "attention", AdditiveAttention(), return_scores=True)
    layer = Seq2Seq(encoder("stack"), decoder)
    model = keras.Model(inputs, layer(*vectors, source_mask=masks[0], target_mask=masks[1]))
    assert [tuple(one.shape) for one in model.outputs] == [(None, None, 4), (None, None, None)]
    randomize(model)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    tokens = [np.array([[3, 4, 5, 0], [6, 7, 0, 0]]), np.array([[1, 2], [1, 0]])]
    assert_close([np.asarray(one) for one in loaded(tokens)], [np.asarray(one) for one in model(tokens)], 0)
    copy = Seq2Seq.from_config(layer.get_config())
    assert copy.get_config() == layer.get_config()


def test_the_masks_of_keras_reach_the_layer():
    tokens = np.array([[3, 4, 0, 0], [5, 0, 0, 0]])
    embedding = keras.layers.Embedding(9, FEATURES, mask_zero=True)
    layer = Seq2Seq(encoder("both directions"), Decoder([GRU(4, return_sequences=True)]))
    target = np.ones((2, 3, WIDTH), "float32")
    by_keras = layer(embedding(tokens), target)
    np.testing.assert_allclose(by_keras, layer(embedding(tokens), target, source_mask=tokens != 0), atol=1e-6)


def test_the_whole_network_compiles():
    layer = made("one direction", "attention", "float32")
    source, target = (tf.constant(one) for one in data("float32"))

    def train(source, target):
        with tf.GradientTape() as tape:
            results = keras.tree.flatten(layer(source, target, source_mask=SOURCE_MASK, training=True))
            loss = tf.add_n([tf.reduce_sum(tf.sin(result)) for result in results])
        return [*results, *tape.gradient(loss, [weight.value for weight in layer.trainable_weights])]

    expected = [np.asarray(one) for one in train(source, target)]
    for jit_compile in (False, True):
        results = tf.function(train, jit_compile=jit_compile)(source, target)
        assert_close([np.asarray(one) for one in results], expected, 1e-4)


def test_mixed_precision():
    layers = {dtype: made("both directions", "input feeding", dtype) for dtype in ("mixed_bfloat16", "float32")}
    outputs = {dtype: layer(*data("float32"), source_mask=SOURCE_MASK) for dtype, layer in layers.items()}
    assert outputs["mixed_bfloat16"].dtype == tf.bfloat16
    np.testing.assert_allclose(*(tf.cast(one, tf.float32) for one in outputs.values()), atol=6e-2)


# === Export ===

START, END, TOKENS = 1, 2, 11


class Translator(tf.Module):
    """Token ids to token ids, by any method of decoding; emits what was attended to."""

    def __init__(self, way, **options):
        super().__init__()
        self.options = DecodingOptions(max_length=7, **options)
        self.embedding = keras.layers.Embedding(TOKENS, FEATURES)
        self.network = Seq2Seq(encoder("stack"), Decoder([LSTM(4, return_sequences=True)], **WAYS[way]))
        self.head = keras.layers.Dense(TOKENS)
        self.logits(np.ones((1, 1), "int32"), np.ones((1, 1), "int32"))  # makes the weights

    def logits(self, source, target):
        """(B, S), (B, T) to (B, T, tokens), as in training."""
        results = self.network(self.embedding(source), self.embedding(target), source_mask=source != 0)
        return self.head(keras.tree.flatten(results)[0])

    def step(self, tokens, state):
        output, state, scores = self.network.step(self.embedding(tokens), state)
        return self.head(output), state, scores

    @tf.function(input_signature=[tf.TensorSpec((None, None), tf.int32)])
    def translate(self, source):
        state = self.network.encode(self.embedding(source), source != 0)
        start = tf.fill([tf.shape(source)[0]], START)
        decoded = decode(self.step, state, start, self.options, end=END)
        found = {"tokens": decoded.tokens, "lengths": decoded.lengths}
        return {**found, "scores": decoded.extras} if self.network.decoder.attention is not None else found


SERVE = """
import sys
import numpy as np
import tensorflow as tf
model = tf.saved_model.load(sys.argv[1])
found = model.translate(tf.constant([[3, 4, 5, 0, 0], [6, 7, 8, 9, 10], [5, 0, 0, 0, 0]]))
assert "rnnkit" not in sys.modules
np.savez(sys.argv[2], **{name: value.numpy() for name, value in found.items()})
"""


@pytest.mark.slow
@pytest.mark.parametrize("way, method", [("input feeding", "greedy"), ("attention", "beam")])
def test_what_is_exported_decodes_with_tensorflow_alone(way, method, tmp_path):
    keras.utils.set_random_seed(0)
    with portable():
        translator = Translator(way, method=method, **({"beam_width": 3} if method == "beam" else {}))
        for weight in translator.trainable_variables:
            weight.assign(3.0 * weight)
        tf.saved_model.save(translator, str(tmp_path / "model"))
    assert not refused_words(tmp_path / "model")
    command = [sys.executable, "-c", SERVE, str(tmp_path / "model"), str(tmp_path / "found.npz")]
    subprocess.run(command, check=True, capture_output=True, text=True, cwd=tmp_path)
    source = np.array([[3, 4, 5, 0, 0], [6, 7, 8, 9, 10], [5, 0, 0, 0, 0]], "int32")
    found, expected = np.load(tmp_path / "found.npz"), translator.translate(source)
    assert_close([found[name] for name in expected], [np.asarray(one) for one in expected.values()], 1e-5)
    if method == "greedy":  # each token is the most probable one after those before it
        tokens, lengths = found["tokens"][:, 0], found["lengths"][:, 0]
        read = np.concatenate([np.full((3, 1), START), tokens[:, :-1]], axis=1)
        best = np.argmax(translator.logits(source, read), axis=-1)
        for row, length in enumerate(lengths):
            np.testing.assert_array_equal(tokens[row, :length], best[row, :length])


def plain_decoder():
    return Decoder([GRU(4, return_sequences=True)])


@pytest.mark.parametrize(
    "make, error, words",
    [
        (lambda: Seq2Seq(encoder("stack"), GRU(3)), TypeError, ["`decoder`", "GRU"]),
        (lambda: Seq2Seq(GRU(3), plain_decoder()), ValueError, ["encoder", "return_sequences=True"]),
        (
            lambda: Seq2Seq(GRU(3, return_sequences=True, return_state=True), plain_decoder()),
            ValueError,
            ["encoder", "return_state=False"],
        ),
        (
            lambda: Seq2Seq(GRU(3, return_sequences=True, go_backwards=True), plain_decoder()),
            ValueError,
            ["encoder", "go_backwards=False"],
        ),
        (
            lambda: Seq2Seq(Bidirectional(GRU(3, return_sequences=True), "sum", name="top"), plain_decoder()),
            ValueError,
            ["concatenated", "'sum'", "layer top"],
        ),
        (
            lambda: Seq2Seq(
                Bidirectional(
                    GRU(3, return_sequences=True),
                    backward_layer=GRU(5, return_sequences=True, go_backwards=True),
                    name="top",
                ),
                plain_decoder(),
            )(*data("float32")),
            ValueError,
            ["one width", "3 and 5", "layer top"],
        ),
        (lambda: Seq2Seq(keras.layers.Dense(3), plain_decoder()), TypeError, ["`encoder`", "Dense"]),
    ],
)
def test_errors(make, error, words):
    with pytest.raises(error) as raised:
        make()
    for word in words:
        assert word in str(raised.value)
