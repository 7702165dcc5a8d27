"""Greedy decoding and sampling against plain Python; rows that are done; what a row's text depends on."""

import numpy as np
import pytest
import tensorflow as tf

from rnnkit.decoding import DecodingOptions, decode, greedy, sample
from rnnkit.decoding.sampling import row_seeds, uniform
from tests.decoding import chains

END, ROWS = 2, 9


def make(vocabulary=6, seed=0, rows=ROWS):
    chain = chains.Chain(vocabulary, seed)
    return chain, *chain.begin(rows)


def expected_greedy(chain, start, state, row, options, end):
    text = ()
    while len(text) < options.max_length and (not text or text[-1] != end):
        scores = chain.log_probabilities(start, state, row, text)
        text += (max(chains.allowed(text, range(chain.vocabulary), options, end), key=lambda token: scores[token]),)
    return text


@pytest.mark.parametrize("end", [END, None])
@pytest.mark.parametrize("asked", [{}, {"min_length": 4}, {"no_repeat_ngram": 2, "banned": [1]}, {"max_length": 1}])
def test_greedy_is_the_best_token_at_each_step(asked, end):
    chain, start, state = make()
    options = DecodingOptions(**{"max_length": 8} | asked)
    found = greedy(chain.step, state, start, options, end=end, pad=-7)
    chains.assert_well_formed(found, -7, end)
    for row in range(ROWS):
        text = expected_greedy(chain, start, state, row, options, end)
        assert chains.texts_of(found, row) == [text]
        assert float(found.scores[row, 0]) == pytest.approx(chain.score(start, state, row, text), abs=1e-4)


def test_samples_are_drawn_by_the_numbers_of_their_seed():
    chain, start, state = make()
    options = DecodingOptions(max_length=7, seed=11, temperature=1.5)
    found = sample(chain.step, state, start, options, end=END, pad=-1)
    chains.assert_well_formed(found, -1, END)
    numbers = uniform(row_seeds(11, None, tf.constant(start)), 7).numpy()
    for row in range(ROWS):
        text = ()
        while len(text) < 7 and (not text or text[-1] != END):
            chances = np.exp(chain.log_probabilities(start, state, row, text) / 1.5)
            running = np.cumsum(chances / chances.sum())
            text += (int(np.flatnonzero(running > numbers[row, len(text)])[0]),)
        assert chains.texts_of(found, row) == [text]
        assert float(found.scores[row, 0]) == pytest.approx(chain.score(start, state, row, text), abs=1e-4)


def test_seeds():
    chain, start, state = make()
    start, state = start[[0] * 30], tf.nest.map_structure(lambda tensor: tensor[[0] * 30], state)

    def texts(seeds=None, **options):
        found = sample(chain.step, state, start, DecodingOptions(max_length=12, **options), seeds=seeds)
        return [chains.texts_of(found, row)[0] for row in range(30)]

    assert texts(seed=1) == texts(seed=1)
    hot = [set(texts(seed=seed, temperature=9.0)) for seed in (1, 2)]
    assert len(hot[0]) == 30 and not hot[0] & hot[1]
    assert len(set(texts(seeds=[5] * 30))) == 1
    assert texts(seeds=range(30), seed=1) == texts(seeds=range(30), seed=2)
    assert texts(seed=1, top_k=1) == texts(seed=2, temperature=1e-9) == texts(seed=3, top_p=1e-9)


@pytest.mark.parametrize("method", ["greedy", "sample", "beam"])
def test_a_row_alone_is_as_in_the_batch(method):
    chain, start, state = make(rows=6)
    options = DecodingOptions(method=method, max_length=9, beam_width=3, n_best=2)
    seeds = np.arange(6) * 100
    together = decode(chain.emitting, state, start, options, end=END, seeds=seeds)
    for row in range(6):
        part = slice(row, row + 1)
        alone = decode(chain.emitting, chains.row_of(state, row), start[part], options, end=END, seeds=seeds[part])
        time, same = alone.tokens.shape[2], chains.result_of(together, row)
        timed = {"tokens": same.tokens, "extras": same.extras}
        assert not any(tensor[:, :, time:].numpy().any() for tensor in tf.nest.flatten(timed))
        timed = tf.nest.map_structure(lambda tensor, time=time: tensor[:, :, :time], timed)
        chains.assert_same(alone, same._replace(**timed), exact=False)


def test_a_longer_limit_only_goes_on():
    chain, start, state = make()
    short, long = (
        sample(chain.step, state, start, DecodingOptions(max_length=length, seed=3), end=END) for length in (4, 15)
    )
    np.testing.assert_array_equal(short.tokens, long.tokens[:, :, :4])


@pytest.mark.parametrize("method", ["greedy", "sample", "beam"])
def test_limits_of_rows(method):
    chain, start, state = make(rows=4)
    limits = [1, 3, 99, 0]
    options = DecodingOptions(method=method, max_length=6, beam_width=3, n_best=3, length_penalty="length")
    found = decode(chain.step, state, start, options, end=END, limits=limits)
    for row, limit in enumerate([1, 3, 6, 1]):
        alone = DecodingOptions(
            method=method, max_length=limit, beam_width=3, n_best=3, length_penalty="length", seed=options.seed
        )
        same = decode(chain.step, state, start, alone, end=END)
        assert chains.texts_of(found, row) == chains.texts_of(same, row)
        np.testing.assert_array_equal(found.ranks[row], same.ranks[row])


