"""The best texts that a beam search has met so far."""

from typing import NamedTuple

import tensorflow as tf

from rnnkit.decoding.stepping import of_rows

NEVER = float("-inf")
NOTHING = -1  # behind a text


class Texts(NamedTuple):
    """Texts of every row, best rank first; n may be more than there are.

    Attributes:
        ranks, scores: (rows, n) float32, -inf where there is no text.
        paths: (rows, n, max_length) int32, for every token its id × the width of the beam + the beam that it came from;
            `NOTHING` behind a text.
    """

    ranks: tf.Tensor
    scores: tf.Tensor
    paths: tf.Tensor


def lengths_of(texts):
    """How much of (..., max_length) int32 is not `NOTHING`, (...) int32."""
    return tf.math.count_nonzero(texts != NOTHING, axis=-1, dtype=tf.int32)


def no_paths(start, n, max_length):
    """Paths of no tokens, n for every row of `start` (rows,)."""
    return of_rows(start, tf.fill([n, max_length], NOTHING))


def no_texts(start, n, max_length) -> Texts:
    """Places for n texts of every row of `start` (rows,)."""
    never = of_rows(start, tf.fill([n], NEVER))
    return Texts(never, never, no_paths(start, n, max_length))


def best_of(kept: Texts, new: Texts) -> Texts:
    """As many as are kept, of those and the new; on a tie what is kept stays."""
    both = Texts(*(tf.concat(pair, axis=1) for pair in zip(kept, new)))
    ranks, picked = tf.math.top_k(both.ranks, kept.ranks.shape[1])  # of equals, the first comes first
    return Texts(ranks, *(tf.gather(values, picked, batch_dims=1) for values in both[1:]))
