"""The best texts that a beam search has met so far."""

from typing import NamedTuple

import tensorflow as tf

from rnnkit.decoding.stepping import of_rows

NEVER = float("-inf")


class Texts(NamedTuple):
    """Texts of every row, best rank first; n may be more than there are.

    Attributes:
        ranks, scores: (rows, n) float32, -inf where there is no text.
        lengths: (rows, n) int32.
        finished: (rows, n) bool, ended with the end token.
        tokens: (rows, n, max_length) int32.
        origins: (rows, n, max_length) int32, the beam that each token came from.
    """

    ranks: tf.Tensor
    scores: tf.Tensor
    lengths: tf.Tensor
    finished: tf.Tensor
    tokens: tf.Tensor
    origins: tf.Tensor


def no_texts(start, n, max_length, pad) -> Texts:
    """Places for n texts of every row of `start` (rows,)."""
    never, zeros = of_rows(start, tf.fill([n], NEVER)), of_rows(start, tf.zeros([n], tf.int32))
    paths = [n, max_length]
    tokens, origins = of_rows(start, tf.fill(paths, pad)), of_rows(start, tf.zeros(paths, tf.int32))
    return Texts(never, never, zeros, tf.zeros_like(zeros, tf.bool), tokens, origins)


def best_of(kept: Texts, new: Texts) -> Texts:
    """As many as are kept, of those and the new; on a tie what is kept stays."""
    both = Texts(*(tf.concat(pair, axis=1) for pair in zip(kept, new)))
    _, picked = tf.math.top_k(both.ranks, kept.ranks.shape[1])  # of equals, the first comes first
    return Texts(*(tf.gather(values, picked, batch_dims=1) for values in both))
