"""The pieces of a training run, each timed over the same batches."""

import time
from collections.abc import Callable, Iterator

from rnnkit.data.batching import Batches
from rnnkit.training.step import TrainStep
from rnnkit.training.tracing import TracedOnce


class Waited:
    """Batches that note how long was waited for each.

    Args:
        batches: what is read.
        count: how many of an epoch's batches.

    Attributes:
        waits: seconds, of the last epoch that was read.
    """

    def __init__(self, batches: Batches, count: int):
        self.steps_per_epoch = count
        self.waits: list[float] = []
        self._batches = batches

    def __getattr__(self, name):
        return getattr(self._batches, name)

    def epoch(self, number: int, skip: int = 0) -> Iterator:
        """As `Batches.epoch`."""
        self.waits = []
        coming = self._batches.epoch(number, skip)
        for _ in range(self.steps_per_epoch):
            started = time.perf_counter()
            batch = next(coming)
            self.waits.append(time.perf_counter() - started)
            yield batch


class Pieces:
    """Steps of a run, and the parts of them that can be compiled alone.

    Args:
        step: the run's own.
        batches: its training batches.
        loop: trains on `batches` once; returns its seconds, the wait for the first batch among them.

    Attributes:
        first: seconds of the first step, the most of which is tracing.
        warming: seconds of the first turn of everything, where every shape is seen for the first time.
    """

    def __init__(self, step: TrainStep, batches: Waited, loop: Callable[[], float]):
        self._batches, self._loop = batches, loop
        self._held = list(batches.epoch(0))
        xla = step.train.xla or None
        self._pieces = {
            "forward": TracedOnce(step.loss, jit_compile=xla),
            "gradients": TracedOnce(step.gradients, jit_compile=xla),
            "step": lambda *batch: step(*batch).norms,
        }
        self.first = _seconds(lambda: self._pieces["step"](*self._held[0]))
        self.warming = _seconds(self.turn)

    def turn(self) -> dict[str, float]:
        """Milliseconds of a step by what takes them, and of an epoch's start; each piece runs once."""
        seconds = {name: self._over_all(piece) for name, piece in self._pieces.items()}
        seconds["input alone"] = _seconds(lambda: list(self._batches.epoch(0))) - self._batches.waits[0]
        loop = self._loop()
        start, *waits = self._batches.waits
        loop -= start
        found = {
            "waiting for input": sum(waits),
            "forward": seconds["forward"],
            "backward": seconds["gradients"] - seconds["forward"],
            "norms, clipping, optimizer, averages": seconds["step"] - seconds["gradients"],
            "the loop around the step": loop - sum(waits) - seconds["step"],
            "all": loop,
            "input alone": seconds["input alone"],
        }
        count = len(self._held)
        return {name: 1000.0 * value / count for name, value in found.items()} | {"start of an epoch": 1000.0 * start}

    def _over_all(self, piece) -> float:
        def run():
            for batch in self._held:
                result = piece(*batch)
            while isinstance(result, (tuple, list)):
                result = result[-1]
            result.numpy()

        return _seconds(run)


def _seconds(run: Callable) -> float:
    started = time.perf_counter()
    run()
    return time.perf_counter() - started
