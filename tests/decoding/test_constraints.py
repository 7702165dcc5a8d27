"""Constraints against plain Python, alone, composed, and in every method."""

import itertools

import numpy as np
import pytest
import tensorflow as tf

from rnnkit.decoding import DecodingOptions, ban, decode, greedy, maximum_length, minimum_length, no_repeat_ngram
from rnnkit.decoding.constraints import constraints_of
from tests.decoding import chains

END, VOCABULARY, LENGTH = 2, 4, 6


def forbidden(constraints, texts, time):
    """(rows, vocabulary) bool: what constraints forbid after texts (rows, LENGTH) of which `time` tokens count."""
    logits = tf.zeros([len(texts), VOCABULARY])
    for constraint in constraints:
        logits = constraint(logits, tf.constant(texts, tf.int32), tf.constant(time))
    logits = logits.numpy()
    assert set(np.unique(logits)) <= {0.0, -np.inf}
    return np.isneginf(logits)


@pytest.mark.parametrize("n", [1, 2, 3, 4, 7])
@pytest.mark.parametrize("time", range(LENGTH))
def test_repeated_ngrams_of_every_text(n, time):
    words = [0, 1, 3]
    texts = np.array([(*text, *[-9] * (LENGTH - time)) for text in itertools.product(words, repeat=time)])
    texts = texts.reshape(-1, LENGTH)
    options = DecodingOptions(no_repeat_ngram=n)
    found = forbidden([no_repeat_ngram(n)], texts, time)
    for text, columns in zip(texts[:, :time].tolist(), found):
        expected = chains.allowed(text, range(VOCABULARY), options, END)
        assert np.flatnonzero(~columns).tolist() == expected


def test_lengths():
    texts = np.zeros((2, LENGTH))
    for time in range(LENGTH):
        expected = np.zeros((2, VOCABULARY), bool)
        expected[:, END] = time + 1 < 3
        np.testing.assert_array_equal(forbidden([minimum_length(3, END)], texts, time), expected)
        expected = np.full((2, VOCABULARY), time + 1 >= 3)
        expected[:, END] = False
        np.testing.assert_array_equal(forbidden([maximum_length(3, END)], texts, time), expected)


def test_they_compose_in_any_order():
    texts = np.array(list(itertools.product([0, 1, 3], repeat=LENGTH)))
    options = DecodingOptions(min_length=4, no_repeat_ngram=2, banned=[3])
    constraints = constraints_of(options, END)
    assert len(constraints) == 3
    for time in range(LENGTH):
        expected = np.any([forbidden([constraint], texts, time) for constraint in constraints], axis=0)
        for order in itertools.permutations(constraints):
            np.testing.assert_array_equal(forbidden(order, texts, time), expected)


def test_they_change_no_other_score():
    logits = tf.random.stateless_normal([5, VOCABULARY], [0, 1])
    texts = tf.constant(np.random.default_rng(0).integers(0, VOCABULARY, (5, LENGTH)), tf.int32)
    for constraint in (no_repeat_ngram(1), no_repeat_ngram(2), ban([0, 3]), minimum_length(9, END)):
        changed = constraint(logits, texts, tf.constant(4))
        np.testing.assert_array_equal(changed, np.where(np.isneginf(changed), -np.inf, logits))


@pytest.mark.parametrize("method", ["greedy", "sample", "beam"])
@pytest.mark.parametrize(
    "asked", [{"min_length": 5}, {"no_repeat_ngram": 1}, {"no_repeat_ngram": 2}, {"banned": [0, 4]}, {"max_length": 3}]
)
def test_every_method_keeps_to_them(method, asked):
    chain = chains.Chain(6, seed=4)
    start, state = chain.begin(12)
    options = DecodingOptions(**{"method": method, "max_length": 12, "beam_width": 4, "n_best": 3, "seed": 1} | asked)
    found = decode(chain.step, state, start, options, end=END, pad=-1)
    chains.assert_well_formed(found, -1, END)
    free = DecodingOptions(method=method, max_length=12, beam_width=4, seed=1)
    free = decode(chain.step, state, start, free, end=END)
    assert [chains.texts_of(found, row)[0] for row in range(12)] != [chains.texts_of(free, row)[0] for row in range(12)]
    for row in range(12):
        for text, score in zip(chains.texts_of(found, row), found.scores[row].numpy()):
            assert len(text) <= options.max_length
            assert all(token in chains.allowed(text[:i], [token], options, END) for i, token in enumerate(text))
            assert score == pytest.approx(chain.score(start, state, row, text), abs=1e-4)


@pytest.mark.parametrize("method", ["greedy", "sample", "beam"])
def test_a_constraint_of_ones_own(method):
    """No token above the one before it; and the scores are what it leaves."""

    def falling(logits, tokens, time):
        before = tf.gather(tokens, tf.maximum(time - 1, 0), axis=1)[:, None]
        return tf.where((time > 0) & (tf.range(5) > before), float("-inf"), logits - 0.5)

    chain = chains.Chain(5, seed=1)
    start, state = chain.begin(6)
    options = DecodingOptions(method=method, max_length=5, beam_width=3)
    found = decode(chain.step, state, start, options, constraints=[falling])
    for row in range(6):
        (text,) = chains.texts_of(found, row)
        assert len(text) == 5 and list(text) == sorted(text, reverse=True)
        expected = chain.score(start, state, row, text) - 2.5
        assert float(found.scores[row, 0]) == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("method", ["greedy", "sample", "beam"])
def test_a_maximum_length_makes_texts_end(method):
    chain = chains.Chain(5, seed=1)
    start, state = chain.begin(8)
    options = DecodingOptions(method=method, max_length=4, beam_width=3, min_length=3)
    found = decode(chain.step, state, start, options, end=END, constraints=[maximum_length(4, END)])
    assert found.finished.numpy().all() and set(found.lengths.numpy().ravel()) <= {3, 4}


def test_ids_outside_the_vocabulary_are_named():
    chain = chains.Chain(5)
    start, state = chain.begin(2)
    with pytest.raises(ValueError, match=r"^banned: token ids from 0 to 4 are needed, got 7$"):
        greedy(chain.step, state, start, DecodingOptions(banned=[1, 7]))
    for method in ("greedy", "beam"):
        for end in (5, -1):
            with pytest.raises(ValueError, match=f"^end: token ids from 0 to 4 are needed, got {end}$"):
                decode(chain.step, state, start, DecodingOptions(method=method), end=end)
