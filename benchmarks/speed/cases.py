"""What is measured, and how much of it a subset takes."""

from dataclasses import dataclass
from itertools import product
from typing import NamedTuple


class Shape(NamedTuple):
    """Sizes of one piece of work."""

    batch: int
    time: int
    features: int
    units: int

    def __str__(self):
        return "×".join(map(str, self))


@dataclass(frozen=True)
class Case:
    """One line of the results.

    Attributes:
        kind: What is compared, a key of `measuring.KINDS`.
        cell: A key of `cells.CELLS`.
        shape: Batch, time, features and units.
        work: `"training"` (last output, mean of squares, gradients for the input and all weights) or `"forward"` (last
            output).
        bidirectional: Whether both directions run, each `units` wide.
        masked: Whether the input is padded on the right.
    """

    kind: str
    cell: str
    shape: Shape
    work: str = "training"
    bidirectional: bool = False
    masked: bool = False

    @property
    def name(self):
        """What `--only` looks in, and what tells one line of the results from another."""
        words = [self.kind, self.cell, self.work, str(self.shape).replace("×", "x")]
        return " ".join(words + ["bidirectional"] * self.bidirectional + ["masked"] * self.masked)


@dataclass(frozen=True)
class Subset:
    """How much is measured, and for how long.

    Attributes:
        effort: A measurement of at least this effort need not be repeated.
        seconds: For the turns of one case, not counting compilation; seven turns are taken in any case.
        unrolled_time: Steps up to which Keras's unrolled layers are tried.
        total: Seconds after which no case is begun that could last beyond them; `None` for no limit.
    """

    effort: int
    seconds: float
    unrolled_time: int
    total: float | None


SUBSETS = {
    "quick": Subset(effort=0, seconds=3, unrolled_time=0, total=165),
    "standard": Subset(effort=1, seconds=6, unrolled_time=50, total=870),
    "full": Subset(effort=2, seconds=8, unrolled_time=100, total=None),
}

SHAPES = (
    Shape(1, 100, 32, 64),
    Shape(8, 200, 16, 32),
    Shape(32, 50, 64, 128),
    Shape(64, 100, 128, 256),
    Shape(16, 200, 256, 512),
    Shape(16, 1000, 128, 256),
    Shape(128, 35, 650, 650),
)
KERAS_CELLS = ("SimpleRNN", "GRU", "LSTM")
CELLS = ("SimpleRNN", "LeakyRNN", "GRU", "LSTM", "own cell")
LONG = Shape(16, 4000, 128, 256)
SPECIAL = (
    *(Case("own", "LSTM", shape) for shape in SHAPES[:5]),
    *(Case("block", "LSTM", shape, "forward") for shape in SHAPES[:5]),
    *(Case("streaming", "LSTM", shape, "forward") for shape in (Shape(1, 1, 64, 128), Shape(1, 1, 128, 256))),
    Case("bfloat16", "LSTM", SHAPES[6]),
    Case("minGRU", "LSTM", LONG),
    Case("memory", "LSTM", LONG),
)
GPU_ONLY = (
    *(
        Case("layer", cell, shape, work, masked=True)
        for work, cell, shape in product(("training", "forward"), ("GRU", "LSTM"), SHAPES)
    ),
    *(Case("layer", cell, shape) for cell, shape in product(("peephole LSTM", "normalised LSTM"), SHAPES)),
)


def cases_of(subset, gpu=False):
    """The cases of a subset by its name, in the order in which they are measured.

    Args:
        subset: `"quick"`, `"standard"` or `"full"`.
        gpu: Boolean, whether TensorFlow sees a GPU; `"full"` then has more.
    """
    if subset == "quick":
        return [_layer(*each) for each in product(("training",), KERAS_CELLS, SHAPES[:3])]
    if subset == "standard":
        return [
            *(_layer(*each) for each in product(("training",), CELLS, SHAPES[:5])),
            *(_layer(*each) for each in product(("forward",), KERAS_CELLS, SHAPES[1:4])),
            *(_layer("training", "LSTM", shape, bidirectional=True) for shape in SHAPES[1:3]),
            *(case for case in SPECIAL if case.kind in ("own", "block", "streaming") and case.shape in SHAPES[1:3]),
            *(case for case in SPECIAL if case.kind == "streaming"),
        ]
    layers = list(product(("training", "forward"), CELLS, SHAPES))
    both_directions = [_layer(*each, bidirectional=True) for each in layers]
    return [*(_layer(*each) for each in layers), *SPECIAL, *(GPU_ONLY if gpu else ()), *both_directions]


def _layer(work, cell, shape, bidirectional=False):
    return Case("layer", cell, shape, work, bidirectional)
