"""Pictures of an evaluation."""

import re
import textwrap
import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from rnnkit.atomic import replacing

MOST_CLASSES = 40
MOST_TOKENS = 120
MOST_PANELS, PANELS = 40, 10  # small pictures at most, and in a row
GLOW = (1.0, 0.8, 0.3)
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
    from matplotlib.figure import Figure

    source, target = ([token.translate(_VISIBLE) for token in tokens[:MOST_TOKENS]] for tokens in (source, target))
    shown = {**_of_any_script(), "fontsize": 10}
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
    _save(figure, path)


def draw_caption(
    path: Path, picture: np.ndarray, caption: str, tokens: Sequence[str] = (), scores: np.ndarray | None = None
) -> None:
    """Draws a picture with its caption as a PNG and, with attention, a small picture for each token.

    What a token was made of is coloured and glows in its small picture, the rest is grey: each score over the token's
    highest, spread smoothly around its place. Of longer captions the first 40 tokens are drawn.

    Args:
        path: the file to write.
        picture: (height, width, 3) float, from 0 to 1, as the model saw it.
        caption: text.
        tokens: of the caption; none without attention.
        scores: (tokens, rows, columns) float, or None.
    """
    from matplotlib.figure import Figure

    tokens = [token.translate(_VISIBLE) for token in tokens[:MOST_PANELS]]
    text, rows = _of_any_script(), -(-len(tokens) // PANELS)
    lines = textwrap.wrap(caption, 110 if tokens else 30) or [""]
    ratio = picture.shape[0] / picture.shape[1]
    cell = 1.2 * ratio + 0.3  # of a small picture with its token
    whole = 2.6 if rows < 2 else 2 * cell / ratio
    height = max(whole * ratio, rows * cell) + 0.3 * len(lines) + 0.1
    figure = Figure(figsize=(whole + 1.2 * PANELS * bool(tokens), height), layout="constrained")
    figure.suptitle("\n".join(lines), fontsize=12, **text)
    parts = figure.subfigures(1, 2, width_ratios=(whole, 1.2 * PANELS)) if tokens else [figure]
    _shown(parts[0].subplots(), picture)
    panels = parts[1].subplots(rows, PANELS, squeeze=False).ravel() if tokens else []
    for axes, token, seen in zip(panels, tokens, scores if tokens else ()):
        _shown(axes, _lit(picture, _spread(seen / max(seen.max(), 1e-9), picture.shape[:2])[..., None]))
        axes.set_title(token, fontsize=10, pad=2, **text)
    for axes in panels[len(tokens) :]:
        axes.axis("off")
    _save(figure, path)


def free_name(directory: Path, text: str) -> Path:
    """A name for a picture of a text that no file in a directory has yet."""
    name = re.sub(r"\W+", "-", text).strip("-")[:40].rstrip("-") or "text"
    number, path = 1, directory / f"{name}.png"
    while path.exists():
        number += 1
        path = directory / f"{name}-{number}.png"
    return path


def _shown(axes, picture):
    axes.imshow(np.clip(picture, 0.0, 1.0), interpolation="nearest")
    axes.axis("off")


def _lit(picture, light):
    """A picture in pale grey; where light (height, width, 1) is, in its colours, glowing."""
    grey = 0.3 + 0.4 * picture.mean(axis=-1, keepdims=True)
    return (1.0 - light) * grey + light * (0.5 * picture + 0.5 * np.array(GLOW))


def _spread(scores, size):
    """(rows, columns) over a picture of `size`: (height, width), between the middles of places in straight lines."""
    for axis, (count, length) in enumerate(zip(scores.shape, size)):
        places = np.clip((np.arange(length) + 0.5) * count / length - 0.5, 0, count - 1)
        low = np.minimum(places.astype(int), max(count - 2, 0))
        share = np.expand_dims(places - low, 1 - axis)
        next_one = np.minimum(low + 1, count - 1)
        scores = np.take(scores, low, axis) * (1 - share) + np.take(scores, next_one, axis) * share
    return scores


def _of_any_script() -> dict:
    """How Matplotlib is to write text that is not ours."""
    from matplotlib import font_manager

    installed = {font.name for font in font_manager.fontManager.ttflist}
    return {"fontfamily": [name for name in FONTS if name in installed], "parse_math": False}


def _save(figure, path: Path) -> None:
    with warnings.catch_warnings(), replacing(path) as temporary:
        warnings.filterwarnings("ignore", message=".*Glyph.*")
        figure.savefig(temporary, dpi=120, format="png")
