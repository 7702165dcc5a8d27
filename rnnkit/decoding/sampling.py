"""Drawing tokens: temperature, top-k, top-p, and random numbers that belong to a row."""

import tensorflow as tf

from rnnkit.decoding.blocks import first_beyond
from rnnkit.decoding.blocks import top_k as top_k_of
from rnnkit.decoding.stepping import of_rows, one_each

_COLDEST = 1e-30  # greedy already, and still above 0 in float32
_LEAST = 1e-30  # a share that the most probable token alone makes up


def uniform(seeds, steps):
    """Random numbers in [0, 1) for every row and step, (rows, steps) float64.

    They are drawn from the row's own seed: what else is in the batch changes nothing, nor does the device, nor XLA, for
    they are made of whole numbers, of which it draws the same.

    Args:
        seeds: (rows, 2) int64.
        steps: int.
    """

    def of_row(seed):
        return tf.random.stateless_uniform([steps], seed, minval=None, maxval=None, dtype=tf.int64, alg="philox")

    bits = tf.map_fn(of_row, seeds, fn_output_signature=tf.TensorSpec([steps], tf.int64))
    high, low = bits % 2**20, tf.bitwise.bitwise_and(tf.bitwise.right_shift(bits, 32 * tf.ones_like(bits)), 2**32 - 1)
    return tf.cast(high * 2**32 + low, tf.float64) / 2.0**52


def row_seeds(seed, seeds, start):
    """(rows, 2) int64: (seeds[i], 0) where seeds (rows,) are given, else (seed, i) for row i of `start` (rows,).

    `seed` is an int, or an int64 scalar tensor.
    """
    if seeds is not None:
        seeds = one_each("seeds", seeds, start, tf.int64)
        return tf.stack([seeds, tf.zeros_like(seeds)], axis=1)
    rows = tf.range(tf.size(start, out_type=tf.int64))
    return tf.stack([of_rows(start, tf.convert_to_tensor(seed, tf.int64)), rows], axis=1)


def sharpened(logits, temperature):
    """Logits over a temperature, a number or a scalar tensor, shifted so that the greatest is 0.

    A temperature of 0 or less is the lowest there is.
    """
    greatest = tf.reduce_max(logits, axis=-1, keepdims=True)
    temperature = tf.maximum(tf.cast(temperature, logits.dtype), _COLDEST)
    return (logits - tf.maximum(greatest, tf.float32.min)) / temperature


def likeliest(logits, top_k, top_p):
    """The tokens that may be drawn, most probable first; equally probable ones in the order of their ids.

    Args:
        logits: (rows, vocabulary).
        top_k: how many at most, an int, None, or an int32 scalar tensor, where 0 is as None.
        top_p: in (0, 1]: the fewest whose chances add up to at least this, among those of `top_k`; a number, or a
            float32 scalar tensor, where 0 leaves the most probable token.

    Returns:
        logits: (rows, n), -inf for what may not be drawn.
        tokens: (rows, n) int32.
    """
    vocabulary = logits.shape[-1]
    if tf.is_tensor(top_k):
        wanted = tf.where(top_k < 1, vocabulary, tf.minimum(top_k, vocabulary))
    else:
        wanted = min(top_k or vocabulary, vocabulary)
    values, tokens = tf.math.top_k(logits, wanted) if tf.is_tensor(wanted) else top_k_of(logits, wanted)
    if tf.is_tensor(top_p) or top_p < 1:
        chances = tf.nn.softmax(values)
        before = tf.cumsum(chances, axis=-1, exclusive=True)  # of the first 0
        values = tf.where((before < tf.maximum(top_p, _LEAST)) | (top_p >= 1), values, float("-inf"))
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
    return first_beyond(tf.cast(tf.exp(logits), tf.float64), numbers)


def sampler(options):
    """A function (logits (rows, vocabulary), numbers (rows,)) -> tokens (rows,) int32 as the options ask.

    The same options draw the same tokens, whether they are numbers or tensors.
    """
    top_k, top_p = options.top_k, options.top_p

    def among_the_likeliest(logits, numbers):
        logits, tokens = likeliest(logits, top_k, top_p)
        return tf.gather(tokens, draw(logits, numbers), batch_dims=1)

    def choose(logits, numbers):
        logits = sharpened(logits, options.temperature)
        among_all = (top_k is None or top_k < 1) & (top_p >= 1)  # a bool, or a tensor
        if tf.is_tensor(among_all):
            return tf.cond(among_all, lambda: draw(logits, numbers), lambda: among_the_likeliest(logits, numbers))
        return draw(logits, numbers) if among_all else among_the_likeliest(logits, numbers)

    return choose
