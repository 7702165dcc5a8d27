"""The fused engine: projects all steps at once, runs the recurrence, and shows its outputs as Keras does.

Shapes in this file: T time, B batch, F features, U units, G = gates * units.
"""

import functools
from dataclasses import dataclass

import tensorflow as tf

from rnnkit.cells.zoneout import draw_kept
from rnnkit.engines.compiled import compiled, compiling
from rnnkit.engines.explicit import reading, variables_of
from rnnkit.engines.layout import (
    dropped_inputs,
    is_zero,
    known_shape,
    project,
    time_major,
    time_major_booleans,
    visible,
)
from rnnkit.engines.operands import Flags
from rnnkit.engines.recompute import run_in_segments
from rnnkit.engines.scan import Scan
from rnnkit.engines.shards import run_in_shards, shard_count


@dataclass(frozen=True)
class Options:
    """What does not differ between the rows of a batch; as in `fused_scan`."""

    training: bool
    go_backwards: bool
    return_sequences: bool
    zero_output_for_mask: bool


def fused_scan(
    cell,
    sequences,
    initial_states,
    *,
    mask,
    training,
    go_backwards,
    return_sequences,
    zero_output_for_mask,
    compile_loops=False,
    compile_steps=False,
    recompute=False,
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
        compile_loops: Boolean, whether XLA compiles the loops over time. Default `False`.
        compile_steps: Boolean, whether it compiles all of a turn of the loops but the matmul, where the layer is large
            enough for that to pay: for half precision on a CPU. Default `False`.
        recompute: Boolean, whether training stores the states of every sqrt(T)-th step only. Default `False`.

    Returns:
        `(last_output, outputs, states)`: tensors (B, U) and (B, T, U), the latter (B, 1, U) with the last output alone
        unless `return_sequences`, and the list of final states (B, width).
    """
    options = Options(bool(training), go_backwards, return_sequences, zero_output_for_mask)
    inputs = dropped_inputs(cell, sequences, training)
    hidden_mask = cell.get_recurrent_dropout_mask(initial_states[0]) if training and cell.recurrent_dropout else None
    states = [tf.convert_to_tensor(state) for state in initial_states]
    mask = None if mask is None else tf.convert_to_tensor(mask)
    tensors = (inputs, states, mask, hidden_mask, _kept(cell, inputs, states, training))
    whole = compile_loops and not options.training
    scans = {
        stores: Scan(
            cell,
            keep_sequence=return_sequences,
            training=stores,
            compile_loops=compile_loops and not whole,
            compile_steps=compile_steps,
        )
        for stores in ({True, False} if options.training and recompute else {options.training})
    }
    count = shard_count(inputs.shape[0], cell.gates * cell.units, _narrowest(cell, scans) if compile_loops else None)
    run = functools.partial(_scan, cell, options, scans)
    return run_in_shards(_compiled(cell, run) if whole else run, count, tensors)


def _narrowest(cell, scans):
    """The columns of the narrowest product worth sharing: backward there are U, and a step that does more than to add
    its products has as much to share besides."""
    forward_only = all(scan.step.adds and not scan.training for scan in scans.values())
    return cell.gates * cell.units if forward_only else cell.units


def _compiled(cell, run):
    """`run` as a single function of XLA, which costs less to start than one for each of its parts."""

    def whole(parts):
        variables = variables_of(cell, parts[0].shape[-1])
        tensors = [tensor for tensor in tf.nest.flatten(parts) if tensor is not None]
        structure = []

        def function(*flat):
            given = iter(flat)

            def given_again(tensor):
                value = None if tensor is None else next(given)
                return tf.zeros_like(value) if value is not None and compiling() and is_zero(tensor) else value

            again = tf.nest.map_structure(given_again, parts)
            with reading(variables, given):
                structure[:] = [run(again)]
            return tf.nest.flatten(structure[0])

        results = compiled(function)(*tensors, *(tf.convert_to_tensor(variable.value) for variable in variables))
        return tf.nest.pack_sequence_as(structure[0], results)

    return whole


def _scan(cell, options, scans, tensors):
    inputs, initial_states, mask, hidden_mask, kept = tensors
    inputs = time_major(inputs, go_backwards=options.go_backwards)  # (T, B, F)
    mask = time_major_booleans(mask, go_backwards=options.go_backwards)  # (T, B, 1)
    kept = kept and tuple(time_major_booleans(stays, go_backwards=options.go_backwards) for stays in kept)

    def run(inputs, states, mask, kept, stores):
        return scans[stores](project(cell, inputs), states, Flags(mask, kept, hidden_mask))

    if len(scans) > 1:
        outputs, states = run_in_segments(cell, run, inputs, initial_states, mask, kept, options.return_sequences)
    else:
        outputs, states = run(inputs, initial_states, mask, kept, options.training)
    last_output = visible(states[0], mask, options.zero_output_for_mask, last=True)
    if not options.return_sequences:
        return _in(cell, (last_output, last_output[:, None, :], states))
    outputs = visible(outputs, mask, options.zero_output_for_mask)
    return _in(cell, (last_output, tf.transpose(outputs, (1, 0, 2)), states))  # (B, T, U)


def _kept(cell, inputs, states, training):
    """What zoneout keeps: booleans (B, T, width) or `None`, one for each state, or `None` where none are drawn."""
    if not training or not any(cell.zoneout_rates):
        return None
    batch, length = known_shape(inputs)[:2]
    shapes = [(batch, length, state.shape[-1]) for state in states]
    return draw_kept(cell.zoneout_rates, shapes, cell.seed_generator)


def _in(cell, results):
    return tf.nest.map_structure(lambda tensor: tf.cast(tensor, cell.compute_dtype), results)
