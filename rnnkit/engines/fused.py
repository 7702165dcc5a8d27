"""The fused engine: projects all steps at once, runs the recurrence, and shows its outputs as Keras does.

Shapes in this file: T time, B batch, F features, U units, G = gates * units.
"""

import tensorflow as tf

from rnnkit.cells.contract import check_projection
from rnnkit.engines.scan import Scan


def fused_scan(
    cell, sequences, initial_states, *, mask, training, go_backwards, return_sequences, zero_output_for_mask
):
    """Runs a fused cell over time, as `keras.layers.RNN.inner_loop` must.

    Args:
        cell: Built `FusedCell`, its compute dtype being the layer's.
        sequences: Tensor (B, T, F).
        initial_states: List of tensors (B, width) in the compute dtype.
        mask: Boolean tensor (B, T) or (B, T, 1), or `None`. Where it is false the states are carried on.
        training: Boolean, whether dropout applies.
        go_backwards: Boolean, whether time runs from the last step to the first; outputs are in the order of running.
        return_sequences: Boolean, whether the outputs of all steps are wanted.
        zero_output_for_mask: Boolean, whether masked steps give zeros instead of the previous output.

    Returns:
        `(last_output, outputs, states)`: tensors (B, U) and (B, T, U), the latter (B, 1, U) with the last output alone
        unless `return_sequences`, and the list of final states (B, width).
    """
    inputs = tf.transpose(tf.cast(sequences, cell.compute_dtype), (1, 0, 2))  # (T, B, F)
    mask = _time_major_mask(mask)  # (T, B, 1)
    if go_backwards:
        inputs = tf.reverse(inputs, [0])
        mask = None if mask is None else tf.reverse(mask, [0])
    if training and cell.dropout:
        inputs *= cell.get_dropout_mask(inputs[0])
    hidden_mask = cell.get_recurrent_dropout_mask(initial_states[0]) if training and cell.recurrent_dropout else None
    scan = Scan(cell, mask, hidden_mask, keep_sequence=return_sequences)
    outputs, states = scan(_project(cell, inputs), initial_states)
    last_output = _visible(states[0], mask, zero_output_for_mask, last=True)
    if not return_sequences:
        return last_output, last_output[:, None, :], states
    outputs = _visible(outputs, mask, zero_output_for_mask)
    return last_output, tf.transpose(outputs, (1, 0, 2)), states  # (B, T, U)


def _time_major_mask(mask):
    if mask is None:
        return None
    mask = tf.cast(mask, tf.int32)  # oneDNN transposes no booleans, and complains
    if mask.shape.rank == 2:
        mask = mask[:, :, None]
    return tf.cast(tf.transpose(mask, (1, 0, 2)), tf.bool)


def _project(cell, inputs):
    """Projects every step in one matmul: (T, B, F) to (T, B, G)."""
    length, batch, features = _shape(inputs)
    rows = tf.reshape(inputs, (-1, features))  # (T * B, F)
    projected = check_projection(cell, tf.convert_to_tensor(cell.project(rows)))
    return tf.reshape(projected, (length, batch, cell.gates * cell.units))


def _visible(hidden, mask, zero_output_for_mask, last=False):
    """Outputs as Keras shows them: at masked steps zero, or the previous output, which is zero before the first one.

    `hidden` is (T, B, U), or (B, U), its last step, with `last=True`.
    """
    if mask is None:
        return hidden
    if zero_output_for_mask:
        visible = mask[-1] if last else mask
    elif last:
        visible = tf.reduce_any(mask, axis=0)
    else:
        visible = tf.cumsum(tf.cast(mask, tf.int32), axis=0) > 0
    return tf.where(visible, hidden, tf.zeros((), hidden.dtype))


def _shape(tensor):
    """The shape with static entries where known, dynamic ones elsewhere."""
    dynamic = tf.shape(tensor)
    return [dynamic[axis] if size is None else size for axis, size in enumerate(tensor.shape)]
