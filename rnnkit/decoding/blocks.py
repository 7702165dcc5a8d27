"""Long rows of numbers searched in two levels, blocks and what is in them: one pass instead of a slow search of all."""

import math

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
    _, chosen = tf.math.top_k(tf.reduce_max(blocks, axis=-1), k)
    chosen = tf.sort(chosen)  # in their order, for equals
    best, places = tf.math.top_k(tf.reshape(tf.gather(blocks, chosen, batch_dims=1), [-1, k * size]), k)
    return best, tf.gather(chosen, places // size, batch_dims=1) * size + places % size


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
    """(rows, n) as (rows, blocks, size), the last block filled up."""
    length = values.shape[-1]
    missing = -length % size
    if missing:
        values = tf.pad(values, [[0, 0], [0, missing]], constant_values=filler)
    return tf.reshape(values, [-1, (length + missing) // size, size])


def _size(length, area):
    """Entries of a block: the root of `area`, or somewhat less where the length is a multiple of that."""
    root = math.isqrt(area)
    return next((size for size in range(root, root // 2, -1) if length % size == 0), root)


def _first(reached, wanted):
    """The first place in rising rows (rows, n) that is above `wanted` (rows, 1), or as high as the row gets."""
    return tf.math.count_nonzero((reached <= wanted) & (reached < reached[:, -1:]), axis=-1, dtype=tf.int32)
