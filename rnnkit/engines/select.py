"""Which engine runs a layer."""

from dataclasses import dataclass

import tensorflow as tf

from rnnkit.cells.arguments import choice
from rnnkit.cells.base import FusedCell
from rnnkit.cells.linear import LinearCell
from rnnkit.engines.compiled import why_not_compiled
from rnnkit.engines.cudnn import why_not_cudnn
from rnnkit.engines.graphs import making_portable, meeting_few_shapes

ENGINES = ("auto", "cudnn", "xla", "fused", "linear", "general")
HALF = ("float16", "bfloat16")  # XLA's matmuls on a CPU are slow in these.
LINE = 16  # numbers of a cache line in float32
LARGE = 2**15  # entries of a state, from which on that weighs more than what XLA saves


@dataclass(frozen=True)
class Call:
    """What an engine is chosen by, besides the cell.

    Args:
        unroll: Boolean, the layer's `unroll`.
        compute_dtype: String, the layer's compute dtype.
        shape: Static shape (B, T, F) of the sequences, with `None` for what is not known; `None` before any call.
        training: Boolean, whether the call is one of training.
        recompute: Boolean, the layer's `recompute`.
        allow_cudnn: Boolean, whether `"auto"` may take cuDNN.
    """

    unroll: bool
    compute_dtype: str
    shape: tuple | None = None
    training: bool = False
    recompute: bool = False
    allow_cudnn: bool = True


def why_not(engine, cell, call):
    """Why an engine cannot run a layer, as a sentence, or `None` where it can.

    Args:
        engine: String of `ENGINES`, not `"auto"`.
        cell: The layer's cell.
        call: `Call`.
    """
    if call.recompute and engine not in ("xla", "fused"):
        return "recompute=True is an option of the fused engine"
    if engine == "general":
        return None
    base = LinearCell if engine == "linear" else FusedCell
    if not isinstance(cell, base):
        return f"its cell, {type(cell).__name__}, is no rnnkit.cells.{base.__name__}"
    reason = cell.not_fused_because if base is FusedCell else None
    reason = reason or _why_not_whole_sequences(cell, call)
    if reason is not None or engine in ("fused", "linear"):
        return reason
    return why_not_cudnn(cell, training=call.training) if engine == "cudnn" else why_not_compiled()


def _why_not_whole_sequences(cell, call):
    if call.unroll:
        return "unroll=True asks for steps laid out one by one, which is the general engine's way"
    if cell.compute_dtype != call.compute_dtype:
        return (
            f"its cell computes in {cell.compute_dtype} and the layer in {call.compute_dtype}; "
            "give both the same `dtype`"
        )
    return None


def choose_engine(owner, engine, cell, call):
    """Returns the name of the engine that runs a layer, one of `ENGINES`, never `"auto"`.

    Args:
        owner: String, the layer's name, for the messages.
        engine: String of `ENGINES`. `"auto"` takes the fastest that can.
        cell, call: As in `why_not`.

    Raises:
        ValueError: `engine` is unknown, or cannot run this layer; the message gives the reason.
    """
    choice(owner, "engine", engine, ENGINES)
    if engine == "auto":
        engine = next((name for name in ENGINES[1:] if not why_not(name, cell, call) and _pays(name, cell, call)), None)
    if engine is None:
        reason = why_not("fused", cell, call)
        raise ValueError(f"{owner}: recompute=True is an option of the fused engine, which cannot run it: {reason}.")
    reason = why_not(engine, cell, call)
    if reason is not None:
        raise ValueError(f"{owner}: engine={engine!r} cannot run this layer: {reason}. Use engine='auto' or 'general'.")
    return "fused" if engine == "xla" and tf.executing_eagerly() else engine


def _pays(engine, cell, call):
    """Whether `"auto"` may take an engine."""
    if engine == "cudnn":
        return call.allow_cudnn and not making_portable()
    return engine != "xla" or (compilation_pays(call) and not _unaligned(cell, call))


def _unaligned(cell, call):
    """Whether inference is one of large products whose rows begin anywhere, where XLA's matmuls are the slower ones."""
    batch = call.shape[0]
    large = batch is not None and batch * cell.units >= LARGE
    return large and cell.units % LINE != 0 and not call.training and not tf.config.list_logical_devices("GPU")


def compilation_pays(call):
    """Whether XLA is worth its compilation.

    XLA compiles anew for every length and every batch size, and what it compiled cannot be exported. So it is taken
    where the graph is known to meet few shapes: the length is known when it is made, and the batch size too unless it
    is one of training; or it is made within `few_shapes`.
    """
    return call.compute_dtype not in HALF and _meets_few_shapes(call)


def compiled_steps_pay(call):
    """Whether XLA is worth its compilation for the steps alone, their matmuls being slow in it: see `HALF`."""
    on_cpu = not tf.config.list_logical_devices("GPU")
    return call.compute_dtype in HALF and on_cpu and _meets_few_shapes(call)


def _meets_few_shapes(call):
    """Whether XLA can compile the graph that is being made, and will meet few shapes in it."""
    if tf.executing_eagerly() or making_portable() or call.shape is None:
        return False
    batch, time = call.shape[:2]
    few = time is not None and (batch is not None or call.training)
    return (few or (call.training and meeting_few_shapes())) and why_not_compiled() is None
