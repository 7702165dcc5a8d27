"""Sums of losses, with what to divide them by."""

import tensorflow as tf


def cross_entropy(logits, targets, label_smoothing: float = 0.0):
    """Softmax cross-entropy, summed over all targets that exist.

    Args:
        logits: (..., classes) float.
        targets: (...) int, -1 where there is none.
        label_smoothing: share of the target that is spread evenly over all classes, in [0, 1).

    Returns:
        total: () of the dtype of the logits.
        weight: (), number of targets; total / weight is the mean.
    """
    known = targets >= 0
    log_probabilities = tf.nn.log_softmax(logits)
    chosen = tf.one_hot(targets, logits.shape[-1], dtype=logits.dtype)  # a target of -1 gives zeros
    losses = -tf.reduce_sum(chosen * log_probabilities, axis=-1)
    if label_smoothing:
        even = -tf.reduce_mean(log_probabilities, axis=-1)
        losses = (1.0 - label_smoothing) * losses + label_smoothing * even
    total = tf.reduce_sum(tf.where(known, losses, tf.zeros([], losses.dtype)))
    return total, tf.reduce_sum(tf.cast(known, losses.dtype))
