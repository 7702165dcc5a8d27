"""Beam search against every text of a small vocabulary; against greedy decoding; with and without stopping early."""

import numpy as np
import pytest
import tensorflow as tf

from rnnkit.decoding import DecodingOptions, beam_search, greedy
from tests.decoding import chains

END, ROWS = 2, 5
PENALTIES = [("none", None), ("wu", None), ("wu", 2.0), ("wu", -1.5), ("length", None), ("length", -0.4)]
PENALTY_IDS = ["none", "wu", "wu 2", "wu -1.5", "mean", "length -0.4"]


def make(vocabulary, seed=0, rows=ROWS):
    chain = chains.Chain(vocabulary, seed)
    return chain, *chain.begin(rows)


def assert_best(found, chain, start, state, options, end):
    """The n best texts are those of the list of all texts."""
    for row in range(len(start)):
        expected = chain.best_texts(start, state, row, options, end)
        texts, places = chains.texts_of(found, row), len(expected)
        assert texts == [text for text, _, _ in expected]
        np.testing.assert_allclose(found.scores[row, :places], [score for _, score, _ in expected], atol=1e-4)
        np.testing.assert_allclose(found.ranks[row, :places], [rank for _, _, rank in expected], atol=1e-4)
        assert np.isneginf(found.scores[row, places:]).all() and np.isneginf(found.ranks[row, places:]).all()


@pytest.mark.parametrize("form, alpha", PENALTIES, ids=PENALTY_IDS)
@pytest.mark.parametrize(
    "asked", [{}, {"min_length": 3}, {"no_repeat_ngram": 1}, {"no_repeat_ngram": 2, "min_length": 4}]
)
@pytest.mark.parametrize("end", [END, None])
def test_a_wide_beam_is_exhaustive(form, alpha, asked, end):
    """Three words and an end in a vocabulary of 40: a step has at most 36 ways to go on, the last one not counted."""
    chain, start, state = make(40, seed=len(form))
    words = [0, 1, 3] if end is None else [0, 1, 3, END]
    options = DecodingOptions(
        max_length=4, length_penalty=form, length_alpha=alpha, beam_width=40, n_best=12, **asked,
        banned=[token for token in range(40) if token not in words],
    )  # fmt: skip
    found = beam_search(chain.step, state, start, options, end=end, pad=-1)
    chains.assert_well_formed(found, -1, end)
    assert_best(found, chain, start, state, options, end)


@pytest.mark.parametrize("form, alpha", PENALTIES, ids=PENALTY_IDS)
@pytest.mark.parametrize("seed", range(3))
def test_a_wide_beam_is_exhaustive_over_longer_texts(form, alpha, seed):
    """Two words and an end: a step has at most 3 · 2^5 ways to go on before the last."""
    chain, start, state = make(100, seed)
    options = DecodingOptions(
        max_length=7, length_penalty=form, length_alpha=alpha, beam_width=100, n_best=20,
        banned=[token for token in range(100) if token not in (0, 1, END)],
    )  # fmt: skip
    assert_best(beam_search(chain.step, state, start, options, end=END), chain, start, state, options, END)


@pytest.mark.parametrize("form, alpha", PENALTIES, ids=PENALTY_IDS)
def test_all_of_a_vocabulary_over_two_tokens(form, alpha):
    chain, start, state = make(9)
    options = DecodingOptions(max_length=2, length_penalty=form, length_alpha=alpha, beam_width=9, n_best=9)
    assert_best(beam_search(chain.step, state, start, options, end=END), chain, start, state, options, END)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("asked", [{}, {"min_length": 5}, {"no_repeat_ngram": 2}, {"banned": [0, 3]}])
def test_one_beam_without_penalty_is_greedy(seed, asked):
    chain, start, state = make(7, seed, rows=8)
    options = DecodingOptions(max_length=9, beam_width=1, length_penalty="none", **asked)
    best = beam_search(chain.emitting, state, start, options, end=END)
    expected = greedy(chain.emitting, state, start, options, end=END)
    chains.assert_same(best, expected._replace(state=None))


