"""Which examples share a batch: little padding, and shuffled."""

import numpy as np

_POOL = 4  # batches that are drawn from a bucket together and share its examples by length


def boundaries(lengths: np.ndarray, buckets: int) -> np.ndarray:
    """Upper lengths (inclusive) of all buckets but the last, so that each holds about as many tokens.

    Args:
        lengths: Tokens of every example, `(examples,)`.
        buckets: How many buckets at most.
    """
    ordered = np.sort(lengths)
    shares = np.arange(1, buckets) / buckets
    total = np.cumsum(ordered)
    places = np.searchsorted(total, shares * total[-1]) if len(total) else []
    return np.unique(ordered[places])


def plan(
    lengths: np.ndarray, limits: np.ndarray, batch_size: int, generator: np.random.Generator | None
) -> list[np.ndarray]:
    """The rows of every batch.

    Args:
        lengths: Tokens of every example, `(examples,)`.
        limits: The buckets' boundaries.
        batch_size: Rows of a batch; the last of a bucket may have fewer.
        generator: Shuffles examples within buckets, and batches; without one, batches go from short to long.

    Returns:
        Arrays of rows, int64; every row of `lengths` is in one of them. Their number does not depend on the shuffling.
    """
    if generator is None:
        return _cut(_by_length(np.arange(len(lengths)), lengths), batch_size)
    order = generator.permutation(len(lengths))
    bucket = np.searchsorted(limits, lengths[order])
    pools = [pool for number in range(len(limits) + 1) for pool in _cut(order[bucket == number], _POOL * batch_size)]
    batches = [rows for pool in pools for rows in _cut(_by_length(pool, lengths), batch_size)]
    return [batches[place] for place in generator.permutation(len(batches))]


def padded_cells(lengths: np.ndarray, batches: list[np.ndarray]) -> int:
    """Cells of the batches when each is padded to its longest row, at least one step."""
    return sum(len(rows) * max(1, int(lengths[rows].max())) for rows in batches)


def _by_length(rows, lengths):
    return rows[np.argsort(lengths[rows], kind="stable")]


def _cut(rows, size):
    return [rows[begin : begin + size] for begin in range(0, len(rows), size)]
