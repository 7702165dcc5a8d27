"""Which examples share a batch."""

import numpy as np
import pytest

from rnnkit.data.planning import boundaries, padded_cells, plan

LENGTHS = np.random.default_rng(0).geometric(0.05, size=2000)


def planned(seed=0, buckets=8, batch_size=32, lengths=LENGTHS):
    return plan(lengths, boundaries(lengths, buckets), batch_size, np.random.default_rng(seed))


def waste(batches):
    return 1 - LENGTHS.sum() / padded_cells(LENGTHS, batches)


@pytest.mark.parametrize("batches", [planned(), planned(buckets=1), plan(LENGTHS, boundaries(LENGTHS, 8), 32, None)])
def test_every_example_is_in_one_batch(batches):
    assert sorted(np.concatenate(batches)) == list(range(len(LENGTHS)))
    assert max(map(len, batches)) == 32


def test_the_number_of_batches_does_not_depend_on_the_shuffling():
    assert len({len(planned(seed)) for seed in range(10)}) == 1


def test_another_seed_makes_other_batches_in_another_order():
    first, second = planned(0), planned(1)
    assert not {tuple(rows) for rows in first} & {tuple(rows) for rows in second}
    assert [len(rows) for rows in first] != [len(rows) for rows in second]


def test_batches_do_not_come_by_length():
    longest = [LENGTHS[rows].max() for rows in planned()]
    assert abs(np.corrcoef(longest, np.arange(len(longest)))[0, 1]) < 0.4


def test_buckets_save_padding():
    shuffled = np.array_split(np.random.default_rng(0).permutation(2000), 63)
    assert waste(planned()) < 0.12 < 0.6 < waste(shuffled)


def test_scoring_goes_from_short_to_long_and_keeps_the_order_of_equals():
    batches = plan(np.array([3, 1, 3, 2]), np.array([2]), 3, None)
    assert [rows.tolist() for rows in batches] == [[1, 3, 0], [2]]


def test_boundaries_share_the_tokens():
    assert boundaries(np.array([10, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]), 2).tolist() == [1]
    assert boundaries(np.array([5, 5, 5]), 8).tolist() == [5]
    assert boundaries(np.array([0, 0]), 8).tolist() == [0]
    assert boundaries(np.array([1, 2]), 1).tolist() == []


def test_padded_cells():
    assert padded_cells(np.array([2, 5, 0]), [np.array([0, 1]), np.array([2])]) == 11
