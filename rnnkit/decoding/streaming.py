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
    jit_compile=False,
) -> Iterator[np.ndarray]:
    """Yields the tokens that `greedy` or `sample`, as `options.method` says, would return, while they are made.

    Tokens of the whole batch are made by calls of a compiled function: one at first, then as many in a call as take no
    longer than `interval`, since a call has its price too. The function is kept for the next stream of the same
    `step`, options, end, pad, constraints and jit_compile: hand in the same function, not a new lambda each time.

    Args:
        step, state, start, end, pad, constraints, limits, seeds: as for `sample`.
        options: method "greedy" or "sample".
        interval: seconds that a token may wait for others of its call, about; 0: every token is a call.
        jit_compile: whether XLA compiles the function: it takes a second or more before the first token, and then
            every token of a small network a fraction of the time. XLA must know all that `step` does.

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
    loop, advance = _compiled(step, options, end, pad, tuple(constraints), bool(jit_compile))
    return _tokens(loop.begin(start, state, limits, seeds), advance, pad, interval)


def _tokens(rows, advance, pad, interval):
    made, count, done = 0, 1, False
    while not done:
        began = time.perf_counter()
        rows = advance(rows, tf.constant(count))
        written, before, done = rows.tokens.numpy(), made, bool(np.all(rows.done))
        made = int(rows.time)
        seconds = time.perf_counter() - began
        for token in written[:, before:made].T:
            yield np.where(token == NOTHING, pad, token).astype(np.int32)
        if seconds < interval / 2:
            count = min(2 * count, _MOST)
        elif seconds > interval:
            count = max(count // 2, 1)


@functools.lru_cache(maxsize=4)
def _compiled(step, options, end, pad, constraints, jit_compile):
    loop = Loop(step, options, options.method == "sample", end, pad, constraints)

    @tf.function(reduce_retracing=True, autograph=False, jit_compile=jit_compile)
    def advance(rows, count):
        """The rows after up to `count` tokens more."""

        def goes_on(now):
            return (now.time == rows.time) | ((now.time < rows.time + count) & ~tf.reduce_all(now.done))

        return tf.while_loop(goes_on, lambda now: (loop.advance(now)[0],), (rows,))[0]

    return loop, advance
