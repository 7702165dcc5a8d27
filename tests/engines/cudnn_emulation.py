"""`tf.raw_ops.CudnnRNNV3` in plain TensorFlow, after NVIDIA's documentation.

The buffer of parameters, the equations, what is refused. Where cuDNN defines nothing, after the last valid step, this
gives NaN, as output and as gradient.
"""

import numpy as np
import tensorflow as tf

GATES = {"rnn_tanh": 1, "rnn_relu": 1, "gru": 3, "lstm": 4}


def blocks(params, gates, features, units):
    """The matrices W and R, (gates, rows, units) so that they multiply from the right, and the biases b and c."""
    sizes = [gates * units * features, gates * units * units, gates * units, gates * units]
    assert params.shape == (sum(sizes),)
    inputs, recurrent, b, c = tf.split(params, sizes)
    inputs = tf.transpose(tf.reshape(inputs, (gates, units, features)), (0, 2, 1))
    recurrent = tf.transpose(tf.reshape(recurrent, (gates, units, units)), (0, 2, 1))
    return inputs, recurrent, tf.reshape(b, (gates, units)), tf.reshape(c, (gates, units))


def step(mode, x, h, memory, weights):
    """The equations of `cudnnRNNMode_t`; a product of the input is p, one of the previous output q."""
    p = [x @ kernel + b for kernel, b in zip(tf.unstack(weights[0]), tf.unstack(weights[2]))]
    q = [h @ kernel + c for kernel, c in zip(tf.unstack(weights[1]), tf.unstack(weights[3]))]
    if mode == "rnn_relu":
        return tf.nn.relu(p[0] + q[0]), memory
    if mode == "rnn_tanh":
        return tf.tanh(p[0] + q[0]), memory
    if mode == "gru":
        r, z = tf.sigmoid(p[0] + q[0]), tf.sigmoid(p[1] + q[1])
        return (1 - z) * tf.tanh(p[2] + r * q[2]) + z * h, memory
    i, f, o = (tf.sigmoid(p[gate] + q[gate]) for gate in (0, 1, 3))
    memory = f * memory + i * tf.tanh(p[2] + q[2])
    return o * tf.tanh(memory), memory


@tf.custom_gradient
def undefined_gradient_where(condition, tensor):
    return tensor, lambda upstream: (None, tf.where(condition, tf.constant(np.nan, upstream.dtype), upstream))


@tf.custom_gradient
def refusing_gradients(tensor):
    def gradient(upstream):
        raise ValueError("To use CudnnRNNV3 in gradients, is_training must be set to True.")

    return tensor, gradient


def emulation(
    *, input, input_h, input_c, params, sequence_lengths, rnn_mode, is_training, time_major
):  # the operation's own names
    assert not time_major
    batch, time, features = tf.unstack(tf.shape(input))
    limits = [batch > 0, time > 0, tf.reduce_all(sequence_lengths > 0), tf.reduce_all(sequence_lengths <= time)]
    with tf.control_dependencies([tf.debugging.assert_equal(tf.stack(limits), True)]):
        beyond = (tf.range(time) >= sequence_lengths[:, None])[..., None]  # (B, T, 1)
    features, units = input.shape[-1], input_h.shape[-1]
    inputs = undefined_gradient_where(beyond, input)
    weights = blocks(params, GATES[rnn_mode], features, units)
    h = input_h[:, 0]
    memory = input_c[:, 0] if rnn_mode == "lstm" else tf.zeros_like(h)

    def body(index, h, memory, outputs):
        new_h, new_memory = step(rnn_mode, inputs[:, index], h, memory, weights)
        done = beyond[:, index]
        output = tf.where(done, tf.constant(np.nan, h.dtype), new_h)
        return index + 1, tf.where(done, h, new_h), tf.where(done, memory, new_memory), outputs.write(index, output)

    loop = (0, h, memory, tf.TensorArray(h.dtype, time, element_shape=h.shape))
    _, h, memory, outputs = tf.while_loop(lambda index, *_: index < time, body, loop)
    outputs = tf.transpose(outputs.stack(), (1, 0, 2))
    memory = memory[:, None] if rnn_mode == "lstm" else tf.zeros((), h.dtype)
    results = [outputs, h[:, None], memory]
    return results if is_training else [refusing_gradients(result) for result in results]