def test_rows_that_are_done_stay_as_they_are():
    """Their state does not move, they are fed the token they ended with, and the loop ends with the last row."""
    reads = []

    def step(tokens, state):
        reads.append(tokens.numpy())
        return tf.one_hot(tokens + 1, 8) * 99, {"steps": state["steps"] + 1, "moved": state["moved"] * 2}

    state = {"steps": tf.zeros([3, 2], tf.int32), "moved": tf.ones([3])}
    found = greedy(step, state, [5, 0, 3], DecodingOptions(max_length=50), end=6, pad=7)
    np.testing.assert_array_equal(found.tokens[:, 0], [[6, 7, 7, 7, 7, 7], [1, 2, 3, 4, 5, 6], [4, 5, 6, 7, 7, 7]])
    assert len(reads) == 6
    np.testing.assert_array_equal(np.transpose(reads), [[5, 6, 6, 6, 6, 6], [0, 1, 2, 3, 4, 5], [3, 4, 5, 6, 6, 6]])
    np.testing.assert_array_equal(found.state["steps"], [[1, 1], [6, 6], [3, 3]])
    np.testing.assert_array_equal(found.state["moved"], [2, 64, 8])


@pytest.mark.parametrize("method", ["greedy", "sample", "beam"])
def test_what_step_says_of_rows_that_are_done_is_not_read(method):
    """A step that breaks down for a row once the row is done changes nothing."""

    def step(tokens, state):
        broken = tokens == 6
        logits = tf.where(broken[:, None], float("nan"), tf.one_hot(tokens + 1, 8) * 99)
        return logits, tf.where(broken, float("nan"), state)

    options = DecodingOptions(method=method, max_length=9, beam_width=1, length_penalty="none")
    found = decode(step, tf.zeros([2]), [5, 0], options, end=6, pad=7)
    np.testing.assert_array_equal(found.tokens[:, 0], [[6, 7, 7, 7, 7, 7], [1, 2, 3, 4, 5, 6]])
    assert np.isfinite(found.scores).all()


def test_decoding_goes_on_from_the_last_token_and_its_state():
    chain, start, state = make()
    whole = greedy(chain.step, state, start, DecodingOptions(max_length=9))
    first = greedy(chain.step, state, start, DecodingOptions(max_length=4))
    second = greedy(chain.step, first.state, first.tokens[:, 0, -1], DecodingOptions(max_length=5))
    np.testing.assert_array_equal(whole.tokens, tf.concat([first.tokens, second.tokens], axis=2))


@pytest.mark.parametrize("method", ["greedy", "sample"])
def test_a_text_stops_where_nothing_may_come(method):
    chain, start, state = make(vocabulary=4)
    options = DecodingOptions(method=method, max_length=9, no_repeat_ngram=1)
    found = decode(chain.step, state, start, options, pad=-1)
    assert (found.lengths.numpy() == 4).all() and not found.finished.numpy().any()
    assert np.isfinite(found.scores).all() and found.tokens.shape[2] == 4
    nothing = decode(chain.emitting, state, start, DecodingOptions(method=method, banned=[0, 1, 2, 3]), pad=-1)
    assert nothing.tokens.shape == (ROWS, 1, 0) and nothing.extras["read"].shape == (ROWS, 1, 0)
    np.testing.assert_array_equal(nothing.scores, np.zeros((ROWS, 1)))
    for before, after in zip(tf.nest.flatten(state), tf.nest.flatten(nothing.state)):
        np.testing.assert_array_equal(before, after)


@pytest.mark.parametrize("method", ["greedy", "sample", "beam"])
@pytest.mark.parametrize("graph", [False, True], ids=["eager", "graph"])
def test_extras_follow_their_texts(method, graph):
    """What was emitted for each token of each text is what the model says after the tokens before it."""
    chain, start, state = make(rows=5)
    options = DecodingOptions(method=method, max_length=7, beam_width=4, n_best=4, seed=2)
    run = lambda: decode(chain.emitting, state, start, options, end=END)  # noqa: E731
    found = (tf.function(run) if graph else run)()
    time, n_best = found.tokens.shape[2], found.tokens.shape[1]
    logits, before = (tensor.numpy() for tensor in found.extras["seen"])
    read = found.extras["read"].numpy()
    assert logits.shape == (5, n_best, time, 6) and before.shape == (5, n_best, time, 1, 1)
    for row in range(5):
        for best, text in enumerate(chains.texts_of(found, row)):
            history = [state["before"][row], start[row], *text]
            for place in range(time):
                if place >= len(text):
                    assert not logits[row, best, place].any() and not read[row, best, place]
                    continue
                assert read[row, best, place] == history[place + 1]
                assert before[row, best, place, 0, 0] == history[place]
                expected = chain.log_probabilities(start, state, row, text[:place])
                np.testing.assert_allclose(tf.nn.log_softmax(logits[row, best, place]), expected, atol=1e-4)


def test_ranks_are_scores_over_the_length_penalty():
    chain, start, state = make()
    options = DecodingOptions(max_length=6, length_penalty="length")
    found = greedy(chain.step, state, start, options, end=END)
    np.testing.assert_allclose(found.ranks, found.scores / tf.cast(found.lengths, tf.float32), rtol=1e-6)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float64"])
def test_logits_of_any_type(dtype):
    chain, start, state = make()

    def step(tokens, state):
        logits, after = chain.step(tokens, state)
        return tf.cast(logits, dtype), after

    for method in ("greedy", "sample", "beam"):
        found = decode(step, state, start, DecodingOptions(method=method, max_length=4), end=END)
        assert found.scores.dtype == tf.float32 and np.isfinite(found.scores).all()
