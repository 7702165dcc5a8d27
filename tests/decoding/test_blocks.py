"""Two levels find what one pass finds."""

import numpy as np
import pytest
import tensorflow as tf

from rnnkit.decoding import blocks


@pytest.mark.parametrize("length, k", [(300, 1), (1000, 6), (1009, 3), (257, 16), (40, 7), (300, 299), (300, 300)])
def test_top_k_is_that_of_tensorflow_with_ties_too(length, k):
    values = np.random.default_rng(k).integers(0, length // 2, (4, length)).astype("float32")
    values[1] = -np.inf  # nothing may come
    values[2, : length - k // 2] = -np.inf
    for one, other in zip(blocks.top_k(tf.constant(values), k), tf.math.top_k(values, k)):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("length, count, k", [(300, 1, 1), (1000, 5, 5), (1009, 3, 8), (257, 2, 16), (40, 3, 7)])
@pytest.mark.parametrize("without", [None, 0, 39])
@pytest.mark.parametrize("compiled", [False, True])
def test_top_k_of_sums_is_that_of_all_of_them_with_ties_too(length, count, k, without, compiled):
    random = np.random.default_rng(k)
    starts = random.integers(-3, 3, (4, count)).astype("float32")
    values = random.integers(0, length // 2, (4, count, length)).astype("float32")
    if without is not None:
        values[:, :, without] = length  # it would be the first
    starts[1, 1:] = -np.inf
    values[1, 1:] = np.nan  # which is said of what does not live
    values[2, :, k // 2 :] = -np.inf
    sums = np.where(starts[:, :, None] > -np.inf, starts[:, :, None] + values, -np.inf)
    if without is not None:
        sums[:, :, without] = -np.inf
    find = tf.function(lambda *given: blocks.top_k_of_sums(*given, k, without), jit_compile=compiled)
    expected = tf.math.top_k(sums.reshape(4, -1), k)
    found = find(tf.constant(starts), tf.constant(values))
    np.testing.assert_array_equal(found[0], expected[0])
    there = expected[0].numpy() > -np.inf
    np.testing.assert_array_equal(found[1].numpy()[there], expected[1].numpy()[there])


@pytest.mark.parametrize("length", [5, 255, 256, 1000, 1009])
def test_a_share_is_found_where_the_running_sum_goes_beyond_it(length):
    random = np.random.default_rng(length)
    chances = random.random((200, length)) * (random.random((200, length)) < 0.2)
    chances[:, -1] = 0.0
    chances[:, 2] += 0.1
    numbers = random.random(200)
    numbers[:2] = 0.0, 1.0 - 2.0**-53
    reached = np.cumsum(chances, axis=1)
    expected = [np.searchsorted(row, share * row[-1], side="right") for row, share in zip(reached, numbers)]
    found = blocks.first_beyond(tf.constant(chances), tf.constant(numbers)).numpy()
    np.testing.assert_array_equal(found[2:], expected[2:])
    assert (chances[np.arange(200), found] > 0).all(), "a chance of 0 was taken"


@pytest.mark.parametrize("length", [5, 300])
def test_rows_of_zeros_give_a_place_that_there_is(length):
    numbers = tf.constant([0.0, 0.5, 0.99], tf.float64)
    assert blocks.first_beyond(tf.zeros([3, length], tf.float64), numbers).numpy().tolist() == [0, 0, 0]


def test_no_rows():
    values, places = blocks.top_k(tf.zeros([0, 300]), 2)
    assert values.shape == places.shape == (0, 2)
    assert blocks.first_beyond(tf.zeros([0, 300], tf.float64), tf.zeros([0], tf.float64)).shape == (0,)
