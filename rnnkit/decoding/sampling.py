"""Drawing tokens: temperature, top-k, top-p, and random numbers that belong to a row."""

import tensorflow as tf

from rnnkit.decoding.stepping import of_rows, one_each

_COLDEST = 1e-30  # greedy already, and still above 0 in float32


def uniform(seeds, steps):
    """Random numbers in [0, 1) for every row and step, (rows, steps) float64.

    They are drawn from the row's own seed: what else is in the batch changes nothing, nor does the device.

    Args:
        seeds: (rows, 2) int64.
        steps: int.
    """

    def of_row(seed):
        return tf.random.stateless_uniform([steps], seed, dtype=tf.float64, alg="philox")

    return tf.map_fn(of_row, seeds, fn_output_signature=tf.TensorSpec([steps], tf.float64))


def row_seeds(seed, seeds, start):
    """(rows, 2) int64: (seeds[i], 0) where seeds (rows,) are given, else (seed, i) for row i of `start` (rows,)."""
    if seeds is not None:
        seeds = one_each("seeds", seeds, start, tf.int64)
        return tf.stack([seeds, tf.zeros_like(seeds)], axis=1)
    rows = tf.range(tf.size(start, out_type=tf.int64))
    return tf.stack([of_rows(start, tf.constant(seed, tf.int64)), rows], axis=1)


def sharpened(logits, temperature):
    """Logits over a temperature above 0, shifted so that the greatest is 0, whatever the temperature."""
    greatest = tf.reduce_max(logits, axis=-1, keepdims=True)
    return (logits - tf.where(greatest > float("-inf"), greatest, 0.0)) / max(temperature, _COLDEST)


def likeliest(logits, top_k, top_p):
    """The tokens that may be drawn, most probable first; equally probable ones in the order of their ids.

    Args:
        logits: (rows, vocabulary).
        top_k: how many at most, or None.
        top_p: in (0, 1]: the fewest whose chances add up to at least this, among those of `top_k`.

    Returns:
        logits: (rows, n), -inf for what may not be drawn.
        tokens: (rows, n) int32.
    """
    vocabulary = logits.shape[-1]
    values, tokens = tf.math.top_k(logits, min(top_k or vocabulary, vocabulary))
    if top_p < 1:
        chances = tf.nn.softmax(values)
        before = tf.cumsum(chances, axis=-1, exclusive=True)
        values = tf.where(before < top_p, values, float("-inf"))
    return values, tokens


def draw(logits, numbers):
    """One index of each row with the chances softmax(logits), by inversion of their running sum; -inf is never drawn.

    The sum is taken in float64: in float32 the rare tokens of a large vocabulary would be lost in it.

    Args:
        logits: (rows, n), the greatest of each row 0.
        numbers: (rows,) float64 in [0, 1).

    Returns:
        (rows,) int32; any index in a row of -inf alone.
    """
    reached = tf.cumsum(tf.cast(tf.exp(logits), tf.float64), axis=-1)
    drawn = tf.searchsorted(reached, numbers[:, None] * reached[:, -1:], side="right")[:, 0]  # the first above it
    return tf.minimum(drawn, logits.shape[-1] - 1)


def sampler(options):
    """A function (logits (rows, vocabulary), numbers (rows,)) -> tokens (rows,) int32 as the options ask."""

    def choose(logits, numbers):
        logits = sharpened(logits, options.temperature)
        if options.top_k is None and options.top_p == 1:
            return draw(logits, numbers)
        logits, tokens = likeliest(logits, options.top_k, options.top_p)
        return tf.gather(tokens, draw(logits, numbers), batch_dims=1)

    return choose