def expected_beam(chain, start, state, row, options, end):
    """The rules of `beam_search` in plain Python, without stopping early."""
    beams, texts = [((), 0.0)], []
    for _ in range(options.max_length):
        going, ending = [], []
        for text, score in beams:
            scores = chain.log_probabilities(start, state, row, text)
            for token in chains.allowed(text, range(chain.vocabulary), options, end):
                (ending if token == end else going).append(((*text, token), score + scores[token]))
        ranked = sorted(going + ending, key=lambda found: -found[1])[: options.beam_width]
        texts += [found for found in ranked if found in ending]
        beams = sorted(going, key=lambda found: -found[1])[: options.beam_width]
    ranks = [(text, score, score / chains.penalty(options, len(text))) for text, score in texts + beams]
    return sorted(ranks, key=lambda found: -found[2])[: options.n_best]


@pytest.mark.parametrize("form, alpha", PENALTIES, ids=PENALTY_IDS)
@pytest.mark.parametrize("width", [1, 2, 4])
def test_narrow_beams_follow_the_rules(form, alpha, width):
    for seed, asked in enumerate([{}, {"min_length": 4}, {"no_repeat_ngram": 1, "banned": [5]}]):
        chain, start, state = make(6, seed)
        options = DecodingOptions(
            max_length=8, length_penalty=form, length_alpha=alpha, beam_width=width, n_best=width, **asked
        )
        found = beam_search(chain.step, state, start, options, end=END)
        for row in range(ROWS):
            expected = expected_beam(chain, start, state, row, options, END)
            assert chains.texts_of(found, row) == [text for text, _, _ in expected]
            np.testing.assert_allclose(found.ranks[row], [rank for _, _, rank in expected], atol=1e-4)


@pytest.mark.parametrize("form, alpha", PENALTIES, ids=PENALTY_IDS)
@pytest.mark.parametrize("width, n_best", [pytest.param(2, 1, marks=pytest.mark.slow), (5, 3)])
def test_stopping_early_changes_nothing(form, alpha, width, n_best):
    options = DecodingOptions(
        max_length=25, length_penalty=form, length_alpha=alpha, beam_width=width, n_best=n_best, no_repeat_ngram=3
    )

    @tf.function(reduce_retracing=True)
    def both(before, last, rhythm, start, state):
        chain = chains.Chain(8)
        chain.before, chain.last, chain.rhythm = before, last, rhythm
        return [
            beam_search(chain.step, state, start, options, end=END, early_stop=early)._replace(state=())
            for early in (True, False)
        ]

    for seed in range(12):
        chain, start, state = make(8, seed, rows=6)
        chain.before[:, END] += seed / 4  # texts of several usual lengths
        chains.assert_same(*both(chain.before, chain.last, chain.rhythm, start, state))


def count_steps(options, early_stop, end=END, rows=2):
    """How often the step is called for a model that ends its texts after three words, nearly certainly."""
    calls = []

    def step(tokens, state):
        calls.append(tokens)
        ends = tf.cast(state[:, None] >= 3, tf.float32)
        return tf.one_hot(tokens + 1, 8) + 9 * ends * tf.one_hot(tf.fill(tf.shape(tokens), END), 8), state + 1

    beam_search(step, tf.zeros([rows], tf.int32), tf.zeros([rows], tf.int32), options, end=end, early_stop=early_stop)
    return len(calls)


@pytest.mark.parametrize("form, alpha", PENALTIES, ids=PENALTY_IDS)
def test_stopping_early_saves_steps(form, alpha):
    options = DecodingOptions(max_length=40, length_penalty=form, length_alpha=alpha, beam_width=3)
    assert count_steps(options, early_stop=False) == 40
    assert count_steps(options, early_stop=True) < 40


def test_a_beginning_that_can_still_win_is_followed():
    """A text ends at once; after nine certain tokens another has the better mean. Stopping at n texts would miss it."""

    def step(tokens, state):
        first = tf.math.log([0.5, 0.5, 1e-9])[None] + 0.0 * state[:, None]
        later = tf.math.log([1e-9, 1.0, 1e-9])[None] + 0.0 * state[:, None]
        return tf.where(state[:, None] == 0, first, later), state + 1

    mean = DecodingOptions(max_length=10, beam_width=1, length_penalty="length")
    found = beam_search(step, tf.zeros([1]), [1], mean, end=0)
    assert chains.texts_of(found) == [(1,) * 10]
    assert float(found.ranks[0, 0]) == pytest.approx(np.log(0.5) / 10, rel=1e-4)
    short = DecodingOptions(max_length=10, beam_width=1, length_penalty="length", length_alpha=-1)
    assert chains.texts_of(beam_search(step, tf.zeros([1]), [1], short, end=0)) == [(0,)]


