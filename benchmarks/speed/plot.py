"""The ratios of one machine as a picture."""

import io

from benchmarks.speed.report import WORKS
from benchmarks.speed.targets import best_keras
from rnnkit.atomic import replacing

PEERS = {"Keras": ("o", "#c1440e"), "PyTorch": ("s", "#2b6cb0"), "matmuls": ("|", "#555555")}
MARKED = {"training": {"Keras": 1.8, "PyTorch": 1.2}, "forward": {"Keras": 1.5}}  # means that are wanted


def draw(rows, machine, path):
    """Draws the time of every peer divided by ours, median and spread, and writes it as a PNG.

    Args:
        rows: Measurements of one machine.
        machine: String, its name, for the title.
        path: Path of the file.

    Returns:
        Whether there was anything to draw.
    """
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    panels = {work: [row for row in rows if _drawn(row, work)] for work in WORKS}
    panels = {work: chosen for work, chosen in panels.items() if chosen}
    if not panels:
        return False
    most = max(map(len, panels.values()))
    figure, axes = pyplot.subplots(
        1, len(panels), figsize=(7.5 * len(panels), 1.6 + 0.24 * most), squeeze=False, layout="constrained"
    )
    for (work, chosen), axis in zip(panels.items(), axes[0]):
        _panel(axis, work, chosen)
    handles = {label: handle for axis in axes[0] for handle, label in zip(*axis.get_legend_handles_labels())}
    figure.legend(handles.values(), handles.keys(), loc="outside lower center", ncols=len(PEERS), fontsize=8)
    figure.suptitle(machine, fontsize=10)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=110)
    pyplot.close(figure)
    with replacing(path) as temporary:
        temporary.write_bytes(buffer.getvalue())
    return True


def _drawn(row, work):
    return row["case"]["kind"] == "layer" and row["case"]["work"] == work and "contenders" in row


def _panel(axis, work, rows):
    """One panel: a line for every case, a mark and a bar for every peer."""
    for peer, (marker, color) in PEERS.items():
        points = [(height, _ratio(row, peer)) for height, row in enumerate(rows) if _ratio(row, peer)]
        if not points:
            continue
        heights = [height for height, _ in points]
        low, median, high = zip(*(ratio for _, ratio in points))
        axis.hlines(heights, low, high, color=color, linewidth=1.2, alpha=0.7)
        axis.plot(median, heights, marker, color=color, markersize=9 if marker == "|" else 5, label=f"{peer} / ours")
        if peer in MARKED[work]:
            axis.axvline(MARKED[work][peer], color=color, linewidth=0.8, linestyle=":")
    axis.axvline(1.0, color="black", linewidth=0.8)
    axis.set_xscale("log")
    ticks = [tick for tick in (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50) if axis.get_xlim()[0] <= tick <= axis.get_xlim()[1]]
    axis.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axis.minorticks_off()
    axis.set_yticks(range(len(rows)), [_label(row) for row in rows], fontsize=7)
    axis.set_ylim(len(rows) - 0.5, -0.5)
    axis.grid(axis="x", linewidth=0.3)
    axis.set_title(f"{WORKS[work]}: time / ours (dotted: wanted mean)", fontsize=9)


def _ratio(row, peer):
    """`[low, median, high]` of a peer, Keras being its best mode, or `None`."""
    name = best_keras(row) if peer == "Keras" else peer
    return row["contenders"][name]["ratio"] if name in row["contenders"] else None


def _label(row):
    case = row["case"]
    return (
        case["cell"]
        + " ⇄" * case["bidirectional"]
        + " masked" * case["masked"]
        + "  "
        + "×".join(map(str, case["shape"]))
    )
