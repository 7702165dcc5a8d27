"""One token at a time, for a terminal or a service that shows a text while it grows."""

import functools
from collections.abc import Iterator

import numpy as np
import tensorflow as tf

from rnnkit.decoding.loop import Loop
from rnnkit.decoding.options import DEFAULTS, DecodingOptions
from rnnkit.decoding.texts import NOTHING


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
) -> Iterator[np.ndarray]:
    """Yields the tokens that `greedy` or `sample`, as `options.method` says, would return, each as soon as it is known.

    One token of the whole batch is one call of a compiled function, which is kept for the next stream of the same
    function `step`, options, end, pad and constraints: hand in the same `step`, not a new lambda each time.

    Args:
        step, state, start, end, pad, constraints, limits, seeds: as for `sample`.
        options: method "greedy" or "sample".

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
    return _tokens(loop.begin(start, state, limits, seeds), advance)


def _tokens(rows, advance):
    done = False
    while not done:
        rows, token = advance(rows)
        done = bool(np.all(rows.done))
        yield token.numpy()


@functools.lru_cache(maxsize=4)
def _compiled(step, options, end, pad, constraints):
    loop = Loop(step, options, options.method == "sample", end, pad, constraints)

    @tf.function(reduce_retracing=True, autograph=False)
    def advance(rows):
        after, _ = loop.advance(rows)
        token = tf.gather(after.tokens, rows.time, axis=1)
        return after, tf.where(token == NOTHING, pad, token)

    return loop, advance
