"""Tokens while they are made, for a terminal or a service that shows a text while it grows."""

import functools
import time
from collections.abc import Iterator

import numpy as np
import tensorflow as tf

from rnnkit.decoding.loop import Loop
from rnnkit.decoding.options import DEFAULTS, DecodingOptions
from rnnkit.decoding.texts import NOTHING

_MOST = 64  # tokens of a call


def stream(
    step,
    state,
    start,
    options: DecodingOptions = DEFAULTS,
    *,
    end=None,
    pad=0,
    constraints=(),
    limits=None,
    seeds=None,
    interval=0.02,
) -> Iterator[np.ndarray]:
    """Yields the tokens that `greedy` or `sample`, as `options.method` says, would return, while they are made.

    Tokens of the whole batch are made by calls of a compiled function: one at first, then as many in a call as take no
    longer than `interval`, since a call has its price too. The function is kept for the next stream of the same
    function `step`, options, end, pad and constraints: hand in the same `step`, not a new lambda each time.

    Args:
        step, state, start, end, pad, constraints, limits, seeds: as for `sample`.
        options: method "greedy" or "sample".
        interval: seconds that a token may wait for others of its call, about; 0: every token is a call.

    Yields:
        (rows,) int32, the next token of every row; the pad id for a row that is done.

    Raises:
        ValueError: as for `sample`, and for method "beam", which knows no token before the last step.

    Example:
        >>> step = lambda tokens, state: (tf.one_hot(tokens + 1, 4), state)
        >>> [int(tokens[0]) for tokens in stream(step, (), [0], end=3)]
        [1, 2, 3]
    """
    if options.method == "beam":
        raise ValueError('method: "greedy" or "sample" is needed to stream, as beams change until the end; got "beam"')
    loop, advance = _compiled(step, options, end, pad, tuple(constraints))
    return _tokens(loop.begin(start, state, limits, seeds), advance, interval)


def _tokens(rows, advance, interval):
    count, done = 1, False
    while not done:
        began = time.perf_counter()
        rows, tokens = advance(rows, tf.constant(count))
        tokens, done = tokens.numpy(), bool(np.all(rows.done))
        seconds = time.perf_counter() - began
        yield from tokens
        if seconds < interval / 2:
            count = min(2 * count, _MOST)
        elif seconds > interval:
            count = max(count // 2, 1)


@functools.lru_cache(maxsize=4)
def _compiled(step, options, end, pad, constraints):
    loop = Loop(step, options, options.method == "sample", end, pad, constraints)

    @tf.function(reduce_retracing=True, autograph=False)
    def advance(rows, count):
        """Up to `count` tokens more: the rows after them, and the tokens (times, rows)."""

        def goes_on(now):
            return (now.time == rows.time) | ((now.time < rows.time + count) & ~tf.reduce_all(now.done))

        (after,) = tf.while_loop(goes_on, lambda now: (loop.advance(now)[0],), (rows,))
        tokens = tf.transpose(after.tokens[:, rows.time : after.time])
        return after, tf.where(tokens == NOTHING, pad, tokens)

    return loop, advance
