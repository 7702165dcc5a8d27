"""Pictures of an evaluation."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from rnnkit.atomic import replacing

MOST_CLASSES = 40


def draw_confusion(path: Path, targets: np.ndarray, chosen: np.ndarray, names: Sequence[str]) -> None:
    """Draws a confusion matrix as a PNG: rows are gold labels, columns predictions, shade is the share of the row.

    Args:
        path: the file to write.
        targets, chosen: int (examples,), ids into `names`.
        names: label names; of more than 40, the most frequent ones are drawn.
    """
    from matplotlib.figure import Figure
    from sklearn.metrics import confusion_matrix

    counts = confusion_matrix(targets, chosen, labels=range(len(names)))
    shown = np.sort(np.argsort(-counts.sum(1), kind="stable")[:MOST_CLASSES])
    counts, names = counts[np.ix_(shown, shown)], [names[i] for i in shown]
    share = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    size = 2.5 + 0.45 * len(names)
    figure = Figure(figsize=(size, size), layout="constrained")
    axes = figure.subplots()
    axes.imshow(share, cmap="Blues", vmin=0.0, vmax=1.0)
    for row, column in np.ndindex(counts.shape):
        if counts[row, column]:
            colour = "white" if share[row, column] > 0.55 else "black"
            axes.text(column, row, counts[row, column], ha="center", va="center", color=colour, fontsize=7)
    axes.set_xticks(range(len(names)), names, rotation=90, parse_math=False)
    axes.set_yticks(range(len(names)), names, parse_math=False)
    axes.set(xlabel="predicted", ylabel="gold")
    with replacing(path) as temporary:
        figure.savefig(temporary, dpi=120, format="png")
