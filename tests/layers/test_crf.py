"""TagChain and CRF against sums over every tag sequence."""

import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf

from rnnkit.layers import linear_chain
from rnnkit.layers.constraints import allowed_transitions
from rnnkit.layers.crf import CRF, TagChain

IOB2 = ["O", "B-a", "I-a", "B-b", "I-b"]
BIOES = ["O", "B-a", "I-a", "E-a", "S-a"]
MASKS = {
    "full": [[1, 1, 1, 1]] * 3,
    "right": [[1, 1, 1, 1], [1, 1, 0, 0], [0, 0, 0, 0]],
    "left and holes": [[0, 0, 1, 1], [1, 0, 1, 0], [0, 1, 0, 1]],
}


def make(scheme="none", dtype="float64", tags=None, seed=0):
    """A CRF of random weights, and potentials (3, 4, tags)."""
    tags = tags or {"none": 3, "iob2": IOB2, "bioes": BIOES}[scheme]
    crf = CRF(tags, scheme, dtype=dtype)
    rng = np.random.default_rng(seed)
    crf.build((None, None, crf.size))
    crf.set_weights([rng.normal(size=w.shape) for w in crf.weights])
    return crf, rng.normal(size=(3, 4, crf.size))


def every_path(crf, potentials, allowed=None):
    """All tag sequences of unmasked potentials (T, K) and their scores; only the allowed ones, if given."""
    start, transitions, end = (np.asarray(w) for w in (crf.start, crf.transitions, crf.end))
    paths, scores = [], []
    for path in itertools.product(range(crf.size), repeat=len(potentials)):
        pairs = list(itertools.pairwise(path))
        if allowed is not None and not (
            allowed.start[path[0]] and allowed.end[path[-1]] and all(allowed.transitions[pair] for pair in pairs)
        ):
            continue
        score = start[path[0]] + end[path[-1]] + sum(transitions[pair] for pair in pairs)
        paths.append(path)
        scores.append(score + sum(step[tag] for step, tag in zip(potentials, path)))
    return np.array(paths), np.array(scores)


def log_sum_exp(scores):
    return np.log(np.exp(scores - scores.max()).sum()) + scores.max()


