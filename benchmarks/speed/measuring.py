"""One case measured: which contenders meet, and what is kept of it."""

import tensorflow as tf

from benchmarks.speed import memory, special
from benchmarks.speed.contenders import Workload, check_equal, keras_modes, our_best_mode
from benchmarks.speed.limit import Matmuls
from benchmarks.speed.rows import Skipped, meeting
from benchmarks.speed.timing import quickest
from benchmarks.speed.torch_peer import CELLS as TORCH_CELLS
from benchmarks.speed.torch_peer import TorchPeer


def measure(case, subset, torch_python=None):
    """Measures a case.

    Args:
        case: `Case`.
        subset: `Subset`, its limits.
        torch_python: Path of an interpreter that has torch, or `None`.

    Returns:
        Dictionary for the results: `base`, `unit`, `turns`, `contenders` and `left_out`; or `skipped`, the reason why
        this machine or version cannot do it.
    """
    try:
        return KINDS[case.kind](case, subset, torch_python)
    except Skipped as reason:
        return {"skipped": str(reason)}


def layer(case, subset, torch_python):
    """Ours beside Keras's modes, PyTorch and the matmuls alone."""
    workload = Workload(case)
    try:
        base, expected, other = our_best_mode(workload)
    except (TypeError, ValueError) as error:
        raise Skipped(f"this version's layer says: {error}") from error
    on_gpu = bool(tf.config.list_physical_devices("GPU"))
    modes, left_out = keras_modes(workload, 0 if on_gpu else subset.unrolled_time)
    for mode in modes:
        check_equal(base.name, expected, mode.name, mode.prepare())
    modes, slower = quickest(modes)
    left_out |= other | {name: f"slower, {1000 * seconds:.3g} ms" for name, seconds in slower.items()}
    limit = Matmuls(case)
    limit.prepare()
    contenders = [base, *modes, limit]
    reason = _why_no_torch(case, on_gpu, torch_python)
    if reason is not None:
        return meeting(contenders, subset.seconds, left_out | {"PyTorch": reason})
    with TorchPeer(torch_python, case, workload.inputs.numpy(), workload.weights) as peer:
        check_equal(base.name, expected, peer.name, peer.prepare())
        return meeting([*contenders, peer], subset.seconds, left_out)


def _why_no_torch(case, on_gpu, torch_python):
    if on_gpu:
        return "is compared on CPUs"
    if case.cell not in TORCH_CELLS or case.masked:
        return "has no such layer"
    return "no interpreter with torch was found; see --torch-python" if torch_python is None else None


KINDS = {
    "layer": layer,
    "own": special.own_cell,
    "block": special.block,
    "bfloat16": special.bfloat16,
    "minGRU": special.min_gru,
    "streaming": special.streaming,
    "memory": memory.measure,
}
