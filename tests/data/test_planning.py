"""Which examples share a batch."""

import itertools

import numpy as np
import pytest

from rnnkit.data import planning
from rnnkit.data.planning import padded_cells, shuffled

LENGTHS = np.random.default_rng(0).geometric(0.05, size=2000)
TARGETS = np.maximum(1, np.round(1.2 * LENGTHS + np.random.default_rng(1).normal(0, 3, size=2000))).astype(np.int64)
PAIRS = np.stack([LENGTHS, TARGETS], axis=1)


def sided(lengths):
    """Lengths of one side as lengths of sides."""
    return lengths if lengths.ndim == 2 else lengths[:, None]


def planned(seed=0, buckets=8, batch_size=32, lengths=LENGTHS):
    lengths = sided(lengths)
    return shuffled(lengths, planning.boundaries(lengths, buckets), batch_size, np.random.default_rng(seed))


def by_length(lengths, batch_size):
    return planning.by_length(sided(lengths), batch_size)


def boundaries(lengths, buckets):
    """Those of one side."""
    return planning.boundaries(sided(lengths), buckets)[:, 0]


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
    assert all(batch.times >= (LENGTHS[batch.rows].max(),) for batch in batches)


@pytest.mark.parametrize("size", [1, 7, 32, 2000, 3000])
def test_all_batches_but_one_are_full(size):
    sizes = [len(batch.rows) for batch in planned(batch_size=size)]
    assert len(sizes) == -(-2000 // size) and sum(rows != min(size, 2000) for rows in sizes) <= 1


@pytest.mark.parametrize("seed", range(5))
def test_as_many_shapes_as_buckets_and_one(seed):
    shapes = {(len(batch.rows), *batch.times) for batch in planned(seed)}
    assert len(shapes) <= 9 and {time for _, time in shapes} <= set(boundaries(LENGTHS, 8))


def test_another_seed_makes_other_batches_in_another_order():
    first, second = planned(0), planned(1)
    assert not {tuple(sorted(batch.rows)) for batch in first} & {tuple(sorted(batch.rows)) for batch in second}
    assert [batch.times for batch in first] != [batch.times for batch in second]


def test_batches_do_not_come_by_length():
    times = [batch.times[0] for batch in planned()]
    assert abs(np.corrcoef(times, np.arange(len(times)))[0, 1]) < 0.4


def test_more_buckets_save_padding():
    wasted = [waste(planned(buckets=buckets)) for buckets in (1, 4, 8, 16)]
    assert wasted == sorted(wasted, reverse=True) and wasted[0] > 0.6 and wasted[2] < 0.25 and wasted[3] < 0.12


def test_a_part_of_the_corpus_has_the_corpus_buckets():
    limits = boundaries(LENGTHS, 8)
    short = LENGTHS[np.searchsorted(limits, LENGTHS) <= 2][:50]
    batches = shuffled(sided(short), sided(limits), 32, np.random.default_rng(0))
    assert len(batches) == 2 and {batch.times[0] for batch in batches} <= set(limits[:3])


def test_examples_without_tokens():
    batches = shuffled(np.array([[0], [0], [0]]), np.array([[1]]), 2, np.random.default_rng(0))
    assert sorted((len(batch.rows), *batch.times) for batch in batches) == [(1, 1), (2, 1)]


# === scoring ===


def test_scoring_goes_from_short_to_long_and_keeps_the_order_of_equals():
    batches = by_length(np.array([30, 1, 30, 30, 2]), 2)
    assert [(batch.rows.tolist(), *batch.times) for batch in batches] == [([1, 4], 2), ([0], 30), ([2, 3], 30)]


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
    assert [batch.times for batch in by_length(np.array([0]), 8)] == [(1,)]


def test_padded_cells():
    assert padded_cells(by_length(np.array([2, 50, 0]), 2)) == 2 * 2 + 50


# === a source and a target ===


def test_buckets_of_pairs_have_limits_on_both_sides():
    lengths = np.array([[2, 3], [2, 9], [8, 3], [8, 7], [1, 3]])
    assert planning.boundaries(lengths, 4).tolist() == [[2, 3], [2, 9], [8, 3], [8, 7]]
    assert planning.boundaries(lengths, 2).tolist() == [[2, 3], [8, 9]]
    assert planning.boundaries(lengths, 1).tolist() == [[8, 9]]
    assert planning.boundaries(np.array([[0, 0]]), 4).tolist() == [[1, 1]]
    assert planning.boundaries(np.zeros((0, 2), np.int64), 4).shape == (0, 2)


@pytest.mark.parametrize("buckets", [1, 2, 3, 7])
def test_no_other_parts_of_the_row_of_pairs_waste_less(buckets):
    lengths = np.random.default_rng(buckets).geometric(0.2, size=(9, 2))
    ordered = lengths[np.argsort((lengths / lengths.sum(axis=0)).sum(axis=1))]

    def cells(ends):
        parts = [ordered[begin:end] for begin, end in itertools.pairwise([0, *ends, 9])]
        return sum(len(part) * part.max(axis=0).sum() for part in parts)

    found = planning.boundaries(lengths, buckets)
    fitting = [next(limit.sum() for limit in found if (pair <= limit).all()) for pair in lengths]
    assert len(found) == buckets
    assert sum(fitting) <= min(map(cells, itertools.combinations(range(1, 9), buckets - 1)))


def test_every_pair_fits_in_a_bucket():
    limits = planning.boundaries(PAIRS, 16)
    assert len(limits) == 16 and all((pair <= limits).all(axis=1).any() for pair in PAIRS)


@pytest.mark.parametrize("batches", [planned(lengths=PAIRS), planned(lengths=PAIRS, buckets=1), by_length(PAIRS, 32)])
def test_every_pair_is_in_one_batch_that_is_long_enough_on_both_sides(batches):
    assert sorted(np.concatenate([batch.rows for batch in batches])) == list(range(len(PAIRS)))
    assert max(len(batch.rows) for batch in batches) <= 32
    assert all((PAIRS[batch.rows] <= batch.times).all() for batch in batches)


@pytest.mark.parametrize("seed", range(5))
def test_batches_of_pairs_are_full_and_of_few_shapes(seed):
    batches = planned(seed, lengths=PAIRS, buckets=9)
    assert len(batches) == -(-2000 // 32) and sum(len(batch.rows) < 32 for batch in batches) <= 1
    assert len({(len(batch.rows), batch.times) for batch in batches}) <= 2 * 9 + 1


def test_what_is_left_over_of_a_bucket_has_room_in_the_next_one_on_both_sides():
    lengths = np.array([[2, 9]] * 3 + [[8, 3]] * 3)
    batches = shuffled(lengths, np.array([[2, 9], [8, 3]]), 2, np.random.default_rng(0))
    assert sorted(batch.times for batch in batches) == [(2, 9), (8, 3), (8, 9)]


def test_padding_of_pairs_is_that_of_both_sides():
    lengths = np.array([[2, 9], [8, 3]])
    assert padded_cells(by_length(lengths, 1)) == 2 + 9 + 8 + 3
    assert padded_cells(planned(lengths=lengths, buckets=1, batch_size=2)) == 2 * (8 + 9)


def test_buckets_of_both_sides_waste_less_than_those_of_one():
    of_source = np.stack([boundaries(LENGTHS, 16), np.full(16, TARGETS.max())], axis=1)
    alone = shuffled(PAIRS, of_source, 32, np.random.default_rng(0))
    assert waste(planned(lengths=PAIRS, buckets=16), PAIRS) < 0.2 < 0.6 < waste(alone, PAIRS)
    assert waste(by_length(PAIRS, 32), PAIRS) < 0.15


def test_scoring_pairs_goes_by_source_then_target_and_costs_the_least():
    lengths = np.random.default_rng(1).geometric(0.1, size=(10, 2))
    order = sorted(range(10), key=lambda place: (*lengths[place], place))
    ordered = lengths[order]
    batches = by_length(lengths, 4)
    assert np.concatenate([batch.rows for batch in batches]).tolist() == order

    def cost(ends):
        parts = [ordered[begin:end] for begin, end in itertools.pairwise([0, *ends])]
        return sum((len(part) + 16) * part.max(axis=0).sum() for part in parts)

    sets = ((*ends, 10) for count in range(10) for ends in itertools.combinations(range(1, 10), count))
    allowed = [ends for ends in sets if max(np.diff([0, *ends])) <= 4]
    assert cost(np.cumsum([len(batch.rows) for batch in batches]).tolist()) == min(map(cost, allowed))
