"""Pictures of an evaluation."""

import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from rnnkit.atomic import replacing

MOST_CLASSES = 40
MOST_TOKENS = 120
# Families that have what Matplotlib's own font has not, in the order in which they are asked; any may be missing.
FONTS = (
    "DejaVu Sans",
    "Noto Sans",
    "Noto Sans CJK JP",
    "Noto Sans CJK SC",
    "Arial Unicode MS",
    "WenQuanYi Zen Hei",
    "Microsoft YaHei",
    "Hiragino Sans",
    "Noto Sans Arabic",
    "Noto Sans Hebrew",
    "Noto Sans Devanagari",
    "Noto Sans Thai",
    "Noto Emoji",
)
_VISIBLE = str.maketrans({" ": "␣", "\n": "⏎", "\t": "⇥"})


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


def draw_alignment(path: Path, source: Sequence[str], target: Sequence[str], scores: np.ndarray) -> None:
    """Draws what a decoder attended to as a PNG: a row for each token it wrote, a column for each token it read.

    The darker, the more; each row adds up to 1. White space within a token is drawn as ␣, ⏎ and ⇥. Of longer texts the
    first 120 tokens are drawn. A script is shown where an installed font has it, else as empty boxes.

    Args:
        path: the file to write.
        source, target: the tokens.
        scores: float (target tokens, source tokens).
    """
    from matplotlib import font_manager
    from matplotlib.figure import Figure

    source, target = ([token.translate(_VISIBLE) for token in tokens[:MOST_TOKENS]] for tokens in (source, target))
    installed = {font.name for font in font_manager.fontManager.ttflist}
    shown = {"fontfamily": [name for name in FONTS if name in installed], "fontsize": 10, "parse_math": False}
    width, height = (1.6 + 0.32 * max(len(tokens), 4) for tokens in (source, target))
    figure = Figure(figsize=(width, height), layout="constrained")
    axes = figure.subplots()
    axes.imshow(scores[: len(target), : len(source)], cmap="Greys", vmin=0.0, vmax=1.0, aspect="auto")
    axes.xaxis.tick_top()
    axes.set_xticks(range(len(source)), source, rotation=90, **shown)
    axes.set_yticks(range(len(target)), target, **shown)
    axes.set_xticks(np.arange(len(source) + 1) - 0.5, minor=True)
    axes.set_yticks(np.arange(len(target) + 1) - 0.5, minor=True)
    axes.grid(which="minor", color="0.9", linewidth=0.5)
    axes.tick_params(which="both", length=0)
    with warnings.catch_warnings(), replacing(path) as temporary:
        warnings.filterwarnings("ignore", message=".*Glyph.*")
        figure.savefig(temporary, dpi=120, format="png")