@pytest.mark.parametrize("mask", MASKS.values(), ids=MASKS.keys())
@pytest.mark.parametrize("scheme", ["none", "iob2", "bioes"])
def test_equals_the_sum_over_every_sequence(scheme, mask):
    crf, potentials = make(scheme)
    mask = np.array(mask, bool)
    allowed = None if scheme == "none" else allowed_transitions(crf.tags, scheme)
    decoded, best = (x.numpy() for x in crf.decode(potentials, mask))
    marginals = crf.marginals(potentials, mask).numpy()
    for row in range(3):
        steps = np.flatnonzero(mask[row])
        if not len(steps):
            assert best[row] == 0 and not decoded[row].any() and not marginals[row].any()
            continue
        paths, scores = every_path(crf, potentials[row, steps], allowed)
        assert best[row] == pytest.approx(scores.max(), abs=1e-9)
        np.testing.assert_array_equal(decoded[row, steps], paths[scores.argmax()])
        chances = np.exp(scores - log_sum_exp(scores))
        expected = np.array([[chances[paths[:, t] == k].sum() for k in range(crf.size)] for t in range(len(steps))])
        np.testing.assert_allclose(marginals[row, steps], expected, atol=1e-9)
        given = np.zeros(4, int)
        for index in (0, len(paths) // 2, len(paths) - 1):
            given[steps] = paths[index]
            tags = np.tile(given, (3, 1))
            likelihood = crf.log_likelihood(potentials, tags, mask).numpy()[row]
            assert likelihood == pytest.approx(scores[index] - log_sum_exp(scores), abs=1e-9)
    assert not decoded[~mask].any() and not marginals[~mask].any()


def test_fully_masked_row_is_certain_and_has_no_gradient():
    crf, potentials = make()
    potentials = tf.Variable(np.full_like(potentials, np.nan))
    with tf.GradientTape() as tape:
        likelihood = crf.log_likelihood(potentials, tf.fill([3, 4], -1), tf.fill([3, 4], False))
    gradients = tape.gradient(likelihood, [potentials, *[w.value for w in crf.weights]], unconnected_gradients="zero")
    np.testing.assert_array_equal(likelihood, np.zeros(3))
    for gradient in gradients:
        np.testing.assert_array_equal(gradient, np.zeros(gradient.shape))


@pytest.mark.parametrize("scheme", ["none", "iob2"])
def test_padding_changes_nothing(scheme):
    crf, potentials = make(scheme, "float32")
    tags = np.array([[0, 1, 1, 0], [1, 2, 0, 1], [0, 0, 1, 1]])
    padded = np.pad(potentials, [(0, 0), (0, 3), (0, 0)], constant_values=np.nan)
    mask = np.arange(7) < np.full((3, 1), 4)
    more_tags = np.pad(tags, [(0, 0), (0, 3)], constant_values=-1)
    np.testing.assert_array_equal(crf.log_likelihood(padded, more_tags, mask), crf.log_likelihood(potentials, tags))
    np.testing.assert_array_equal(crf.decode(padded, mask)[0][:, :4], crf.decode(potentials)[0])
    np.testing.assert_allclose(crf.marginals(padded, mask)[:, :4], crf.marginals(potentials), atol=1e-6)


def test_gradients_equal_finite_differences():
    crf, potentials = make()
    mask = tf.constant(np.array(MASKS["right"], bool))
    tags = tf.constant([[1, 2, 0, 1], [2, 2, -1, -1], [-1, -1, -1, -1]])

    def likelihood(potentials, *weights):
        scores = linear_chain.Scores(*weights)
        return linear_chain.path_score(potentials, tags, mask, scores) - linear_chain.log_partition(
            potentials, mask, scores
        )

    values = [tf.constant(value) for value in (potentials, *crf.get_weights())]
    np.testing.assert_array_equal(likelihood(*values), crf.log_likelihood(potentials, tags, mask))
    theoretical, numerical = tf.test.compute_gradient(likelihood, values, delta=1e-5)
    for one, other in zip(theoretical, numerical):
        np.testing.assert_allclose(one, other, atol=1e-7)


def test_tags_that_break_the_scheme_are_scored_without_it():
    crf, potentials = make("iob2")
    free, _ = make(tags=IOB2)
    free.set_weights(crf.get_weights())
    broken = np.array([[0, 2, 0, 0]] * 3)  # O I-a
    expected = free.log_likelihood(potentials, broken)
    np.testing.assert_allclose(crf.log_likelihood(potentials, broken), expected)
    assert np.all(np.asarray(expected) > -100)
    whole = np.array([[0, 1, 2, 0]] * 3)
    assert np.all(crf.log_likelihood(potentials, whole) > free.log_likelihood(potentials, whole))


@pytest.mark.parametrize("scheme", ["iob2", "bioes"])
@pytest.mark.parametrize("layer", [TagChain, CRF])
def test_decodes_nothing_forbidden(layer, scheme):
    tags = {"iob2": IOB2, "bioes": BIOES}[scheme]
    allowed = allowed_transitions(tags, scheme)
    chain = layer(tags, scheme)
    chain.build((None, None, 5))
    potentials = np.random.default_rng(1).normal(scale=20.0, size=(40, 6, 5)).astype("float32")
    decoded, _ = chain.decode(potentials)
    assert any(not allowed.transitions[pair] for row in potentials.argmax(-1) for pair in itertools.pairwise(row))
    for row in decoded.numpy():
        assert allowed.start[row[0]] and allowed.end[row[-1]]
        assert all(allowed.transitions[pair] for pair in itertools.pairwise(row))


def test_marginals_stay_exact_over_a_long_sequence():
    crf, _ = make(dtype="float32")
    potentials = np.random.default_rng(2).normal(scale=3.0, size=(2, 400, 3))
    np.testing.assert_allclose(tf.reduce_sum(crf.marginals(potentials), -1), np.ones((2, 400)), atol=1e-4)


@pytest.mark.parametrize("jit", [False, True], ids=["graph", "xla"])
def test_graph_equals_eager_and_trains_for_any_shape(jit):
    crf, _ = make("iob2", "float32")

    @tf.function(jit_compile=jit, reduce_retracing=True)
    def run(potentials, tags, mask):
        with tf.GradientTape() as tape:
            loss = -tf.reduce_sum(crf.log_likelihood(potentials, tags, mask))
        gradients = tape.gradient(loss, [w.value for w in crf.weights])
        return loss, gradients, crf.decode(potentials, mask)

    rng = np.random.default_rng(3)
    for batch, time in [(1, 1), (3, 4)]:
        potentials = tf.constant(rng.normal(size=(batch, time, 5)), tf.float32)
        tags = tf.constant(rng.integers(0, 5, size=(batch, time)), tf.int32)
        mask = tf.sequence_mask(tf.constant(rng.integers(0, time + 1, size=batch)), time)
        found = tf.nest.flatten(run(potentials, tags, mask))
        expected = tf.nest.flatten(run.python_function(potentials, tags, mask))
        for one, other in zip(found, expected):
            np.testing.assert_allclose(one, other, atol=1e-5)


def test_saved_model_decodes_without_callbacks(tmp_path):
    crf, potentials = make("bioes", "float32")
    potentials = tf.constant(potentials, tf.float32)
    module = tf.Module()
    module.crf = crf
    signature = [tf.TensorSpec([None, None, 5]), tf.TensorSpec([None, None], tf.bool)]

    @tf.function(input_signature=signature)
    def decode(potentials, mask):
        return (*crf.decode(potentials, mask), crf.marginals(potentials, mask))

    module.decode = decode
    tf.saved_model.save(module, tmp_path / "crf")
    loaded = tf.saved_model.load(tmp_path / "crf")
    for time in (1, 3, 4):
        mask = tf.fill([3, time], True)
        for one, other in zip(loaded.decode(potentials[:, :time], mask), decode(potentials[:, :time], mask)):
            np.testing.assert_array_equal(one, other)
    functions = loaded.decode.concrete_functions[0].graph.as_graph_def().library.function
    assert not any("PyFunc" in node.op for function in functions for node in function.node_def)


def test_keras_file_keeps_weights_names_and_scheme(tmp_path):
    crf, potentials = make("iob2", "float32")
    inputs = keras.Input((None, 5))
    model = keras.Model(inputs, crf(inputs))
    model.save(tmp_path / "crf.keras")
    loaded = keras.saving.load_model(tmp_path / "crf.keras").layers[-1]
    assert loaded.get_config() == crf.get_config()
    for one, other in zip(loaded.decode(potentials), crf.decode(potentials)):
        np.testing.assert_array_equal(one, other)


def test_mixed_precision_computes_in_float32():
    crf = CRF(3, dtype="mixed_bfloat16")
    potentials = np.random.default_rng(4).normal(size=(2, 4, 3)).astype("float32")
    passed = crf(potentials)
    assert passed.dtype == tf.float32 and all(w.dtype == "float32" for w in crf.weights)
    np.testing.assert_array_equal(passed, potentials)
    assert crf.decode(tf.cast(potentials, tf.bfloat16))[1].dtype == tf.float32


def test_allowed_transitions_of_bioes():
    allowed = allowed_transitions(BIOES, "bioes")  # O B I E S
    np.testing.assert_array_equal(allowed.start, np.array([1, 1, 0, 0, 1], bool))
    np.testing.assert_array_equal(allowed.end, np.array([1, 0, 0, 1, 1], bool))
    inside, outside = [0, 0, 1, 1, 0], [1, 1, 0, 0, 1]
    np.testing.assert_array_equal(allowed.transitions, np.array([outside, inside, inside, outside, outside], bool))


def test_entities_of_different_types_do_not_continue_each_other():
    transitions = allowed_transitions(IOB2, "iob2").transitions
    assert transitions[1, 2] and transitions[2, 2] and not transitions[1, 4] and not transitions[0, 2]


def test_errors():
    with pytest.raises(ValueError, match="'NOUN' is no tag of iob2, which has O, B-TYPE, I-TYPE"):
        CRF(["O", "NOUN"], "iob2")
    with pytest.raises(ValueError, match="'E-a' is no tag of iob2"):
        TagChain(["O", "E-a"], "iob2")
    with pytest.raises(ValueError, match="scheme: one of iob2, bioes, got 'iob1'"):
        TagChain(["O"], "iob1")
    with pytest.raises(ValueError, match="needs the names of the tags"):
        CRF(3, "bioes")
    with pytest.raises(ValueError, match="at least one"):
        CRF([])
    with pytest.raises(ValueError, match="must have the 3 tags"):
        CRF(3)(np.zeros((1, 2, 4), "float32"))
