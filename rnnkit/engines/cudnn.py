"""The cuDNN engine: NVIDIA's kernels, for the cells that they know, on a GPU, with masks of any pattern.

cuDNN wants the valid steps of every row first, at least one of them, and says nothing of what stands after them. The
states stay as they are at masked steps, so the valid steps alone decide: they are moved to the front, in their order,
and every step then shows the output of the last valid one up to it.

Shapes in this file: T time, B batch, F features, U units. Everything is batch-major: for time-major batches
TensorFlow's kernel (`cudnn_rnn_ops.cc`) keeps one descriptor for every T, made for padding only if its first batch had
any.
"""

from functools import partial

import keras
import tensorflow as tf

from rnnkit.cells.gru import GRUCell
from rnnkit.cells.lstm import LSTMCell
from rnnkit.cells.simple import SimpleRNNCell
from rnnkit.engines.compiled import with_gradient_of
from rnnkit.engines.cudnn_parameters import packed_parameters
from rnnkit.engines.layout import dropped_inputs, known_shape

CELLS = (SimpleRNNCell, GRUCell, LSTMCell)
TANH = (keras.activations.tanh, keras.ops.tanh, tf.tanh)
RELU = (keras.activations.relu, keras.ops.relu, tf.nn.relu)
SIGMOID = (keras.activations.sigmoid, keras.ops.sigmoid, tf.sigmoid)

operation = tf.raw_ops.CudnnRNNV3


def why_not_cudnn(cell, *, training):
    """Why the cuDNN engine cannot run `cell`, which the fused engine can, as a sentence, or `None` where it can.

    Args:
        cell: The layer's cell.
        training: Boolean, whether dropout applies.
    """
    return _why_not_cell(cell) or _why_not_options(cell, training) or why_not_here()


def _why_not_cell(cell):
    if type(cell) not in CELLS:
        known = ", ".join(known.__name__ for known in CELLS)
        return f"its cell, {type(cell).__name__}, is none of those that cuDNN knows: {known}"
    simple = type(cell) is SimpleRNNCell
    if cell.activation not in (TANH + RELU if simple else TANH):
        allowed = "'tanh' or 'relu'" if simple else "'tanh'"
        return f"cuDNN's activation is {allowed}, its cell's is {_name(cell.activation)}"
    if not simple and cell.recurrent_activation not in SIGMOID:
        return f"cuDNN's recurrent_activation is 'sigmoid', its cell's is {_name(cell.recurrent_activation)}"
    return None


def _why_not_options(cell, training):
    if cell.layer_normalization:
        return "cuDNN has no layer_normalization"
    if type(cell) is LSTMCell and cell.peepholes:
        return "cuDNN has no peepholes"
    if type(cell) is GRUCell and not cell.reset_after:
        return "cuDNN's GRU is the one with reset_after=True"
    if any(cell.zoneout_rates):
        return "cuDNN has no zoneout"
    if training and cell.recurrent_dropout:
        return f"cuDNN has no dropout of the previous output, training has recurrent_dropout={cell.recurrent_dropout}"
    return None


def why_not_here():
    """Why cuDNN cannot run in this process, as a sentence, or `None` where it can."""
    if not tf.sysconfig.get_build_info()["is_cuda_build"]:
        return "this TensorFlow is built without CUDA"
    if not tf.config.get_visible_devices("GPU"):
        return "TensorFlow sees no GPU"
    return None


def _name(activation):
    return repr(getattr(activation, "__name__", activation))


def cudnn_scan(
    cell, sequences, initial_states, *, mask, training, go_backwards, return_sequences, zero_output_for_mask
):
    """Runs a cell over time on cuDNN, with the results of `rnnkit.engines.fused_scan`.

    In training, what the backward pass needs is stored; in inference it is not, and a gradient that is asked for all
    the same runs the forward pass again. There are no second derivatives: for those take `engine="fused"`. bfloat16,
    which these kernels do not know, is computed in float32.

    Args:
        cell: Built cell for which `why_not_cudnn` is `None`.
        sequences, initial_states, mask, training, go_backwards, return_sequences, zero_output_for_mask: As in
            `rnnkit.engines.fused_scan`.

    Returns:
        `(last_output, outputs, states)` as `rnnkit.engines.fused_scan`.

    Source: Chetlur et al., 2014, "cuDNN: Efficient primitives for deep learning", arXiv 1410.0759; Appleyard, Kocisky
    and Blunsom, 2016, "Optimizing performance of recurrent neural networks on GPUs", arXiv 1604.01946.
    """
    inputs = dropped_inputs(cell, sequences, training)
    inputs = tf.reverse(inputs, [1]) if go_backwards else inputs
    valid = _valid_steps(mask, go_backwards)
    states = [tf.cast(state, cell.compute_dtype) for state in initial_states]
    if valid is None:
        batch, time, _ = known_shape(inputs)
        outputs, states = _run(cell, inputs, tf.fill([batch], time), states, training)
        return _results(states[0], outputs, states, return_sequences)
    so_far = tf.cumsum(tf.cast(valid, tf.int32), axis=1)  # (B, T), valid steps up to and with this one
    lengths = tf.reduce_sum(tf.cast(valid, tf.int32), axis=1)
    outputs, states = _run(cell, _valid_first(inputs, valid), lengths, states, training)
    shown = valid if zero_output_for_mask else so_far > 0
    last_output = _only(tf.reduce_any(shown[:, -1:], axis=1), states[0])
    if return_sequences:
        outputs = _only(shown, tf.gather(outputs, tf.maximum(so_far - 1, 0), axis=1, batch_dims=1))
    return _results(last_output, outputs, states, return_sequences)


