"""What is measured, and how much of it a subset takes."""

from dataclasses import dataclass
from itertools import product
from typing import NamedTuple

WIDTH = 5  # of the beam
END = 2  # the token that ends a text, where any does


class Shape(NamedTuple):
    """Sizes of one piece of work."""

    batch: int
    vocabulary: int
    layers: int
    units: int
    tokens: int

    def __str__(self):
        return "x".join(map(str, self))


@dataclass(frozen=True)
class Case:
    """One line of the results.

    Attributes:
        method: `"greedy"`, `"beam"`, `"sample"` or `"stream"` (greedy, each token handed to Python).
        shape: Texts, vocabulary, layers and units of the LSTM, tokens of a text.
        attention: Whether the step attends to a memory, as a translator's does.
        ends: Whether the texts end, each at a time of its own. Otherwise all have the same length.
    """

    method: str
    shape: Shape
    attention: bool = False
    ends: bool = False

    @property
    def name(self):
        """What `--only` looks in, and what tells one line of the results from another."""
        words = [self.method, str(self.shape)]
        return " ".join(words + ["attention"] * self.attention + ["ends"] * self.ends)


class Subset(NamedTuple):
    """How much is measured, and for how long; see `benchmarks.speed.cases.Subset`."""

    effort: int
    seconds: float
    total: float | None


SUBSETS = {"quick": Subset(0, 3, 280), "full": Subset(1, 8, None)}
TOKENS = 50
SMALL, LARGE = (1, 256), (2, 512)  # layers and units


def cases_of(subset):
    """The cases of a subset by its name, in the order in which they are measured."""
    methods, networks = ("greedy", "beam", "sample"), (SMALL,) if subset == "quick" else (SMALL, LARGE)
    vocabularies, batches = ((1000,), (1, 16)) if subset == "quick" else ((1000, 10000), (1, 16, 64))
    middle = Shape(16, 1000, *SMALL, TOKENS)
    every = product(methods, networks, vocabularies, batches)
    return [
        *(Case(method, Shape(batch, size, *network, TOKENS)) for method, network, size, batch in every),
        *(Case(method, middle, attention=True) for method in methods[:2]),
        *(Case(method, middle, ends=True) for method in methods[:2]),
        *(Case("stream", Shape(1, size, *network, TOKENS)) for network, size in product(networks, vocabularies)),
    ]
