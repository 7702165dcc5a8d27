"""The attentions against NumPy, one query and one entry of the memory at a time."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from rnnkit.engines import chunks
from rnnkit.layers import AdditiveAttention, MultiplicativeAttention, coverage_loss, energies
from tests.layers.helpers import MASKS, assert_close, assert_gradients_are_right, built, randomize, sequences
from tests.layers.one_input import OfOneInput
from tests.layers.reference import attention_energy

BATCH, STEPS, ENTRIES, QUERY, MEMORY = 3, 4, 5, 6, 2
MASK = np.array([[1, 1, 1, 0, 0], [0, 1, 0, 1, 1], [0, 0, 0, 0, 0]], bool)
QUERIES_MASK = np.array([[1, 1, 0, 0], [0, 1, 0, 1], [1, 1, 1, 1]], bool)

KINDS = {
    "additive": lambda **options: AdditiveAttention(7, **options),
    "additive, default units": AdditiveAttention,
    "dot": lambda **options: MultiplicativeAttention("dot", **options),
    "general": MultiplicativeAttention,
    "concat": lambda **options: MultiplicativeAttention("concat", units=7, **options),
}
every_kind = pytest.mark.parametrize(
    "kind, coverage",
    [pytest.param(kind, on, id=f"{kind}{', coverage' * on}") for kind in KINDS for on in (False, True)],
)


def width(kind):
    return QUERY if kind == "dot" else MEMORY


def data(kind, dtype="float64", steps=STEPS, entries=ENTRIES):
    """Random queries and memory."""
    generator = np.random.default_rng(0)
    shapes = (BATCH, steps, QUERY), (BATCH, entries, width(kind))
    return [generator.normal(size=shape).astype(dtype) for shape in shapes]


def made(kind, dtype="float64", **options):
    """An attention with random weights, those of the coverage too."""
    layer = KINDS[kind](dtype=dtype, **options)
    layer.build((None, None, QUERY), (None, None, width(kind)))
    randomize(layer)
    return layer


def reference(layer, queries, memory, mask, queries_mask):
    """(B, T, M), (B, T, S)."""
    contexts = np.zeros((*queries.shape[:2], memory.shape[-1]))
    scores = np.zeros((*queries.shape[:2], memory.shape[1]))
    for row in range(len(queries)):
        real, covered = np.flatnonzero(mask[row]), np.zeros(memory.shape[1])
        for time in np.flatnonzero(queries_mask[row]):
            energies = [
                attention_energy(layer, queries[row, time], memory[row, entry], covered[entry]) for entry in real
            ]
            scores[row, time, real] = np.exp(energies) / np.sum(np.exp(energies))
            contexts[row, time] = scores[row, time] @ memory[row]
            covered += scores[row, time] if layer.coverage else 0.0
    return contexts, scores


@every_kind
def test_equals_numpy(kind, coverage):
    layer = made(kind, coverage=coverage)
    queries, memory = data(kind)
    for mask in (None, MASK):
        for queries_mask in (None, QUERIES_MASK):
            results = layer(queries, memory, memory_mask=mask, queries_mask=queries_mask)
            given = [np.ones((BATCH, size)) for size in (ENTRIES, STEPS)]
            given = [one if other is None else other for one, other in zip(given, (mask, queries_mask))]
            for result, expected in zip(results, reference(layer, queries, memory, *given)):
                np.testing.assert_allclose(result, expected, atol=1e-12)


@every_kind
def test_the_coverage_starts_without_effect(kind, coverage):
    layer = KINDS[kind](coverage=coverage, dtype="float64")
    queries, memory = data(kind)
    layer(queries, memory)
    without = KINDS[kind](dtype="float64")
    without.build(queries.shape, memory.shape)
    without.set_weights(layer.get_weights()[: len(without.weights)])
    assert_close(*([np.asarray(one) for one in made(queries, memory)] for made in (layer, without)), 1e-12)


@every_kind
@pytest.mark.parametrize("mask", ["holes", "full rows"])
def test_gradients(kind, coverage, mask):
    layer = built(OfOneInput(KINDS[kind](coverage=coverage, dtype="float64"), dtype="float64"))
    assert_gradients_are_right(layer, sequences(dtype="float64"), mask=MASKS[mask])


@every_kind
def test_step_by_step_equals_all_at_once(kind, coverage):
    layer = made(kind, coverage=coverage)
    queries, memory = data(kind)
    contexts, scores = layer(queries, memory, memory_mask=MASK)
    keys, covered = layer.prepare(memory), None
    for time in range(STEPS):
        context, score = layer.attend(queries[:, time], memory, keys, MASK, covered)
        np.testing.assert_allclose(context, contexts[:, time], atol=1e-12)
        np.testing.assert_allclose(score, scores[:, time], atol=1e-12)
        if coverage:
            covered = score if covered is None else covered + score


@every_kind
def test_padding_changes_nothing(kind, coverage):
    layer = made(kind, coverage=coverage)
    queries, memory = data(kind)
    contexts, scores = layer(queries, memory, memory_mask=MASK, queries_mask=QUERIES_MASK)
    queries, memory = (np.pad(one, [(0, 0), (0, 3), (0, 0)], constant_values=1e6) for one in (queries, memory))
    masks = {"memory_mask": np.pad(MASK, [(0, 0), (0, 3)]), "queries_mask": np.pad(QUERIES_MASK, [(0, 0), (0, 3)])}
    padded = layer(queries, memory, **masks)
    np.testing.assert_allclose(padded[0], np.pad(contexts, [(0, 0), (0, 3), (0, 0)]), atol=1e-12)
    np.testing.assert_allclose(padded[1], np.pad(scores, [(0, 0), (0, 3), (0, 3)]), atol=1e-12)


@every_kind
def test_a_memory_of_nothing_gives_zeros(kind, coverage):
    layer = made(kind, coverage=coverage)
    context, scores = layer(*data(kind, entries=0))
    assert scores.shape == (BATCH, STEPS, 0)
    np.testing.assert_array_equal(context, np.zeros((BATCH, STEPS, width(kind))))


@pytest.mark.parametrize("kind", ["additive", "concat"])
@pytest.mark.parametrize("known", [True, False], ids=["known shapes", "unknown shapes"])
def test_the_hidden_layer_is_made_in_parts(kind, known, monkeypatch):
    layer = made(kind)
    queries, memory = data(kind)

    def run(queries, memory):
        with tf.GradientTape() as tape:
            tape.watch([queries, memory])
            context, scores = layer(queries, memory, memory_mask=MASK)
            loss = tf.reduce_sum(tf.sin(context)) + tf.reduce_sum(tf.sin(scores))
        return [context, *tape.gradient(loss, [queries, memory, *(weight.value for weight in layer.weights)])]

    specs = [tf.TensorSpec(one.shape if known else [None, None, one.shape[-1]], one.dtype) for one in (queries, memory)]
    whole = tf.function(run).get_concrete_function(*specs)
    monkeypatch.setattr(chunks, "ENTRIES", 3 * BATCH * ENTRIES * 7)  # three queries of four at a time
    parts = tf.function(run).get_concrete_function(*specs)
    tensors = [tf.constant(one) for one in (queries, memory)]
    expected = [tf.convert_to_tensor(one).numpy() for one in whole(*tensors)]
    for run_again in (parts, run):
        results = [tf.convert_to_tensor(one).numpy() for one in run_again(*tensors)]
        assert_close(results, expected, 1e-12)
    if known:
        compiled = tf.function(run, jit_compile=True)(*tensors)
        assert_close([tf.convert_to_tensor(one).numpy() for one in compiled], expected, 1e-12)


def stored_in_loops(function, *inputs):
    """Names of the operations whose results the loops of a function keep for its backward pass."""
    graph = tf.function(function).get_concrete_function(*inputs).graph.as_graph_def()
    stored = set()
    for body in graph.library.function:
        made_by = {node.name: node.op for node in body.node_def}
        kept = [node.input[1] for node in body.node_def if node.op == "TensorListPushBack"]
        stored |= {made_by.get(name.partition(":")[0]) for name in kept}
    return stored


@pytest.mark.parametrize("recomputed", [True, False])
def test_the_hidden_layer_is_not_stored_for_the_backward_pass(recomputed, monkeypatch):
    monkeypatch.setattr(chunks, "ENTRIES", 3 * BATCH * ENTRIES * 7)
    if not recomputed:  # the test finds what it looks for
        monkeypatch.setattr(energies, "with_gradient_of", lambda _, function: function)
    layer = made("additive")
    stored = stored_in_loops(lambda *given: tf.gradients(layer(*given)[0], given), *data("additive"))
    assert ("Tanh" in stored) != recomputed


def test_scores_are_float32_at_least():
    queries, memory = (tf.cast(one, tf.float32) for one in data("additive"))
    for make in KINDS.values():
        layer = make(dtype="mixed_bfloat16", coverage=True)
        if getattr(layer, "mode", None) == "dot":
            continue
        context, scores = layer(queries, memory, memory_mask=MASK)
        assert (context.dtype, scores.dtype) == (tf.bfloat16, tf.float32)
        np.testing.assert_allclose(
            tf.reduce_sum(scores, -1), MASK.any(1, keepdims=True) * np.ones((1, STEPS)), atol=1e-6
        )
        symbolic = layer(keras.Input((STEPS, QUERY)), keras.Input((ENTRIES, MEMORY)))
        assert [tensor.dtype for tensor in symbolic] == ["bfloat16", "float32"]


def test_keys_and_a_step_outside_of_the_layer_in_mixed_precision():
    layer = made("additive", dtype="mixed_bfloat16")
    queries, memory = data("additive", dtype="float32")
    expected = layer(queries, memory, memory_mask=MASK)[0]
    context, _ = layer.attend(queries[:, 1], memory, layer.prepare(memory), MASK)
    np.testing.assert_allclose(tf.cast(context, tf.float32), tf.cast(expected[:, 1], tf.float32), atol=1e-2)


def coverage_loss_by_hand(scores, mask):
    losses, covered = np.zeros(scores.shape[:2]), np.zeros_like(scores[:, 0])
    for time in range(scores.shape[1]):
        real = mask[:, time, None]
        losses[:, time] = np.sum(np.minimum(scores[:, time], covered) * real, axis=-1)
        covered += scores[:, time] * real
    return losses


def test_coverage_loss():
    scores = np.random.default_rng(1).dirichlet(np.ones(ENTRIES), (BATCH, STEPS))
    for mask in (None, QUERIES_MASK):
        read = np.ones((BATCH, STEPS), bool) if mask is None else mask
        np.testing.assert_allclose(coverage_loss(scores, mask), coverage_loss_by_hand(scores, read), atol=1e-12)
    same = np.tile(scores[:, :1], (1, STEPS, 1))  # to look at the same all the time is the worst
    np.testing.assert_allclose(coverage_loss(same), np.tile([0, 1, 1, 1], (BATCH, 1)), atol=1e-12)
    theoretical, numerical = tf.test.compute_gradient(coverage_loss, [tf.constant(scores)], delta=1e-6)
    np.testing.assert_allclose(theoretical[0], numerical[0], atol=1e-6)


def test_the_masks_of_keras_reach_the_layer():
    tokens = np.array([[3, 4, 0, 0], [5, 0, 0, 0]])
    embedding = keras.layers.Embedding(9, 3, mask_zero=True)
    layer = MultiplicativeAttention("dot")
    by_keras = layer(embedding(tokens[:, :3]), embedding(tokens))
    by_hand = layer(np.array(embedding(tokens[:, :3])), np.array(embedding(tokens)), tokens != 0, tokens[:, :3] != 0)
    for one, other in zip(by_keras, by_hand):
        np.testing.assert_allclose(one, other, atol=1e-6)
    assert not np.any(by_keras[1][:, :, 2:])


def test_weights_may_be_seeded():
    initializer = keras.initializers.GlorotUniform(seed=3)
    layers = [AdditiveAttention(QUERY, kernel_initializer=initializer) for _ in range(2)]
    for layer in layers:
        layer.build((None, None, QUERY), (None, None, QUERY))
    for one, other in zip(*(layer.get_weights() for layer in layers)):
        np.testing.assert_array_equal(one, other)
    unseeded = AdditiveAttention(QUERY)
    unseeded.build((None, None, QUERY), (None, None, QUERY))
    assert not np.allclose(unseeded.query_kernel, unseeded.memory_kernel)


@pytest.mark.parametrize(
    "make, words",
    [
        (lambda: AdditiveAttention(0), ["AdditiveAttention", "`units`", "units=0"]),
        (lambda: MultiplicativeAttention("scaled"), ["`mode`", "'general'", "'scaled'"]),
        (lambda: MultiplicativeAttention("dot", units=3), ["`units`", "concat", "units=3"]),
        (lambda: MultiplicativeAttention("concat", units=-1), ["`units`", "positive"]),
        (
            lambda: MultiplicativeAttention("dot").build((None, None, 3), (None, None, 4)),
            ["'dot'", "queries of 3", "memory of 4", "general"],
        ),
        (lambda: AdditiveAttention()(np.ones((2, 5, 3)), np.ones((2, 3))), ["`memory`", "(2, 3)"]),
        (lambda: AdditiveAttention()(keras.Input((3,)), keras.Input((5, 3))), ["`queries`", "(None, 3)"]),
    ],
)
def test_errors(make, words):
    with pytest.raises(ValueError) as raised:
        make()
    for word in words:
        assert word in str(raised.value)
