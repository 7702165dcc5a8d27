"""Drawing: which tokens may be drawn, how often they are, and what the numbers depend on."""

import numpy as np
import pytest
import tensorflow as tf

from rnnkit.decoding import DecodingOptions, sample
from rnnkit.decoding.sampling import draw, likeliest, row_seeds, sampler, sharpened, uniform

CHANCES = np.array([0.05, 0.3, 0.2, 0.0, 0.4, 0.05])
LOGITS = np.log(CHANCES / 0.4, where=CHANCES > 0, out=np.full(6, -np.inf)).astype("float32")


def numbers(count, seed=0):
    return tf.random.stateless_uniform([count], [seed, 0], dtype=tf.float64)


def assert_drawn_with(chances, tokens):
    """Pearson's statistic is within five standard deviations of its mean, and nothing impossible came."""
    counts, expected = np.bincount(tokens, minlength=len(chances)), chances * len(tokens)
    assert not counts[chances == 0].any()
    possible = chances > 0
    statistic = ((counts - expected)[possible] ** 2 / expected[possible]).sum()
    freedom = possible.sum() - 1
    assert statistic < freedom + 5 * np.sqrt(2 * freedom)


@pytest.mark.parametrize(
    "asked, expected",
    [
        ({}, CHANCES),
        ({"temperature": 0.5}, CHANCES**2),
        ({"temperature": 3.0}, CHANCES ** (1 / 3)),
        ({"top_k": 2}, [0, 0.3, 0, 0, 0.4, 0]),
        ({"top_k": 99}, CHANCES),
        ({"top_p": 0.69}, [0, 0.3, 0, 0, 0.4, 0]),
        ({"top_p": 0.71}, [0, 0.3, 0.2, 0, 0.4, 0]),
        ({"top_k": 3, "top_p": 0.7}, [0, 0.3, 0, 0, 0.4, 0]),  # of 4/9, 3/9, 2/9
        ({"temperature": 0.5, "top_p": 0.8}, [0, 0.09, 0, 0, 0.16, 0]),  # of 0.54, 0.30, 0.13, ...
    ],
)
def test_distribution(asked, expected):
    expected = np.array(expected) / np.sum(expected)
    logits = tf.tile(LOGITS[None] + 7.0, [40_000, 1])
    tokens = sampler(DecodingOptions(**asked))(logits, numbers(40_000))
    assert_drawn_with(expected, tokens.numpy())


def test_whole_texts_are_drawn_with_their_chances():
    rng = np.random.default_rng(0)
    table = rng.normal(size=(3, 3)).astype("float32")
    options = DecodingOptions(max_length=3, seed=5)
    draws = tf.function(lambda start: sample(lambda t, s: (tf.gather(table, t), s), (), start, options).tokens)
    tokens = draws(tf.zeros([6_000], tf.int32)).numpy()[:, 0]
    chances = np.exp(table) / np.exp(table).sum(axis=1, keepdims=True)
    joint = chances[0][:, None, None] * chances[:, :, None] * chances[None]
    assert_drawn_with(joint.ravel(), np.ravel_multi_index(tokens.T, (3, 3, 3)))


def test_inversion():
    """The number u draws the first token whose running sum is above u."""
    for number in np.linspace(0.0007, 0.9993, 500):
        token = int(draw(LOGITS[None], tf.constant([number], tf.float64))[0])
        chances = np.exp(LOGITS.astype("float64"))
        assert token == np.flatnonzero(np.cumsum(chances) / chances.sum() > number)[0]


@pytest.mark.parametrize("number", [0.0, 0.5, 1 - 2.0**-53])
def test_nothing_impossible_is_drawn_at_the_ends(number):
    rng = np.random.default_rng(1)
    logits = np.where(rng.random((300, 1000)) < 0.5, -np.inf, rng.normal(scale=20, size=(300, 1000))).astype("float32")
    logits -= logits.max(axis=1, keepdims=True)
    drawn = draw(logits, tf.fill([300], tf.constant(number, tf.float64))).numpy()
    assert np.isfinite(logits[np.arange(300), drawn]).all()


def test_rare_tokens_of_a_large_vocabulary_are_not_lost():
    """Half of the chances are in 200,000 tokens, each too rare to change a float32 sum near 1 by much."""
    logits = np.full((1, 200_001), np.log(1 / 200_000), "float32")
    logits[0, 0] = 0.0
    drawn = draw(tf.tile(logits, [200, 1]), tf.linspace(tf.constant(0.0, tf.float64), 0.999, 200)).numpy()
    np.testing.assert_allclose(drawn[101:], (np.linspace(0, 0.999, 200)[101:] - 0.5) * 400_000, rtol=0.01, atol=50)
    assert (drawn[:100] == 0).all()


def kept(logits, top_k=None, top_p=1.0):
    values, tokens = likeliest(tf.constant([logits], tf.float32), top_k, top_p)
    return tokens.numpy()[0][np.isfinite(values.numpy()[0])].tolist()


@pytest.mark.parametrize("top_k", [1, 2, 4, 9])
def test_top_k_set(top_k):
    logits = np.random.default_rng(top_k).normal(size=9)
    assert kept(logits, top_k) == np.argsort(-logits)[:top_k].tolist()
    assert kept(np.zeros(9), top_k) == list(range(top_k))  # of equals, the lowest ids


