"""Which examples share a batch."""

import itertools

import numpy as np
import pytest

from rnnkit.data.planning import boundaries, by_length, padded_cells, shuffled

LENGTHS = np.random.default_rng(0).geometric(0.05, size=2000)


def planned(seed=0, buckets=8, batch_size=32, lengths=LENGTHS):
    return shuffled(lengths, boundaries(lengths, buckets), batch_size, np.random.default_rng(seed))


def waste(batches, lengths=LENGTHS):
    return 1 - lengths.sum() / padded_cells(batches)


# === buckets ===


def cells_of(lengths, limits):
    return sum(min(limit for limit in limits if limit >= max(1, length)) for length in lengths)


@pytest.mark.parametrize("buckets", [1, 2, 3, 4, 9])
@pytest.mark.parametrize("seed", range(3))
def test_no_other_boundaries_waste_less(buckets, seed):
    lengths = np.random.default_rng(seed).geometric(0.2, size=40) - 1
    found = boundaries(lengths, buckets)
    lower = sorted(set(np.maximum(lengths, 1)) - {lengths.max()})
    count = min(buckets - 1, len(lower))
    others = [[*limits, lengths.max()] for limits in itertools.combinations(lower, count)]
    assert len(found) == count + 1 and found[-1] == lengths.max() and sorted(set(found)) == found.tolist()
    assert cells_of(lengths, found) == min(cells_of(lengths, limits) for limits in others)


def test_boundaries_of_few_lengths():
    assert boundaries(np.array([5, 5, 5]), 8).tolist() == [5]
    assert boundaries(np.array([0, 0]), 8).tolist() == [1]
    assert boundaries(np.array([2, 0, 1]), 8).tolist() == [1, 2]
    assert boundaries(np.zeros(0, np.int64), 8).tolist() == []


def test_boundaries_of_very_many_lengths():
    lengths = np.random.default_rng(0).permutation(3001)
    found = boundaries(lengths, 4)
    assert found[-1] == 3000
    np.testing.assert_allclose(found, [750, 1500, 2250, 3000], rtol=0.01)


# === training ===


@pytest.mark.parametrize("batches", [planned(), planned(buckets=1), by_length(LENGTHS, 32)])
def test_every_example_is_in_one_batch(batches):
    assert sorted(np.concatenate([batch.rows for batch in batches])) == list(range(len(LENGTHS)))
    assert max(len(batch.rows) for batch in batches) <= 32
    assert all(batch.time >= LENGTHS[batch.rows].max() for batch in batches)


@pytest.mark.parametrize("size", [1, 7, 32, 2000, 3000])
def test_all_batches_but_one_are_full(size):
    sizes = [len(batch.rows) for batch in planned(batch_size=size)]
    assert len(sizes) == -(-2000 // size) and sum(rows != min(size, 2000) for rows in sizes) <= 1


@pytest.mark.parametrize("seed", range(5))
def test_as_many_shapes_as_buckets_and_one(seed):
    shapes = {(len(batch.rows), batch.time) for batch in planned(seed)}
    assert len(shapes) <= 9 and {time for _, time in shapes} <= set(boundaries(LENGTHS, 8))


def test_another_seed_makes_other_batches_in_another_order():
    first, second = planned(0), planned(1)
    assert not {tuple(sorted(batch.rows)) for batch in first} & {tuple(sorted(batch.rows)) for batch in second}
    assert [batch.time for batch in first] != [batch.time for batch in second]


def test_batches_do_not_come_by_length():
    times = [batch.time for batch in planned()]
    assert abs(np.corrcoef(times, np.arange(len(times)))[0, 1]) < 0.4


def test_more_buckets_save_padding():
    wasted = [waste(planned(buckets=buckets)) for buckets in (1, 4, 8, 16)]
    assert wasted == sorted(wasted, reverse=True) and wasted[0] > 0.6 and wasted[2] < 0.25 and wasted[3] < 0.12


def test_a_part_of_the_corpus_has_the_corpus_buckets():
    limits = boundaries(LENGTHS, 8)
    short = LENGTHS[np.searchsorted(limits, LENGTHS) <= 2][:50]
    batches = shuffled(short, limits, 32, np.random.default_rng(0))
    assert len(batches) == 2 and {batch.time for batch in batches} <= set(limits[:3])


def test_examples_without_tokens():
    batches = shuffled(np.array([0, 0, 0]), np.array([1]), 2, np.random.default_rng(0))
    assert sorted((len(batch.rows), batch.time) for batch in batches) == [(1, 1), (2, 1)]


# === scoring ===


def test_scoring_goes_from_short_to_long_and_keeps_the_order_of_equals():
    batches = by_length(np.array([30, 1, 30, 30, 2]), 2)
    assert [(batch.rows.tolist(), batch.time) for batch in batches] == [([1, 4], 2), ([0], 30), ([2, 3], 30)]


def test_scoring_batches_cost_the_least():
    lengths = np.random.default_rng(1).geometric(0.1, size=12)
    ordered = np.sort(lengths)

    def cost(ends):
        return sum((end - begin + 16) * ordered[end - 1] for begin, end in itertools.pairwise([0, *ends]))

    sets = (ends for count in range(12) for ends in itertools.combinations(range(1, 12), count))
    possible = [(*ends, 12) for ends in sets]
    allowed = [ends for ends in possible if max(np.diff([0, *ends])) <= 5]
    found = np.cumsum([len(batch.rows) for batch in by_length(lengths, 5)])
    assert cost(found) == min(map(cost, allowed))


def test_scoring_wastes_little_padding_on_few_very_long_examples():
    lengths = np.concatenate([LENGTHS, [400, 380, 150]])
    parts = [np.sort(lengths)[begin : begin + 256] for begin in range(0, len(lengths), 256)]
    always_full = sum(len(part) * part.max() for part in parts)
    assert waste(by_length(lengths, 256), lengths) < 0.15 < 0.6 < 1 - lengths.sum() / always_full


def test_nothing_to_score():
    assert by_length(np.zeros(0, np.int64), 8) == []
    assert [batch.time for batch in by_length(np.array([0]), 8)] == [1]


def test_padded_cells():
    assert padded_cells(by_length(np.array([2, 50, 0]), 2)) == 2 * 2 + 50
