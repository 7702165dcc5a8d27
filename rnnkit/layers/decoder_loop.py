"""A decoder over a whole target, one step after the other: for input feeding and scheduled sampling."""

import keras
import tensorflow as tf

from rnnkit.engines import run_steps
from rnnkit.engines.layout import known_shape

FIXED = ("context", "keys", "memory", "memory_mask")  # of a decoder's state: what no step changes


def decode_in_steps(decoder, inputs, state, mask, training, feed, chances):
    """Runs `decoder.step` over all steps, in a loop in the graph.

    Args:
        decoder: Built `Decoder`.
        inputs, mask, training, feed, chances: As in its call.
        state: What `begin` returned. What no step changes is not carried through the loop.

    Returns:
        outputs: Tensor (B, T, U).
        scores: Tensor (B, T, S), or `()`.
    """
    fixed = {name: state[name] for name in FIXED if name in state}
    carried = {name: state[name] for name in state if name not in FIXED}
    given = {"vector": inputs}
    if mask is not None:
        given["mask"] = mask
    if feed is not None:
        given["fed"] = _drawn(decoder, inputs, chances)
        carried["output"] = tf.zeros((known_shape(inputs)[0], decoder.output_size), decoder.compute_dtype)

    def step(given, carried):
        vector = given["vector"]
        if feed is not None:
            own = tf.cast(feed(tf.stop_gradient(carried["output"])), vector.dtype)
            vector = where(given["fed"], own, vector)
        output, after, scores = decoder.step(vector, {**carried, **fixed}, training)
        after["output"] = output
        after = {name: after[name] for name in carried}
        if mask is not None:
            after, (output, scores) = where(given["mask"], after, carried), shown(given["mask"], (output, scores))
        return (output, scores), after

    with decoder.stepping(inputs[:, 0], state, training):
        return run_steps(step, given, carried, _put_out(decoder, inputs, state))[0]


def at_first_step(context, time, mask):
    """What a stack of layers reads that gets its context at the first step alone: (B, T, C), zero at all others.

    Args:
        context: Tensor (B, C).
        time: Number T of steps.
        mask: Boolean tensor (B, T), or `None`: the first step is the first where it is true.
    """
    there = tf.ones((1, time), tf.bool) if mask is None else mask
    first = there & (tf.cumsum(tf.cast(there, tf.int32), axis=1) == 1)
    return tf.where(first[..., None], context[:, None], tf.zeros([], context.dtype))


def where(rows, new, old):
    """Nests of tensors (B, ..., width), new where booleans (B, ...) are true, and else old."""
    return tf.nest.map_structure(lambda one, other: tf.where(rows[..., None], one, other), new, old)


def shown(rows, values):
    """A nest of tensors (B, ..., width), zero where booleans (B, ...) are false."""
    return where(rows, values, tf.nest.map_structure(lambda value: tf.zeros([], value.dtype), values))


def _drawn(decoder, inputs, chances):
    """(B, T) booleans: which steps read what the step before put out."""
    shape = tf.shape(inputs)[:2]
    numbers = keras.random.uniform(shape, seed=decoder.seed_generator)  # in [0, 1)
    return (numbers < tf.cast(chances, numbers.dtype)) & (tf.range(shape[1]) > 0)


def _put_out(decoder, inputs, state):
    """What a step puts out: the specification of (output, scores)."""
    output = tf.TensorSpec((inputs.shape[0], decoder.output_size), decoder.compute_dtype)
    if decoder.attention is None:
        return output, ()
    return output, tf.TensorSpec(state["memory"].shape[:2], decoder.attention.score_dtype)
