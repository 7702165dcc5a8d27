"""The extras that a step emits, kept for every step of a loop and found again for every token of a text."""

import tensorflow as tf


def begin(extras, max_length):
    """A nest of TensorArrays, which a loop can carry, with the extras of step 0."""

    def array(tensor):
        return tf.TensorArray(tensor.dtype, max_length, element_shape=tensor.shape).write(0, tensor)

    return tf.nest.map_structure(array, extras)


def add(arrays, time, extras):
    """The arrays with the extras of step `time`, too."""
    return tf.nest.map_structure(lambda array, tensor: array.write(time, tensor), arrays, extras)


def of_texts(arrays, origins, lengths):
    """What the beams that each token came from emitted: a nest of (rows, n, time, ...), zero behind the lengths.

    Args:
        arrays: of at least `time` steps (rows × width, ...).
        origins: (rows, n, time) int32, the beams, each below width.
        lengths: (rows, n) int32.
    """
    rows, _, time = tf.unstack(tf.shape(origins))
    within = tf.sequence_mask(lengths, time)  # (rows, n, time)
    of_step = tf.transpose(tf.where(within, origins, 0), [2, 0, 1])  # (time, rows, n)

    def found(array):
        emitted = array.gather(tf.range(tf.maximum(time, 1)))[:time]  # (time, rows × width, ...)
        rest = tf.shape(emitted)[2:]
        width = tf.shape(emitted)[1] // tf.maximum(rows, 1)
        emitted = tf.reshape(emitted, tf.concat([[time, rows, width], rest], axis=0))
        chosen = tf.gather(emitted, of_step, axis=2, batch_dims=2)  # (time, rows, n, ...)
        chosen = tf.transpose(chosen, [1, 2, 0, *range(3, chosen.shape.rank)])
        mask = tf.reshape(within, tf.concat([tf.shape(within), tf.ones_like(rest)], axis=0))
        return tf.where(mask, chosen, tf.zeros_like(chosen))

    return tf.nest.map_structure(found, arrays)
