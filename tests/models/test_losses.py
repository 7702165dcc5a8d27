"""Cross-entropy against NumPy."""

import numpy as np
import pytest
import tensorflow as tf

from rnnkit.models.losses import cross_entropy


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_equals_numpy_and_counts_no_padding(smoothing):
    logits = np.random.default_rng(0).normal(size=(2, 3, 4))
    targets = np.array([[0, 3, -1], [2, -1, -1]])
    log_probabilities = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
    expected = 0.0
    for place in np.argwhere(targets >= 0):
        wanted = np.full(4, smoothing / 4)
        wanted[targets[tuple(place)]] += 1 - smoothing
        expected -= wanted @ log_probabilities[tuple(place)]
    total, weight = cross_entropy(tf.constant(logits), tf.constant(targets), smoothing)
    assert float(weight) == 3
    np.testing.assert_allclose(total, expected)


def test_padding_has_no_gradient_even_where_its_logits_are_huge():
    logits = tf.constant([[[1.0, 2.0], [1e30, -1e30]]])
    with tf.GradientTape() as tape:
        tape.watch(logits)
        total, _ = cross_entropy(logits, tf.constant([[0, -1]]), 0.1)
    gradient = tape.gradient(total, logits).numpy()
    assert np.all(gradient[0, 1] == 0) and np.all(np.isfinite(gradient))
