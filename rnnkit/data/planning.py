"""Which examples share a batch: little padding, few shapes to train on, and shuffled."""

from typing import NamedTuple

import numpy as np

_CANDIDATES = 1024  # lengths that boundaries are chosen among
_ROWS_OF_A_STEP = 16  # rows that one more step of time costs as much as, however few rows the batch has


class Planned(NamedTuple):
    """One batch.

    Attributes:
        rows: Places of its examples, int64 `(rows,)`.
        time: Steps that it is padded to, at least as many as its longest example has.
    """

    rows: np.ndarray
    time: int


def boundaries(lengths: np.ndarray, buckets: int) -> np.ndarray:
    """Upper lengths (inclusive) of the buckets, the last one among them: those that waste the least padding.

    With `n_b` examples of lengths in `(limit_{b-1}, limit_b]`, the sum over the buckets of `n_b · limit_b` is smallest.
    It is found by dynamic programming; of more than 1,024 different lengths, evenly spread ones are tried.

    Args:
        lengths: Tokens of every example, `(examples,)`.
        buckets: How many buckets at most.

    Returns:
        Ascending, all different, int64; empty without examples. Examples without tokens count as of length 1.
    """
    lengths = np.sort(np.maximum(lengths, 1))
    limits = np.unique(lengths)[::-1]
    limits = limits[:: -(-len(limits) // _CANDIDATES) or 1][::-1]
    below = np.searchsorted(lengths, limits, side="right")  # examples up to each limit
    before = np.concatenate([[0], below])  # examples up to the end of the bucket before
    cells = np.where(before[:-1, None] < below, (below - before[:-1, None]) * limits.astype(np.float64), np.inf)
    fewest = np.where(np.arange(len(before)) == 0, 0.0, np.inf)  # cells up to each limit, so far in no bucket
    origins = []
    for _ in range(min(buckets, len(limits))):
        totals = fewest[:-1, None] + cells  # (bucket before, limit)
        origins.append(totals.argmin(axis=0))
        fewest = np.concatenate([[np.inf], totals.min(axis=0)])
    chosen, place = [], len(limits)
    for origin in reversed(origins):
        chosen.append(limits[place - 1])
        place = origin[place - 1]
    return np.array(chosen[::-1], np.int64)


def shuffled(lengths: np.ndarray, limits: np.ndarray, batch_size: int, generator: np.random.Generator) -> list[Planned]:
    """Training batches: of examples from one bucket, drawn at random, padded to the bucket's limit.

    What does not fill a batch goes on into the next longer bucket, so all batches but one are full, and there are at
    most as many shapes as buckets and one.

    Args:
        lengths: Tokens of every example, `(examples,)`.
        limits: Of the buckets, as `boundaries` gives them for these lengths or for more.
        batch_size: Rows of a batch; one may have fewer.
        generator: Shuffles examples, and batches.

    Returns:
        Every example in one of them. Their number does not depend on the shuffling.
    """
    order = generator.permutation(len(lengths))
    bucket = np.searchsorted(limits, lengths[order])
    batches, rest = [], order[:0]
    for number, limit in enumerate(limits.tolist()):
        rest = np.concatenate([rest, order[bucket == number]])
        full = len(rest) - len(rest) % batch_size
        batches += [Planned(rows, limit) for rows in _cut(rest[:full], batch_size)]
        rest = rest[full:]
    if len(rest):
        batches.append(Planned(rest, int(limits[np.searchsorted(limits, lengths[rest].max())])))
    return [batches[place] for place in generator.permutation(len(batches))]


def by_length(lengths: np.ndarray, batch_size: int) -> list[Planned]:
    """Batches for scoring: from short to long, those of equal length in their order, padded to the longest.

    They end where that is cheapest, found by dynamic programming, with `time · (rows + 16)` for the cost of a batch:
    the fewer rows, the less padding, but a step of time takes long even for few rows.

    Args:
        lengths: Tokens of every example, `(examples,)`.
        batch_size: Rows of a batch at most.

    Returns:
        Every example in one of them.
    """
    order = np.argsort(lengths, kind="stable")
    times = np.maximum(lengths[order], 1)
    costs, begins = np.zeros(len(order) + 1), np.zeros(len(order) + 1, np.int64)  # of all up to, of the batch up to
    rows = np.arange(batch_size, 0, -1)
    for end in range(1, len(order) + 1):
        begin = max(0, end - batch_size)
        totals = costs[begin:end] + times[end - 1] * (rows[begin - end :] + _ROWS_OF_A_STEP)
        begins[end] = begin + totals.argmin()
        costs[end] = totals[begins[end] - begin]
    batches, end = [], len(order)
    while end:
        batches.append(Planned(order[begins[end] : end], int(times[end - 1])))
        end = begins[end]
    return batches[::-1]


def padded_cells(batches: list[Planned]) -> int:
    """Steps of all rows of the batches, padding among them."""
    return sum(len(batch.rows) * batch.time for batch in batches)


def _cut(rows, size):
    return [rows[begin : begin + size] for begin in range(0, len(rows), size)]
