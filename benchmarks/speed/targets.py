"""What the project wants to reach, and whether the measurements of one machine do."""

import math
from collections.abc import Callable
from dataclasses import dataclass

MATMUL_UNITS = 256  # units from which the share of the limit counts


@dataclass(frozen=True)
class Target:
    """One line of the verdicts.

    Attributes:
        words: What is wanted.
        device: `"CPU"` or `"GPU"`, where it is.
        figures: Function of the measured rows that returns a list of `(name of the case, figure)`.
        least: Bound that no figure may be below, or `None`.
        most: Bound that no figure may be above, or `None`.
        mean: Bound that the geometric mean of the figures may not be below, or `None`.
    """

    words: str
    device: str
    figures: Callable
    least: float | None = None
    most: float | None = None
    mean: float | None = None

    def verdict(self, rows):
        """`(reached, words)`; reached is `None` where nothing was measured."""
        figures = self.figures(rows)
        if not figures:
            return None, "not measured"
        values = [value for _, value in figures]
        average = geometric_mean(values)
        worst_name, worst = (max if self.most is not None else min)(figures, key=lambda each: each[1])
        reached = (
            (self.least is None or worst >= self.least)
            and (self.most is None or worst <= self.most)
            and (self.mean is None or average >= self.mean)
        )
        if len(figures) == 1:
            return reached, f"{worst:.2f}"
        return reached, f"geometric mean {average:.2f} of {len(figures)}, worst {worst:.2f} ({worst_name})"


def geometric_mean(values):
    """(v_1 v_2 ... v_n)^(1/n)."""
    return math.exp(sum(map(math.log, values)) / len(values))


def ratio(row, name):
    """Median ratio of a contender to the row's base, or `None` where it did not take part."""
    contender = row["contenders"].get(name)
    return None if contender is None else contender["ratio"][1]


def best_keras(row):
    """Name of the fastest of Keras's modes, or `None`."""
    names = [name for name in row["contenders"] if name.startswith("Keras")]
    return min(names, key=lambda name: row["contenders"][name]["value"][1], default=None)


def limit_share(row):
    """The time of the matmuls alone, divided by ours."""
    return ratio(row, "matmuls")


def of_keras(row):
    """The time of Keras's best mode, divided by ours."""
    return ratio(row, best_keras(row))


def _figures(kind, figure, **wanted):
    """A function that collects `figure(row)` from the rows of a kind whose case has the wanted entries."""

    def collect(rows):
        chosen = [row for row in rows if row["case"]["kind"] == kind and "contenders" in row and _matches(row, wanted)]
        return [(_brief(row), figure(row)) for row in chosen if figure(row) is not None]

    return collect


def _matches(row, wanted):
    for key, value in wanted.items():
        had = row["case"]["shape"][3] if key == "units" else row["case"][key]
        if not (value(had) if callable(value) else had == value):
            return False
    return True


def _brief(row):
    """A case in few words: the cell, its sizes, and what is unusual."""
    case = row["case"]
    words = [case["cell"], "×".join(map(str, case["shape"]))]
    return " ".join(words + ["bidirectional"] * case["bidirectional"] + ["masked"] * case["masked"])


def _layers(figure, work, **wanted):
    return _figures("layer", figure, work=work, masked=False, **wanted)


def _of_torch(row):
    return ratio(row, "PyTorch")


def _of(name):
    return lambda row: ratio(row, name)


def _recomputing(row):
    """Our peak with recomputation, divided by the least of Keras's modes."""
    peak = ratio(row, "ours, recomputing")
    return None if peak is None or best_keras(row) is None else peak / of_keras(row)


def _plain(row):
    """Our peak, divided by the least of Keras's modes."""
    return None if best_keras(row) is None else 1 / of_keras(row)


def _slowest_stream(row):
    return max(ratio(row, "in memory"), ratio(row, "exported"))


TARGETS = (
    Target("training, Keras / ours: mean ≥ 1.8, none < 0.95", "CPU", _layers(of_keras, "training"), 0.95, mean=1.8),
    Target("training, PyTorch / ours: mean ≥ 1.2, none < 0.9", "CPU", _layers(_of_torch, "training"), 0.9, mean=1.2),
    Target(
        f"training, matmuls / ours at units ≥ {MATMUL_UNITS}: ≥ 0.7",
        "CPU",
        _layers(limit_share, "training", units=lambda units: units >= MATMUL_UNITS),
        0.7,
    ),
    Target("forward, Keras / ours: mean ≥ 1.5, none < 0.95", "CPU", _layers(of_keras, "forward"), 0.95, mean=1.5),
    Target("a user's own LSTM / the built-in one: ≤ 1.05", "CPU", _figures("own", _of("own cell")), most=1.05),
    Target("peak memory, ours / Keras: ≤ 0.5", "CPU", _figures("memory", _plain), most=0.5),
    Target("peak memory, ours recomputing / Keras: ≤ 0.25", "CPU", _figures("memory", _recomputing), most=0.25),
    Target("float32 / mixed_bfloat16: ≥ 1.4", "CPU", _figures("bfloat16", _of("float32")), 1.4),
    Target("LSTM / minGRU at 4,000 steps: ≥ 5", "CPU", _figures("minGRU", _of("LSTM")), 5.0),
    Target(
        "streaming, one step / its matmuls and the call: ≤ 1.2", "CPU", _figures("streaming", _slowest_stream), most=1.2
    ),
    Target(
        "GRU and LSTM, Keras (cuDNN) / ours, masks included: none < 0.95",
        "GPU",
        _figures("layer", of_keras, cell=lambda cell: cell in ("GRU", "LSTM")),
        0.95,
    ),
    Target(
        "LeakyRNN, peephole and normalised LSTM, keras.layers.RNN / ours: ≥ 3",
        "GPU",
        _figures("layer", of_keras, cell=lambda cell: cell in ("LeakyRNN", "peephole LSTM", "normalised LSTM")),
        3.0,
    ),
)
