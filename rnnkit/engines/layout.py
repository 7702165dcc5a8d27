"""How sequences lie in memory: batch-major outside, time-major inside, and what Keras shows of masked steps.

Shapes in this file: T time, B batch, F features, U units, G = gates * units.
"""

import tensorflow as tf

from rnnkit.cells.contract import check_projection


def dropped_inputs(cell, sequences, training):
    """(B, T, F) in the cell's compute dtype, after its dropout of the input, which is one mask for all steps."""
    inputs = tf.cast(sequences, cell.compute_dtype)
    if training and cell.dropout:
        inputs *= cell.get_dropout_mask(inputs[:, 0])[:, None]
    return inputs


def time_major(sequences, *, go_backwards):
    """(B, T, ...) to (T, B, ...), in the order of running."""
    axes = (1, 0, *range(2, sequences.shape.rank))
    moved = tf.transpose(sequences, axes)
    return tf.reverse(moved, [0]) if go_backwards else moved


def time_major_booleans(mask, *, go_backwards):
    """Of any dtype, (B, T) or (B, T, width), to booleans (T, B, 1) or (T, B, width) in the order of running.

    `None` stays.
    """
    if mask is None:
        return None
    mask = tf.cast(mask, tf.int32)  # oneDNN transposes no booleans, and complains
    if mask.shape.rank == 2:
        mask = mask[:, :, None]
    return tf.cast(time_major(mask, go_backwards=go_backwards), tf.bool)


def project(cell, inputs):
    """Projects every step in one matmul: (T, B, F) to (T, B, G)."""
    length, batch, features = known_shape(inputs)
    rows = tf.reshape(inputs, (-1, features))  # (T * B, F)
    projected = check_projection(cell, tf.convert_to_tensor(cell.project(rows)))
    return tf.reshape(projected, (length, batch, cell.gates * cell.units))


def visible(hidden, mask, zero_output_for_mask, last=False):
    """Outputs as Keras shows them: at masked steps zero, or the previous output, which is zero before the first one.

    `hidden` is (T, B, U), or (B, U), its last step, with `last=True`; `mask` is (T, B, 1) or `None`.
    """
    if mask is None:
        return hidden
    if zero_output_for_mask:
        shown = tf.reduce_any(mask[-1:], axis=0) if last else mask
    elif last:
        shown = tf.reduce_any(mask, axis=0)
    else:
        shown = tf.cumsum(tf.cast(mask, tf.int32), axis=0) > 0
    return tf.where(shown, hidden, tf.zeros((), hidden.dtype))


def known_shape(tensor):
    """The shape with static entries where known, dynamic ones elsewhere."""
    dynamic = tf.shape(tensor)
    return [dynamic[axis] if size is None else size for axis, size in enumerate(tensor.shape)]


def is_zero(tensor):
    """Whether a tensor is known to be zero before the graph runs."""
    value = tf.get_static_value(tensor)
    return value is not None and not value.any()
