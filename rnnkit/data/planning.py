"""Which examples share a batch: little padding, few shapes to train on, and shuffled."""

from typing import NamedTuple

import numpy as np

_CANDIDATES = 1024  # lengths that boundaries are chosen among
_ROWS_OF_A_STEP = 16  # rows that one more step of time costs as much as, however few rows the batch has


class Planned(NamedTuple):
    """One batch.

    Attributes:
        rows: Places of its examples, int64 `(rows,)`.
        times: Steps that each side is padded to, at least as many as that of its longest example has.
    """

    rows: np.ndarray
    times: tuple[int, ...]


def boundaries(lengths: np.ndarray, buckets: int) -> np.ndarray:
    """Upper lengths (inclusive) of the buckets, the last one among them: those that waste the least padding.

    Examples stand in the order of their length; with several sides, such as a source and its target, of the sum of
    each side's length as a share of all of that side. Buckets are parts of this row of examples. With `n_b` of them
    in part `b` whose longest is `limit_b`, the sum over the buckets of `n_b · limit_b`, over all sides, is smallest. It
    is found by dynamic programming; of more than 1,024 places to end a part, evenly spread ones are tried.

    Args:
        lengths: Tokens of every side of every example, `(examples, sides)`.
        buckets: How many buckets at most.

    Returns:
        `(buckets, sides)` int64, in that order; empty without examples. Sides without tokens count as of length 1.
    """
    lengths = np.maximum(lengths, 1)
    keys = (lengths / np.maximum(lengths.sum(axis=0), 1)).sum(axis=1)
    ends = np.unique(keys)[::-1]
    ends = ends[:: -(-len(ends) // _CANDIDATES) or 1][::-1]
    place = np.searchsorted(ends, keys)
    longest = np.zeros((len(ends), lengths.shape[1]), np.int64)  # between an end and the one before
    np.maximum.at(longest, place, lengths)
    below = np.cumsum(np.bincount(place, minlength=len(ends)))  # examples up to each end
    before = np.concatenate([[0], below])  # examples up to the end of the bucket before
    cells = np.where(before[:-1, None] < below, (below - before[:-1, None]) * _longest_sums(longest), np.inf)
    fewest = np.where(np.arange(len(before)) == 0, 0.0, np.inf)  # cells up to each end, so far in no bucket
    origins = []
    for _ in range(min(buckets, len(ends))):
        totals = fewest[:-1, None] + cells  # (bucket before, end)
        origins.append(totals.argmin(axis=0))
        fewest = np.concatenate([[np.inf], totals.min(axis=0)])
    chosen, end = [], len(ends)
    for origin in reversed(origins):
        begin = origin[end - 1]
        chosen.append(longest[begin:end].max(axis=0))
        end = begin
    return np.array(chosen[::-1], np.int64).reshape(-1, lengths.shape[1])


def shuffled(lengths: np.ndarray, limits: np.ndarray, batch_size: int, generator: np.random.Generator) -> list[Planned]:
    """Training batches: of examples from one bucket, drawn at random, padded to the bucket's limits.

    What does not fill a batch goes on into the next bucket, so all batches but one are full. There are at most as many
    shapes as buckets and one; with several sides, where the next bucket may be shorter in one of them, twice as many.

    Args:
        lengths: Tokens of every side of every example, `(examples, sides)`.
        limits: Of the buckets, as `boundaries` gives them for these lengths or for more.
        batch_size: Rows of a batch; one may have fewer.
        generator: Shuffles examples, and batches.

    Returns:
        Every example in one of them. Their number does not depend on the shuffling.
    """
    order = generator.permutation(len(lengths))
    bucket = _bucket(lengths[order], limits)
    batches, rest, needed = [], order[:0], 0  # what is left over from the bucket before, and the limits it needs
    for number, limit in enumerate(limits):
        rows = np.concatenate([rest, order[bucket == number]])
        needed = np.maximum(limit, needed) if len(rest) else limit
        for begin in range(0, len(rows) - batch_size + 1, batch_size):
            batches.append(Planned(rows[begin : begin + batch_size], tuple(needed.tolist())))
            needed = limit
        rest = rows[len(rows) - len(rows) % batch_size :]
    if len(rest):
        longest = lengths[rest].max(axis=0)
        batches.append(Planned(rest, tuple(int(limit[limit >= most].min()) for limit, most in zip(limits.T, longest))))
    return [batches[place] for place in generator.permutation(len(batches))]


def by_length(lengths: np.ndarray, batch_size: int) -> list[Planned]:
    """Batches for scoring: from short to long, those of equal length in their order, padded to the longest.

    The first side's length counts before the next one's. Batches end where that is cheapest, found by dynamic
    programming, with `time · (rows + 16)` summed over the sides for the cost of a batch: the fewer rows, the less
    padding, but a step of time takes long even for few rows.

    Args:
        lengths: Tokens of every side of every example, `(examples, sides)`.
        batch_size: Rows of a batch at most.

    Returns:
        Every example in one of them.
    """
    order = np.lexsort(lengths.T[::-1])
    lengths = np.maximum(lengths[order], 1)
    costs, begins = np.zeros(len(order) + 1), np.zeros(len(order) + 1, np.int64)  # of all up to, of the batch up to
    rows = np.arange(batch_size, 0, -1)
    for end in range(1, len(order) + 1):
        begin = max(0, end - batch_size)
        times = np.maximum.accumulate(lengths[begin:end][::-1])[::-1].sum(axis=1)  # of a batch from each place on
        totals = costs[begin:end] + times * (rows[begin - end :] + _ROWS_OF_A_STEP)
        begins[end] = begin + totals.argmin()
        costs[end] = totals[begins[end] - begin]
    batches, end = [], len(order)
    while end:
        begin = begins[end]
        batches.append(Planned(order[begin:end], tuple(lengths[begin:end].max(axis=0).tolist())))
        end = begin
    return batches[::-1]


def padded_cells(batches: list[Planned]) -> int:
    """Steps of all rows of the batches on every side, padding among them."""
    return sum(len(batch.rows) * sum(batch.times) for batch in batches)


def _longest_sums(longest):
    """For every first and last one of a row of lengths `(n, sides)` the sum of the longest between: `(n, n)` float."""
    places = np.arange(len(longest))
    there = places[:, None] <= places
    return sum(np.maximum.accumulate(np.where(there, side, 0.0), axis=1) for side in longest.T)


def _bucket(lengths, limits):
    """The first bucket that is long enough for each example, `(examples,)`."""
    found = np.zeros(len(lengths), np.int64)
    for number in reversed(range(len(limits))):
        found[(lengths <= limits[number]).all(axis=1)] = number
    return found