def _results(last_output, outputs, states, return_sequences):
    return last_output, outputs if return_sequences else last_output[:, None, :], states


def _valid_steps(mask, go_backwards):
    """A mask (B, T) or (B, T, 1) of any dtype as booleans (B, T) in the order of running; `None` stays."""
    if mask is None:
        return None
    mask = tf.cast(mask, tf.bool)
    mask = mask if mask.shape.rank == 2 else tf.squeeze(mask, -1)
    return tf.reverse(mask, [1]) if go_backwards else mask


def _valid_first(inputs, valid):
    """The valid steps of every row in their order, then as many zeros as there are others: (B, T, F)."""
    time = tf.shape(valid)[1]
    steps = tf.range(time)
    order = tf.argsort(tf.where(valid, steps, time + steps), axis=1)
    # Zeros also stop the gradient there, which cuDNN leaves undefined.
    return tf.gather(_only(valid, inputs), order, axis=1, batch_dims=1)


def _only(condition, tensor):
    """`tensor`, (..., width), where `condition`, (...), is true, else zero."""
    return tf.where(condition[..., None], tensor, tf.zeros((), tensor.dtype))


def _run(cell, inputs, lengths, states, training):
    """Runs the first `lengths`, (B,), steps of every row, which may be none.

    Returns:
        Outputs (B, T, U), undefined after those steps, and the list of states (B, U) after them.
    """
    dtype = "float32" if cell.compute_dtype == "bfloat16" else cell.compute_dtype
    batch, time, _ = known_shape(inputs)
    arguments = [
        _with_one_at_least(tf.cast(inputs, dtype), (0, 1)),
        packed_parameters(cell, dtype),
        *(_with_one_at_least(tf.cast(state, dtype), (0,)) for state in states),
    ]
    lengths_run = tf.maximum(_with_one_at_least(lengths, (0,)), 1)
    call = partial(_call, _mode(cell), lengths_run)
    train = partial(call, True)
    run = train if training else with_gradient_of(train, partial(call, False))
    outputs, *finals = [tf.cast(result, cell.compute_dtype) for result in run(*arguments)]
    outputs = tf.ensure_shape(outputs[:batch, :time], (*inputs.shape[:2], cell.units))
    ran = (lengths > 0)[:, None]
    return outputs, [tf.where(ran, final[:batch], state) for final, state in zip(finals, states)]


def _mode(cell):
    if type(cell) is SimpleRNNCell:
        return "rnn_tanh" if cell.activation in TANH else "rnn_relu"
    return "gru" if type(cell) is GRUCell else "lstm"


def _with_one_at_least(tensor, axes):
    """`tensor`, with a zero along each of `axes` that is empty, since cuDNN takes no empty tensor."""
    if all(tensor.shape[axis] for axis in axes):
        return tensor
    sizes = tf.unstack(tf.shape(tensor))
    return tf.pad(tensor, [[0, tf.maximum(1 - size, 0) if axis in axes else 0] for axis, size in enumerate(sizes)])


def _call(mode, lengths, is_training, inputs, parameters, *states):
    """The operation: inputs (B, T, F), buffer and states (B, U) to the tuple of outputs (B, T, U) and final states."""
    states = [state[:, None] for state in states]  # (B, 1, U), of one layer
    outputs, *finals = operation(
        input=inputs,
        input_h=states[0],
        input_c=states[1] if len(states) == 2 else tf.zeros((), inputs.dtype),
        params=parameters,
        sequence_lengths=lengths,
        rnn_mode=mode,
        is_training=is_training,
        time_major=False,
    )
    return (outputs, *(final[:, 0] for final in finals[: len(states)]))
