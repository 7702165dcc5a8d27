"""The questions beside the table: a user's own cell, special kernels, bfloat16, minGRU and streaming.

Each function measures a case as `measuring.measure` does.
"""

import tempfile

import tensorflow as tf

from benchmarks.speed.cells import OwnLSTMCell
from benchmarks.speed.contenders import Ours, Workload, check_equal, ours
from benchmarks.speed.machine import processor_flags
from benchmarks.speed.rows import Skipped, meeting
from benchmarks.speed.timing import Contender
from rnnkit import layers


def own_cell(case, subset, torch_python):
    """The built-in LSTM, and the same arithmetic in a cell that a user wrote."""
    workload = Workload(case)
    built_in = ours(workload, "built-in")
    layer = layers.RNN(OwnLSTMCell(case.shape.units))
    own = Ours("own cell", workload.step(layer), layer)
    check_equal(built_in.name, built_in.prepare(), own.name, own.prepare())
    return meeting([built_in, own], subset.seconds)


def block(case, subset, torch_python):
    """Our LSTM, and TensorFlow's one operation for a whole sequence, forward."""
    if tf.config.list_physical_devices("GPU"):
        raise Skipped("BlockLSTM is compared on CPUs")
    workload = Workload(case)
    base = ours(workload)
    expected = base.prepare()
    kernel, recurrent_kernel, bias = (tf.constant(weight) for weight in workload.weights)
    weights = tf.concat([kernel, recurrent_kernel], axis=0)
    zeros, no_peephole = tf.zeros((case.shape.batch, case.shape.units)), tf.zeros((case.shape.units,))

    @tf.function
    def step():
        results = tf.raw_ops.BlockLSTMV2(
            seq_len_max=tf.constant(case.shape.time, tf.int64),
            x=tf.transpose(workload.inputs, (1, 0, 2)),
            cs_prev=zeros,
            h_prev=zeros,
            w=weights,
            wci=no_peephole,
            wcf=no_peephole,
            wco=no_peephole,
            b=bias,
            cell_clip=0,
            use_peephole=False,
        )
        return [results.h[-1]]

    kernel_of_tensorflow = Contender("BlockLSTMV2", step)
    check_equal(base.name, expected, kernel_of_tensorflow.name, kernel_of_tensorflow.prepare())
    return meeting([base, kernel_of_tensorflow], subset.seconds)


def bfloat16(case, subset, torch_python):
    """Our LSTM in mixed precision, and in float32."""
    if "avx512_bf16" not in processor_flags() and not tf.config.list_physical_devices("GPU"):
        raise Skipped("this processor has no AVX512-BF16")
    workload = Workload(case)
    contenders = [ours(workload, dtype, dtype=dtype) for dtype in ("mixed_bfloat16", "float32")]
    for each in contenders:
        each.prepare()
    return meeting(contenders, subset.seconds)


def min_gru(case, subset, torch_python):
    """Our minGRU, and our LSTM."""
    if not hasattr(layers, "MinGRU"):
        raise Skipped("rnnkit.layers of this version has no MinGRU")
    layer = layers.MinGRU(case.shape.units)
    contenders = [Ours("minGRU", Workload(case).step(layer), layer), ours(Workload(case), "LSTM")]
    for each in contenders:
        each.prepare()
    return meeting(contenders, subset.seconds)


def streaming(case, subset, torch_python):
    """One step at a time with the states in and out: the matmuls and the call, our layer, and our layer exported.

    All three are functions of the same arguments, so that TensorFlow's own cost of a call is in each. The first has
    the two matmuls of the step and nothing else.
    """
    workload, units = Workload(case), case.shape.units
    layer = layers.LSTM(units, return_state=True)
    workload.step(layer)
    kernel, recurrent_kernel = (weight.value for weight in layer.weights[:2])
    sequence = tf.TensorSpec((1, 1, case.shape.features))
    state = tf.TensorSpec((1, units))

    @tf.function(input_signature=(sequence, state, state))
    def matmuls(inputs, hidden, memory):
        return tf.matmul(inputs[:, 0], kernel), tf.matmul(hidden, recurrent_kernel), memory

    @tf.function(input_signature=(sequence, state, state))
    def step(inputs, hidden, memory):
        return tuple(layer(inputs, initial_state=[hidden, memory]))

    with tempfile.TemporaryDirectory() as directory:
        module = tf.Module()
        module.layer, module.step = layer, step
        tf.saved_model.save(module, directory)
        exported = tf.saved_model.load(directory)
    functions = {"matmuls and call": matmuls, "in memory": step, "exported": exported.step}
    arguments = (workload.inputs, tf.zeros((1, units)), tf.zeros((1, units)))
    contenders = [Contender(name, _called(function, arguments)) for name, function in functions.items()]
    _, in_memory, loaded = [each.prepare() for each in contenders]
    check_equal("in memory", in_memory, "exported", loaded)
    contenders[1].note = layer.engine_used
    return meeting(contenders, subset.seconds)


def _called(function, arguments):
    return lambda: list(function(*arguments))
