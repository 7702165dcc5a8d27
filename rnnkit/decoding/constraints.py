"""What may come next: pure functions that forbid tokens, given the tokens so far. They compose in any order.

A constraint is a function `(logits, tokens, time) -> logits`:

- `logits`: (rows, vocabulary) float32 log-probabilities. It returns -inf for what is forbidden and the rest as it was;
  one that lowers others changes the scores of texts by as much. None may be raised: early stopping counts on it.
- `tokens`: (rows, max_length) int32, the tokens so far; what stands behind them means nothing.
- `time`: int32 scalar, the number of tokens so far.

Where everything is forbidden, a text of greedy decoding or sampling stops as it is; a beam is given up.
"""

import numpy as np
import tensorflow as tf

FORBIDDEN = float("-inf")


def constraints_of(options, end):
    """The constraints that options ask for, as a list; `end`: the end token, or None."""
    found = []
    if options.min_length > 1 and end is not None:
        found.append(minimum_length(options.min_length, end))
    if options.no_repeat_ngram is not None:
        found.append(no_repeat_ngram(options.no_repeat_ngram))
    if options.banned:
        found.append(ban(options.banned))
    return found


def minimum_length(length, end):
    """Forbids `end` in texts that would be shorter than `length` tokens with it.

    Example:
        >>> minimum_length(2, end=0)(tf.constant([[-1.0, -2.0]]), tokens=None, time=0).numpy()
        array([[-inf,  -2.]], dtype=float32)
    """

    def constrain(logits, tokens, time):
        return tf.where(_columns("end", [end], logits) & (time + 1 < length), FORBIDDEN, logits)

    return constrain


def maximum_length(length, end):
    """Leaves nothing but `end` from token number `length` on, so that texts end instead of being cut.

    The options' `max_length` alone cuts texts. With this constraint of the same length they pay for their end.

    Example:
        >>> maximum_length(1, end=0)(tf.constant([[-1.0, -2.0]]), tokens=None, time=0).numpy()
        array([[ -1., -inf]], dtype=float32)
    """

    def constrain(logits, tokens, time):
        return tf.where(~_columns("end", [end], logits) & (time + 1 >= length), FORBIDDEN, logits)

    return constrain


def ban(banned):
    """Forbids tokens.

    Args:
        banned: their ids, at least 0 and below the vocabulary; a ValueError tells otherwise when they are first used.

    Example:
        >>> ban([1])(tf.constant([[-1.0, -2.0]]), tokens=None, time=0).numpy()
        array([[ -1., -inf]], dtype=float32)
    """

    def constrain(logits, tokens, time):
        return tf.where(_columns("banned", banned, logits), FORBIDDEN, logits)

    return constrain


def no_repeat_ngram(n):
    """Forbids every token that would complete an n-gram that the text already has; n is at least 1.

    Example:
        >>> so_far = tf.constant([[1, 2, 1]])  # 1 2 would come again
        >>> no_repeat_ngram(2)(tf.zeros([1, 3]), so_far, time=3).numpy()
        array([[  0.,   0., -inf]], dtype=float32)
    """

    def constrain(logits, tokens, time):
        places = tokens.shape[1] - n + 1
        if places <= 0:
            return logits
        repeated = tf.range(places) <= time - n  # (places,): an n-gram starts here and is complete
        repeated = tf.broadcast_to(repeated, [tf.shape(tokens)[0], places])
        for offset in range(n - 1):
            latest = tf.gather(tokens, tf.maximum(time - n + 1 + offset, 0), axis=1)  # (rows,)
            repeated &= tokens[:, offset : offset + places] == latest[:, None]
        return _forbid(logits, tokens[:, n - 1 :], repeated)

    return constrain


def check_ids(name, ids, logits):
    """Raises a ValueError that names `name` where one of the ids is not in the vocabulary of logits."""
    vocabulary = logits.shape[-1]
    outside = [token for token in ids if not 0 <= token < vocabulary]
    if outside:
        raise ValueError(f"{name}: token ids from 0 to {vocabulary - 1} are needed, got {outside[0]}")


def _columns(name, ids, logits):
    """(vocabulary,) bool, True at `ids`."""
    check_ids(name, ids, logits)
    return np.isin(np.arange(logits.shape[-1]), ids)


def _forbid(logits, tokens, chosen):
    """Forbids, in each row of logits, those of its tokens (rows, n) that are chosen (rows, n) and no padding."""
    chosen &= (tokens >= 0) & (tokens < logits.shape[-1])
    tokens = tf.where(chosen, tokens, 0)
    rows = tf.broadcast_to(tf.range(tf.shape(tokens)[0])[:, None], tf.shape(tokens))
    limits = tf.where(chosen, FORBIDDEN, float("inf"))
    return tf.tensor_scatter_nd_min(logits, tf.stack([rows, tokens], axis=-1), tf.cast(limits, logits.dtype))
