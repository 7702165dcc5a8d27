"""Long rows of numbers searched in two levels, blocks and what is in them: one pass instead of a slow search of all."""

import math

import numpy as np
import tensorflow as tf

LONG = 256  # entries of a row, from which on a second level pays


def top_k(values, k):
    """As `tf.math.top_k`, of equals the first: the k greatest are in the k blocks that have the greatest maxima.

    Args:
        values: (rows, n), n known.
        k: int, at most n.

    Returns:
        values: (rows, k), greatest first.
        places: (rows, k) int32.
    """
    if values.shape[-1] < max(LONG, 16 * k):
        return tf.math.top_k(values, k)
    size = _size(values.shape[-1], values.shape[-1] // k)  # of two levels that search about as many
    blocks = in_blocks(values, size, float("-inf"))
    chosen, inside = _best(blocks, tf.reduce_max(blocks, axis=-1), k)
    best, block, place = _best_inside(inside, chosen, k)
    return best, block * size + place


def top_k_of_sums(starts, values, k, without=None):
    """The k greatest of all sums of a start and one of its values, of equals the first.

    Args:
        starts: (rows, w); -inf is the sum of a start of -inf, whatever its values.
        values: (rows, w, n), w and n known.
        k: int, at most w × n.
        without: int, the place of a value, in n, that is left out with every start, or None.

    Returns:
        sums: (rows, k), greatest first.
        places: (rows, k) int32: number of the start times n, plus that of the value.
    """
    count, length = values.shape[1:]
    never = tf.constant(float("-inf"), values.dtype)
    if length < max(LONG, 16 * k):
        if without is not None:
            values = tf.where(np.arange(length) == without, never, values)
        return tf.math.top_k(tf.reshape(_sums(starts, values), [-1, count * length]), k)
    size = _size(length, count * length // k)
    blocks = in_blocks(values, size, never)
    each = blocks.shape[2]  # blocks of a start
    maxima = tf.reduce_max(blocks, axis=-1)
    if without is not None:
        block, place = divmod(without, size)
        rest = tf.reduce_max(tf.where(np.arange(size) == place, never, blocks[:, :, block]), axis=-1)
        maxima = tf.where(np.arange(each) == block, rest[:, :, None], maxima)
    every = tf.reshape(blocks, [-1, count * each, size])
    chosen, inside = _best(every, tf.reshape(_sums(starts, maxima), [-1, count * each]), k)
    sums = _sums(tf.gather(starts, chosen // each, batch_dims=1), inside)
    if without is not None:
        sums = tf.where((chosen % each == block)[:, :, None] & (np.arange(size) == place), never, sums)
    best, block, place = _best_inside(sums, chosen, k)
    return best, block // each * length + block % each * size + place


def _best(blocks, maxima, k):
    """Of blocks (rows, b, size) the k that have the greatest maxima (rows, b), in their order: numbers, contents."""
    _, chosen = tf.math.top_k(maxima, k)
    chosen = tf.sort(chosen)  # for equals
    return chosen, tf.gather(blocks, chosen, batch_dims=1)


def _best_inside(blocks, numbers, k):
    """The k greatest in blocks (rows, k, size) that have numbers (rows, k): they, numbers of blocks, places in them."""
    size = blocks.shape[-1]
    best, places = tf.math.top_k(tf.reshape(blocks, [-1, k * size]), k)
    return best, tf.gather(numbers, places // size, batch_dims=1), places % size


def _sums(starts, values):
    """(rows, w) and (rows, w, n): (rows, w, n), -inf where a start is."""
    return tf.where(starts[:, :, None] > float("-inf"), starts[:, :, None] + values, float("-inf"))


def first_beyond(chances, numbers):
    """Where the running sum of chances first goes beyond a share of their total; a chance of 0 is never the one.

    Args:
        chances: (rows, n), at least 0.
        numbers: (rows,), the shares, in [0, 1), of the same type.

    Returns:
        (rows,) int32; 0 in a row of zeros.
    """
    length = chances.shape[-1]
    if length is None or length < LONG:
        reached = tf.cumsum(chances, axis=-1)
        return _first(reached, numbers[:, None] * reached[:, -1:])
    size = _size(length, length)
    blocks = in_blocks(chances, size, 0)
    sums = tf.reduce_sum(blocks, axis=-1)
    reached = tf.cumsum(sums, axis=-1)
    wanted = numbers[:, None] * reached[:, -1:]
    block = _first(reached, wanted)
    inside, start = (tf.gather(tensor, block, batch_dims=1) for tensor in (blocks, reached - sums))
    left = tf.maximum(wanted - start[:, None], 0)  # of the share, within the block
    return block * size + _first(tf.cumsum(inside, axis=-1), left)


def in_blocks(values, size, filler):
    """(..., n) as (..., blocks, size), the last block filled up; all but the first length is known."""
    *before, length = values.shape[1:]
    missing = -length % size
    if missing:
        values = tf.pad(values, [*[[0, 0]] * (len(before) + 1), [0, missing]], constant_values=filler)
    return tf.reshape(values, [-1, *before, (length + missing) // size, size])


def _size(length, area):
    """Entries of a block: the root of `area`, or somewhat less where the length is a multiple of that."""
    root = math.isqrt(area)
    return next((size for size in range(root, root // 2, -1) if length % size == 0), root)


def _first(reached, wanted):
    """The first place in rising rows (rows, n) that is above `wanted` (rows, 1), or as high as the row gets."""
    return tf.math.count_nonzero((reached <= wanted) & (reached < reached[:, -1:]), axis=-1, dtype=tf.int32)
