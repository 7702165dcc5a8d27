"""The weights of a cell in the one buffer that cuDNN reads.

The buffer of one layer in one direction holds, without gaps, first all matrices, then all biases:

    W_1 ... W_g   input kernels, each (units, features), row after row
    R_1 ... R_g   recurrent kernels, each (units, units), row after row
    b_1 ... b_g   biases of the input, each (units,)
    c_1 ... c_g   biases of the recurrent product, each (units,)

with g gates in the order i, f, g, o for an LSTM (ours too) and r, z, h for a GRU (ours is z, r, h).

Source: NVIDIA cuDNN documentation, `cudnnRNNMode_t` (equations) and `cudnnGetRNNWeightParams` (order of gates).
"""

import tensorflow as tf

from rnnkit.cells.gru import GRUCell


def packed_parameters(cell, dtype):
    """Returns the weights of `cell` as cuDNN reads them: one transpose of each kernel and one concatenation.

    Args:
        cell: Built `SimpleRNNCell`, `GRUCell` or `LSTMCell`. Biases that it has not are zero.
        dtype: String, dtype of the result.

    Returns:
        Tensor (gates * units * (features + units + 2),), differentiable for every weight.
    """
    kernels = [tf.transpose(tf.cast(kernel, dtype)) for kernel in (cell.kernel, cell.recurrent_kernel)]
    zero = tf.zeros((cell.gates * cell.units,), dtype)
    biases = [zero if bias is None else tf.cast(bias, dtype) for bias in (cell.input_bias, cell.recurrent_bias)]
    blocks = [block for rows in (*kernels, *biases) for block in _in_order(cell, rows)]
    return tf.concat([tf.reshape(block, (-1,)) for block in blocks], axis=0)


def _in_order(cell, rows):
    """Blocks of `rows`, (gates * units, ...), in cuDNN's order of gates."""
    if not isinstance(cell, GRUCell):
        return [rows]
    update, reset, candidate = tf.split(rows, 3, axis=0)
    return [reset, update, candidate]
