"""One case measured: which contenders meet, and what is kept of it."""

import importlib.util

from benchmarks.decoding import streaming
from benchmarks.decoding.contenders import compare, keras_hub, ours
from benchmarks.decoding.network import Network
from benchmarks.speed.rows import meeting
from benchmarks.speed.timing import quickest
from benchmarks.speed.torch_peer import Peer

TORCH = "benchmarks.decoding.peers.torch_decoding"


def measure(case, subset, torch_python=None):
    """Measures a case.

    Args:
        case: `Case`.
        subset: `Subset`, its limits.
        torch_python: Path of an interpreter that has torch, or `None`.

    Returns:
        Dictionary for the results, as from `benchmarks.speed.measuring.measure`; the unit is ms for all texts.
    """
    network = Network(case)
    mine, others, missing = _contenders(network)
    expected = mine[0].prepare()
    for each in [*mine[1:], *others]:
        each.note = compare(case, expected, each.prepare())
    contenders, slower = _chosen(case, mine, others)
    left_out = missing | {name: f"slower, {1000 * seconds:.3g} ms" for name, seconds in slower.items()}
    reason = _why_no_torch(case, torch_python)
    if reason is not None:
        return meeting(contenders, subset.seconds, left_out | {"PyTorch": reason})
    request = {"method": case.method, "shape": case.shape, "ends": case.ends}
    with Peer(torch_python, TORCH, "PyTorch", request, network.arrays) as peer:
        same = compare(case, expected, peer.prepare())
        peer.note = f"{peer.note}, {same}"
        return meeting([*contenders, peer], subset.seconds, left_out)


def _contenders(network):
    """Ours, the others, and the reasons by name for those that are missing."""
    if network.case.method == "stream":
        return [*streaming.streams(network), streaming.exported(network)], streaming.keras_loops(network), {}
    if importlib.util.find_spec("keras_hub") is None:
        return ours(network), [], {"KerasHub": "keras-hub is not installed; see requirements-bench.txt"}
    return ours(network), keras_hub(network), {}


def _chosen(case, mine, others):
    """Those that meet, the faster of our modes first, and the seconds of the others by name; all where they stream."""
    if case.method == "stream":
        return [*mine, *others], {}
    mine, slower = quickest(mine)
    mine.sort(key=lambda each: min(each.seconds(1) for _ in range(5)))
    others, much_slower = quickest(others) if others else ([], {})
    return [*mine, *others], slower | much_slower


def _why_no_torch(case, torch_python):
    if case.method == "beam" and case.ends:
        return "a plain loop does not keep what has ended apart"
    return "no interpreter with torch was found; see --torch-python" if torch_python is None else None