def test_fewer_texts_than_asked_for():
    """Without repetition two words make two texts; two more places stay empty, with extras of zero."""
    chain, start, state = make(5)
    options = DecodingOptions(max_length=2, banned=[2, 3, 4], no_repeat_ngram=1, beam_width=4, n_best=4)
    found = beam_search(chain.emitting, state, start, options, pad=-1)
    for row in range(ROWS):
        assert sorted(chains.texts_of(found, row)) == [(0, 1), (1, 0)]
    np.testing.assert_array_equal(found.lengths, [[2, 2, 0, 0]] * ROWS)
    assert np.isneginf(found.scores[:, 2:]).all() and (found.tokens[:, 2:].numpy() == -1).all()
    assert not found.extras["seen"][0][:, 2:].numpy().any()


def test_beams_that_have_nowhere_to_go_are_given_up():
    chain, start, state = make(4)
    options = DecodingOptions(max_length=6, no_repeat_ngram=1, beam_width=2, n_best=2)
    found = beam_search(chain.emitting, state, start, options)
    assert found.tokens.shape == (ROWS, 2, 0) and np.isneginf(found.scores).all() and not found.lengths.numpy().any()


def test_a_beam_wider_than_the_vocabulary_is_a_mistake():
    chain, start, state = make(4)
    with pytest.raises(ValueError, match=r"^beam_width: at most the vocabulary, 4, is needed, got 5$"):
        beam_search(chain.step, state, start)


def test_what_step_does_not_touch_is_not_moved():
    """In a graph, the loop hands an untouched tensor from one turn to the next and nothing else."""
    chain, start, state = make(6)

    def touching(tokens, state):
        logits, after = chain.step(tokens, state)
        return logits, after | {"bias": after["bias"] + 0.0}

    def compiled(step):
        return tf.function(lambda: beam_search(step, state, start, DecodingOptions(max_length=5), end=END)._asdict())

    def gathers_in_loop(function):
        functions = function.get_concrete_function().graph.as_graph_def().library.function
        (body,) = [function for function in functions if "while_body" in function.signature.name]
        return sum(node.op == "GatherV2" for node in body.node_def)

    handing_on, other = compiled(chain.step), compiled(touching)
    assert gathers_in_loop(handing_on) == gathers_in_loop(other) - 1
    for one, same in zip(tf.nest.flatten(handing_on()), tf.nest.flatten(other())):
        np.testing.assert_array_equal(one, same)


def test_an_eager_step_may_touch_its_state_now_and_then():
    """What it hands on at one step has been another for each beam since the step before."""
    table = np.random.default_rng(0).normal(scale=2, size=(6, 6)).astype("float32")

    def search(hand_on):
        def step(tokens, state):
            count, seen = state
            touched = (seen * 5 + tokens) % 6 if int(count[0]) % 2 == 0 else hand_on(seen)
            return tf.gather(table, touched), (count + 1, touched)

        options = DecodingOptions(max_length=7, beam_width=4, n_best=4)
        return beam_search(step, (tf.zeros([3], tf.int32), tf.range(3)), [0, 1, 2], options)

    chains.assert_same(search(lambda seen: seen), search(tf.identity))


@pytest.mark.parametrize("compiled", [False, True])
def test_a_step_that_breaks_ends_no_text(compiled):
    def step(tokens, state):
        return tf.fill([tf.size(tokens), 9], float("nan")), state

    options = DecodingOptions(beam_width=3, max_length=4)
    run = tf.function(lambda: beam_search(step, (), [0, 1], options, end=END)[:5], jit_compile=compiled)
    found = beam_search(step, (), [0, 1], options, end=END)
    assert not found.finished.numpy().any()
    for one, other in zip(run(), found):
        np.testing.assert_array_equal(one, other)
