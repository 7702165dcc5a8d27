"""The algorithms of a linear chain, in log space: partition, score of a path, best path, marginals.

Masked steps are taken out of the chain, wherever they are: the tags around a hole are neighbours. A row without any
step has the partition and the score 0. All functions are plain TensorFlow: any batch and time (at least 1), eager,
graph or XLA, without a Python callback, so they can be exported.
"""

from typing import NamedTuple

import tensorflow as tf


class Scores(NamedTuple):
    """The scores of a chain of K tags; each may have a leading batch axis.

    Attributes:
        start: (K,) of the first tag.
        transitions: (K, K), [i, j]: of tag j after tag i.
        end: (K,) of the last tag.
    """

    start: tf.Tensor
    transitions: tf.Tensor
    end: tf.Tensor


def log_partition(potentials, mask, scores: Scores):
    """Log of the sum of exp(score) over all tag sequences: (B, T, K) potentials, (B, T) bool mask -> (B,)."""
    potentials, mask, _ = _pack(potentials, mask)
    steps, moves = _over_time(potentials, mask)

    def step(alpha, element):
        potential, moved = element
        arrived = tf.reduce_logsumexp(alpha[:, :, None] + scores.transitions, axis=1) + potential
        return tf.where(moved, arrived, alpha)  # (B, K)

    alpha = tf.foldl(step, (steps, moves), scores.start + steps[0])
    return tf.where(mask[:, 0], tf.reduce_logsumexp(alpha + scores.end, axis=-1), 0.0)


def path_score(potentials, tags, mask, scores: Scores):
    """Score of given tags: (B, T, K) potentials, (B, T) int tags, not read where masked, (B, T) bool mask -> (B,)."""
    potentials, packed_mask, order = _pack(potentials, mask)
    tags = tf.gather(tags, order, batch_dims=1)
    chosen = tf.one_hot(tags, potentials.shape[-1], dtype=potentials.dtype)
    chosen = tf.where(packed_mask[:, :, None], chosen, 0.0)  # (B, T, K)
    after = tf.concat([chosen[:, 1:], tf.zeros_like(chosen[:, :1])], axis=1)
    last = chosen - chosen * tf.reduce_sum(after, axis=-1, keepdims=True)
    total = tf.reduce_sum(chosen * potentials, axis=[1, 2])
    total += tf.reduce_sum(tf.matmul(chosen, scores.transitions) * after, axis=[1, 2])
    total += tf.reduce_sum(chosen[:, 0] * scores.start, axis=-1)
    return total + tf.reduce_sum(last * scores.end, axis=[1, 2])


def best_path(potentials, mask, scores: Scores):
    """Viterbi: (B, T, K) potentials, (B, T) bool mask -> tags (B, T) int32, 0 where masked, and their score (B,)."""
    potentials, packed_mask, order = _pack(potentials, mask)
    steps, moves = _over_time(potentials, packed_mask)
    stay = tf.zeros_like(steps[0], dtype=tf.int32) + tf.range(tf.shape(steps)[-1])  # (B, K)

    def forward(carried, element):
        best, _ = carried
        potential, moved = element
        candidates = best[:, :, None] + scores.transitions  # (B, K before, K after)
        arrived = tf.reduce_max(candidates, axis=1) + potential
        origin = tf.argmax(candidates, axis=1, output_type=tf.int32)
        return tf.where(moved, arrived, best), tf.where(moved, origin, stay)

    best, origins = tf.scan(forward, (steps, moves), (scores.start + steps[0], stay))  # (T, B, K)
    ending = best[-1] + scores.end
    last = tf.argmax(ending, axis=-1, output_type=tf.int32)  # (B,)
    before = tf.scan(lambda tag, origin: tf.gather(origin, tag, batch_dims=1), origins, last, reverse=True)  # (T, B)
    tags = tf.transpose(tf.concat([before[1:], last[None]], axis=0))
    tags = tf.gather(tags, tf.argsort(order, axis=-1), batch_dims=1)
    return tf.where(mask, tags, 0), tf.where(packed_mask[:, 0], tf.reduce_max(ending, axis=-1), 0.0)


def marginals(potentials, mask, scores: Scores):
    """Probability of every tag at every step: (B, T, K) potentials, (B, T) bool mask -> (B, T, K), 0 where masked.

    They are the gradient of the log partition, which is what the backward half of forward-backward computes.
    """
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(potentials)
        total = tf.reduce_sum(log_partition(potentials, mask, scores))
    return tape.gradient(total, potentials)


def _pack(potentials, mask):
    """Moves the masked steps of each row behind all others and zeroes their potentials, which may hold anything.

    Returns:
        Packed potentials (B, T, K), their mask (B, T), and the order (B, T): the step that each packed step was.
    """
    order = tf.argsort(tf.cast(~mask, tf.int32), axis=-1, stable=True)
    mask = tf.gather(mask, order, batch_dims=1)
    potentials = tf.gather(potentials, order, batch_dims=1)
    return tf.where(mask[:, :, None], potentials, 0.0), mask, order


def _over_time(potentials, mask):
    """Time-major potentials (T, B, K), and (T, B, 1) bool: the chain moves on at this step (not at the first)."""
    moves = tf.concat([tf.zeros_like(mask[:, :1]), mask[:, 1:]], axis=1)
    return tf.transpose(potentials, [1, 0, 2]), tf.transpose(moves)[:, :, None]
