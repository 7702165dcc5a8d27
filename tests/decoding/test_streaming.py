"""Streaming says what greedy decoding and sampling say, one token at a time."""

import numpy as np
import pytest
import tensorflow as tf

from rnnkit.decoding import DecodingOptions, decode, stream
from tests.decoding import chains

END = 2


@pytest.mark.parametrize("method", ["greedy", "sample"])
@pytest.mark.parametrize("asked", [{}, {"no_repeat_ngram": 2, "min_length": 3, "top_k": 3, "top_p": 0.9}])
@pytest.mark.parametrize("rows, interval, jit_compile", [(1, 0.0, False), (4, 0.0, True), (4, 1e9, False)])
def test_streams_equal_texts(method, asked, rows, interval, jit_compile):
    chain = chains.Chain(6, seed=3)
    start, state = chain.begin(rows)
    options = DecodingOptions(method=method, max_length=12, seed=8, **asked)
    how = {"interval": interval, "jit_compile": jit_compile}
    streamed = list(stream(chain.emitting, state, start, options, end=END, pad=-1, **how))
    expected = decode(chain.emitting, state, start, options, end=END, pad=-1)
    np.testing.assert_array_equal(np.stack(streamed, axis=1), expected.tokens[:, 0])
    assert all(token.dtype == np.int32 and token.shape == (rows,) for token in streamed)


def test_tokens_come_one_by_one_and_the_function_is_kept():
    traced, called = [], []

    def step(tokens, state):
        traced.append(tokens)
        tf.py_function(lambda: called.append(1), [], [])
        return 9.0 * tf.one_hot(tokens + 1, 9), state

    options = DecodingOptions(max_length=5)
    running = stream(step, (), [0], options, interval=0)
    assert not called
    for token in range(1, 4):
        assert next(running).tolist() == [token] and len(called) == token
    running.close()
    assert [int(token[0]) for token in stream(step, (), [3], options)] == [4, 5, 6, 7, 8]
    assert len(traced) == 1


def test_calls_make_more_tokens_while_there_is_time():
    called = []

    def step(tokens, state):
        tf.py_function(lambda: called.append(1), [], [])
        return 9.0 * tf.one_hot(tokens + 1, 99), state

    made = [len(called) for _ in stream(step, (), [0], DecodingOptions(max_length=90), interval=1e9)]
    assert made[:7] == [1, 3, 3, 7, 7, 7, 7] and made[-1] == 90 and len(set(made)) == 7  # 1, 3, 7, 15, 31, 63, 90


def test_calls_make_fewer_tokens_where_each_takes_longer(monkeypatch):
    called, now = [], [0.0]

    def step(tokens, state):
        tf.py_function(lambda: called.append(1), [], [])
        return 9.0 * tf.one_hot(tokens + 1, 99), state

    def clock():
        """Of a machine on which the first 15 tokens take no time, and every further one a second."""
        now[0] += max(0, len(called) - max(15, clock.called))
        clock.called = len(called)
        return now[0]

    clock.called = 0
    monkeypatch.setattr("rnnkit.decoding.streaming.time.perf_counter", clock)
    made = [len(called) for _ in stream(step, (), [0], DecodingOptions(max_length=60), interval=3)]
    assert sorted(set(made)) == [1, 3, 7, 15, 31, 39, 43, 45, 47, 49, 51, 53, 55, 57, 59, 60]


def test_no_rows_are_a_stream_of_nothing():
    [tokens] = stream(lambda tokens, state: (tf.one_hot(tokens, 4), state), (), np.zeros([0], np.int32))
    assert tokens.shape == (0,)


def test_seeds_and_limits():
    chain = chains.Chain(6)
    start, state = chain.begin(2)
    options = DecodingOptions(method="sample", max_length=9)
    call = {"seeds": [4, 5], "limits": [3, 6], "pad": -1}
    expected = decode(chain.step, state, start, options, **call).tokens[:, 0]
    np.testing.assert_array_equal(np.stack(list(stream(chain.step, state, start, options, **call)), axis=1), expected)
    assert expected.shape[1] == 6


def test_beams_cannot_be_streamed():
    with pytest.raises(ValueError, match=r'^method: "greedy" or "sample" is needed to stream, .* got "beam"$'):
        stream(None, (), [0], DecodingOptions(method="beam"))
