"""Taking turns: what competes runs alternately in one process, so that a slow moment meets everyone."""

import gc
import math
import random
import statistics
import time

TURN = 0.02  # seconds that a turn lasts at least, so that the clock and the switch between contenders do not count
LEAST, MOST = 7, 41  # turns of each contender


class Contender:
    """One way to do the work, run in this process.

    Args:
        name: String, its column.
        step: Function without arguments that does the work and returns a list of tensors; the last is small.
        note: String for the results, or `None`.
    """

    def __init__(self, name, step, note=None):
        self.name = name
        self.step = step
        self.note = note

    def prepare(self):
        """Runs once, which compiles; returns the results as arrays."""
        return [result.numpy() for result in self.step()]

    def seconds(self, repeats):
        """Mean seconds of a run."""
        started = time.perf_counter()
        for _ in range(repeats):
            self.step()[-1].numpy()  # waits for a device that runs behind
        return (time.perf_counter() - started) / repeats


def quickest(contenders, within=2.0):
    """Those that take at most `within` times as long as the fastest, and the seconds of the others by name."""
    times = [min(contender.seconds(1) for _ in range(3)) for contender in contenders]
    best = min(times)
    stay = [contender for contender, seconds in zip(contenders, times) if seconds <= within * best]
    return stay, {each.name: seconds for each, seconds in zip(contenders, times) if each not in stay}


def interleaved(contenders, budget, least=LEAST, most=MOST):
    """Seconds of a run by contender's name, a list with one entry for every round; each round has another order.

    Args:
        contenders: Objects with `name` and `seconds(repeats)`, prepared.
        budget: Seconds after which no further round begins, once there were `least`.
        least, most: Integers, bounds on the number of rounds.
    """
    repeats = {each.name: max(1, math.ceil(TURN / min(each.seconds(1), each.seconds(1)))) for each in contenders}
    times = {each.name: [] for each in contenders}
    shuffle = random.Random(0).shuffle
    gc.disable()
    try:
        ends = time.monotonic() + budget
        for turn in range(most):
            if turn >= least and time.monotonic() > ends:
                break
            order = list(contenders)
            shuffle(order)
            for each in order:
                if repeats[each.name] > 1:
                    each.seconds(1)  # the caches become its own
                times[each.name].append(each.seconds(repeats[each.name]))
    finally:
        gc.enable()
    return times


def summary(times, base, scale=1000.0):
    """Median and spread of every contender and of its ratio to `base`, turn by turn.

    Args:
        times: Seconds by name, as from `interleaved`.
        base: Name of the contender that the others are divided by.
        scale: Number that seconds are multiplied by; the default gives milliseconds.

    Returns:
        Dictionary by name of `value` and `ratio`, each `[tenth percentile, median, ninetieth percentile]`.
    """
    results = {}
    for name, each in times.items():
        ratios = [mine / other for mine, other in zip(each, times[base])]
        results[name] = {"value": spread([scale * seconds for seconds in each]), "ratio": spread(ratios)}
    return results


def spread(values):
    """`[tenth percentile, median, ninetieth percentile]` with four digits."""
    ordered = sorted(values)
    edge = len(ordered) // 10
    return [float(f"{value:.4g}") for value in (ordered[edge], statistics.median(ordered), ordered[-1 - edge])]
