"""What decoding gives."""

from typing import Any, NamedTuple

import tensorflow as tf


class Decoded(NamedTuple):
    """Texts, `n_best` for every row (greedy and sampling: 1), best first. `time` is the length of the longest.

    Attributes:
        tokens: (rows, n_best, time) int32, with the end token where a text has one; the pad id behind its length.
        lengths: (rows, n_best) int32, the end token counted. 0: there is no such text (see `scores`).
        scores: (rows, n_best) float32, the sum of the log-probabilities of its tokens under the step itself, whatever
            temperature, top-k and top-p are. -inf where beam search found fewer than n_best texts.
        ranks: (rows, n_best) float32, scores over the length penalty: what ranked them.
        finished: (rows, n_best) bool; True: ended with the end token, False: cut at its greatest length.
        extras: what the step emitted, (rows, n_best, time, ...), zero behind the length; () if nothing.
        state: of the step, after all tokens of a text but the last: decoding on from both goes on with the text. None
            from beam search.

    Example:
        >>> from rnnkit.decoding import greedy
        >>> found = greedy(lambda tokens, state: (tf.one_hot(tokens + 1, 4), state), (), [1, 2], end=3)
        >>> found.tokens.shape, found.lengths.numpy().tolist()
        (TensorShape([2, 1, 2]), [[2], [1]])
    """

    tokens: tf.Tensor
    lengths: tf.Tensor
    scores: tf.Tensor
    ranks: tf.Tensor
    finished: tf.Tensor
    extras: Any
    state: Any


def without_rest(texts, lengths):
    """Texts (rows, n, max_length) as long as the longest of their lengths (rows, n): (rows, n, time).

    Cut by a mask: XLA is slow at slices of a length that was counted, or cannot do them.
    """
    longest = tf.reduce_max(lengths)  # below 0 where there is none
    return tf.boolean_mask(texts, tf.range(texts.shape[-1]) < longest, axis=2)