@pytest.mark.parametrize("seed", range(20))
def test_nucleus_is_the_smallest_set_that_reaches_top_p(seed):
    rng = np.random.default_rng(seed)
    logits, top_p = rng.normal(scale=2, size=12), rng.uniform(0.01, 0.999)
    chances = np.exp(logits) / np.exp(logits).sum()
    order = np.argsort(-chances)
    size = 1 + np.flatnonzero(np.cumsum(chances[order]) >= top_p)[0]
    assert kept(logits, top_p=top_p) == order[:size].tolist()
    assert kept(logits, top_k=1, top_p=top_p) == order[:1].tolist()


def test_nucleus_at_its_edges():
    logits = np.log([0.5, 0.25, 0.25])
    assert kept(logits, top_p=1e-9) == [0]
    assert kept(logits, top_p=0.4999) == [0]
    assert kept(logits, top_p=0.5001) == [0, 1]
    assert kept(logits, top_p=1.0) == [0, 1, 2]


@pytest.mark.parametrize("temperature", [1e-3, 1e-30, 5e-324])
def test_small_temperatures_are_greedy(temperature):
    logits = np.random.default_rng(0).normal(size=(50, 7)).astype("float32")
    for options in (DecodingOptions(temperature=temperature), DecodingOptions(temperature=temperature, top_p=0.9)):
        np.testing.assert_array_equal(sampler(options)(logits, numbers(50)), logits.argmax(axis=1))


def test_large_temperatures_are_uniform():
    tokens = sampler(DecodingOptions(temperature=1e30))(tf.tile(LOGITS[None], [20_000, 1]), numbers(20_000))
    assert_drawn_with(np.array([1, 1, 1, 0, 1, 1]) / 5, tokens.numpy())


def test_sharpened_rows_without_hope_stay_finite_in_the_others():
    logits = np.array([[-np.inf, -np.inf], [1.0, 0.0]], "float32")
    logits = sharpened(logits, 0.5)
    np.testing.assert_array_equal(logits, [[-np.inf, -np.inf], [0.0, -2.0]])
    drawn = draw(logits, tf.constant([0.9, 0.9], tf.float64)).numpy()
    assert drawn[0] in (0, 1) and drawn[1] == 1


def test_numbers_belong_to_their_row():
    seeds = row_seeds(3, None, tf.zeros([50], tf.int32))
    table = uniform(seeds, 400).numpy()
    assert table.shape == (50, 400) and (table >= 0).all() and (table < 1).all()
    assert abs(table.mean() - 0.5) < 5 * np.sqrt(1 / 12 / table.size)
    assert abs(table.var() - 1 / 12) < 0.002
    assert np.abs(np.corrcoef(table) - np.eye(50)).max() < 0.25  # rows are not alike; nor are neighbouring seeds
    np.testing.assert_array_equal(table[7:9], uniform(seeds[7:9], 400))
    np.testing.assert_array_equal(table[:, :30], uniform(seeds, 30))
    np.testing.assert_array_equal(table[:1], uniform(row_seeds(9, [3], tf.zeros([1], tf.int32)), 400))
    others = uniform(row_seeds(4, None, tf.zeros([50], tf.int32)), 400).numpy()
    assert np.abs(np.corrcoef(table.ravel(), others.ravel())[0, 1]) < 0.05
    assert not (table == others).any()


def tensors_of(asked):
    """Options of drawing as scalar tensors."""
    types = {"temperature": tf.float32, "top_k": tf.int32, "top_p": tf.float32, "seed": tf.int64}
    everything = {"temperature": 1.0, "top_k": 0, "top_p": 1.0, "seed": 5, **asked}
    return {name: tf.constant(value, types[name]) for name, value in everything.items()}


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"temperature": 0.3},
        {"top_k": 2},
        {"top_k": 99},
        {"top_p": 0.5},
        {"top_k": 3, "top_p": 0.8},
        {"seed": 2**40},
    ],
)
def test_tensors_draw_what_numbers_draw(asked):
    table = np.random.default_rng(0).normal(size=(7, 7)).astype("float32")

    def texts(**options):
        options = DecodingOptions(max_length=12, **options)
        return sample(lambda tokens, state: (tf.gather(table, tokens), state), (), tf.zeros([20], tf.int32), options)

    expected = texts(**{"seed": 5, **asked})
    drawn = tf.function(lambda given: texts(**given))(tensors_of(asked))
    np.testing.assert_array_equal(drawn.tokens, expected.tokens)
    np.testing.assert_allclose(drawn.scores, expected.scores, rtol=1e-5)


@pytest.mark.parametrize("asked", [{"temperature": 0.0}, {"temperature": -1.0}, {"top_p": 0.0}, {"top_k": 1}])
def test_tensors_at_their_ends_are_greedy(asked):
    logits = np.random.default_rng(0).normal(size=(50, 7)).astype("float32")
    drawn = sampler(DecodingOptions(**tensors_of(asked)))(tf.constant(logits), numbers(50))
    np.testing.assert_array_equal(drawn, logits.argmax(axis=1))


@pytest.mark.parametrize("name", ["temperature", "top_k", "top_p", "seed"])
def test_tensors_of_another_type_or_shape_are_refused(name):
    for wrong in (tf.constant([1, 2]), tf.constant("1")):
        with pytest.raises(ValueError, match=f"^{name}: "):
            DecodingOptions(**{name: wrong})
