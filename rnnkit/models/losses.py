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
    losses = each_cross_entropy(logits, targets, label_smoothing)
    return tf.reduce_sum(losses), tf.reduce_sum(tf.cast(targets >= 0, losses.dtype))


def each_cross_entropy(logits, targets, label_smoothing: float = 0.0):
    """Softmax cross-entropy of every target, (...), 0 where there is none; arguments as for `cross_entropy`."""
    losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=tf.maximum(targets, 0), logits=logits)
    if label_smoothing:
        even = -tf.reduce_mean(tf.nn.log_softmax(logits), axis=-1)
        losses = (1.0 - label_smoothing) * losses + label_smoothing * even
    return tf.where(targets >= 0, losses, tf.zeros([], losses.dtype))
