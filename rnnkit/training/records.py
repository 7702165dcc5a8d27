"""What a run writes down while it goes on: TensorBoard logs, a table of epochs, a plot of the curves."""

import csv
import io
from pathlib import Path

import tensorflow as tf

from rnnkit.atomic import replacing, write_text

HISTORY, CURVES, LOGS = "history.csv", "curves.png", "logs"


class Records:
    """Writers of one run directory.

    Args:
        directory: the run's directory.
    """

    def __init__(self, directory: Path):
        self.directory = directory
        self._writer = tf.summary.create_file_writer(str(directory / LOGS))

    def step(self, step: int, scalars: dict[str, float]) -> None:
        """Logs scalars of one update."""
        with self._writer.as_default(step=step):
            for name, value in scalars.items():
                tf.summary.scalar(name, value)

    def epoch(self, step: int, history: list[dict]) -> None:
        """Logs the newest row of `history` and rewrites the table."""
        self.step(
            step, {f"epoch/{name}": value for name, value in history[-1].items() if name not in ("epoch", "step")}
        )
        self._writer.flush()
        names = list(dict.fromkeys(name for row in history for name in row))
        text = io.StringIO()
        writer = csv.DictWriter(text, names, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(history)
        write_text(self.directory / HISTORY, text.getvalue())

    def close(self) -> None:
        """Flushes the logs."""
        self._writer.close()


def draw_curves(path: Path, history: list[dict]) -> None:
    """Draws loss and metrics over epochs as a PNG; training and validation of a metric share a panel."""
    from matplotlib.figure import Figure

    names = [name.removeprefix("validation_") for name in history[-1] if name.startswith("validation_")] or ["loss"]
    figure = Figure(figsize=(4.5 * len(names), 3.5), layout="constrained")
    epochs = [row["epoch"] for row in history]
    for axes, name in zip(figure.subplots(1, len(names), squeeze=False)[0], names):
        for column, label in ((name, "train"), (f"validation_{name}", "validation")):
            points = [(epoch, row[column]) for epoch, row in zip(epochs, history) if column in row]
            if points:
                axes.plot(*zip(*points), marker="o", markersize=3, label=label)
        axes.set(xlabel="epoch", title=name.replace("_", " "))
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.legend(frameon=False)
        axes.grid(alpha=0.3)
    with replacing(path) as temporary:
        figure.savefig(temporary, dpi=120, format="png")
