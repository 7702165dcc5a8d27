"""Kneser-Ney: numbers worked out by hand, sums, and what it is for."""

import numpy as np
import pytest

from rnnkit.data.builtin import python_topics
from rnnkit.tasks.ngrams import KneserNey, discounts_of


def distribution(model, context):
    """(vocabulary,) chances of what follows a context."""
    return np.array([model.probabilities([*context, token])[-1] for token in range(model.vocabulary)])


@pytest.mark.parametrize("order", [1, 2, 3, 5])
def test_every_context_sums_to_one(order):
    draw = np.random.default_rng(0)
    ids = draw.integers(0, 6, 400) * draw.integers(0, 2, 400)
    model = KneserNey(ids, vocabulary=8, order=order)
    for context in ([], [3], [7], [1, 2], ids[50:54], [0] * 9, [7, 7, 1]):
        chances = distribution(model, list(context))
        assert chances.sum() == pytest.approx(1.0, abs=1e-12) and np.all(chances > 0)


def test_bigrams_by_hand():
    """a b a b a c: discounts fall back to 0.5, 1, 1.5, as no count is 3."""
    ids, vocabulary = np.array([0, 1, 0, 1, 0, 2]), 4
    model = KneserNey(ids, vocabulary, order=2)
    # Bigrams: ab 2, ba 2, ac 1. What comes before: a after b: 1, b after a: 1, c after a: 1; so 3 in all.
    lower = np.array([1 - 0.5, 1 - 0.5, 1 - 0.5, 0.0]) / 3 + (3 * 0.5) / 3 / vocabulary
    np.testing.assert_allclose(distribution(model, []), lower)
    after_a = np.array([0.0, 2 - 1.0, 1 - 0.5, 0.0]) / 3 + (1.0 + 0.5) / 3 * lower
    np.testing.assert_allclose(distribution(model, [0]), after_a)
    np.testing.assert_allclose(distribution(model, [2]), lower)  # c is followed by nothing
    np.testing.assert_allclose(distribution(model, [3]), lower)  # never seen
    np.testing.assert_allclose(model.probabilities(np.array([0, 1, 0]))[1], after_a[1])


def test_unigrams_by_hand():
    chances = distribution(KneserNey(np.array([0, 1, 0, 1, 0, 2]), 4, order=1), [])
    share = 1 / 3  # of n1 in n1 + 2 n2; one count is 1, one is 2, one is 3, none is 4
    discounts = np.array([1 - 2 * share, 2 - 3 * share, 3.0])
    left = np.array([3, 2, 1, 0]) - [discounts[2], discounts[1], discounts[0], 0.0]
    np.testing.assert_allclose(chances, left / 6 + discounts.sum() / 6 / 4)


def test_discounts():
    counts = np.repeat([1, 2, 3, 4, 9], [40, 20, 10, 5, 7])
    share = 40 / 80
    expected = [1 - 2 * share * 20 / 40, 2 - 3 * share * 10 / 20, 3 - 4 * share * 5 / 10]
    np.testing.assert_allclose(discounts_of(counts), expected)
    np.testing.assert_allclose(discounts_of(np.array([1, 1, 2])), [0.5, 1.0, 1.5])
    np.testing.assert_allclose(discounts_of(np.repeat([1, 2, 3], [9, 1, 9])), [0.5, 1.0, 1.5])  # D2 would be negative


def test_equals_a_plain_implementation():
    """Trigrams against dictionaries that follow the equations."""
    draw = np.random.default_rng(1)
    ids = draw.choice(5, 300, p=[0.4, 0.3, 0.15, 0.1, 0.05]).tolist()
    grams = {k: [tuple(ids[i : i + k]) for i in range(len(ids) - k + 1)] for k in (1, 2, 3)}
    counts = {3: {gram: grams[3].count(gram) for gram in set(grams[3])}}
    for k in (1, 2):
        counts[k] = {
            gram: len({longer for longer in set(grams[k + 1]) if longer[1:] == gram}) for gram in set(grams[k])
        }
    discounts = {k: [0, *discounts_of(np.array(list(counts[k].values())))] for k in counts}

    def chance(context, token, k):
        if k == 0:
            return 1 / 5
        seen = {gram[-1]: count for gram, count in counts[k].items() if gram[:-1] == context}
        total, lower = sum(seen.values()), chance(context[1:], token, k - 1)
        if not total:
            return lower
        count = seen.get(token, 0)
        given = sum(discounts[k][min(other, 3)] for other in seen.values())
        return (count - discounts[k][min(count, 3)]) / total + given / total * lower

    test = draw.integers(0, 5, 60).tolist()
    found = KneserNey(np.array(ids), 5, order=3).probabilities(np.array(test))
    expected = [chance(tuple(test[max(0, i - 2) : i]), token, min(i, 2) + 1) for i, token in enumerate(test)]
    np.testing.assert_allclose(found, expected)


def test_longer_contexts_help_on_real_text():
    train, test = (np.frombuffer(python_topics.text(split).encode(), np.uint8) for split in ("train", "validation"))
    losses = [
        -np.mean(np.log(KneserNey(train.astype(np.int64), 128, order).probabilities(test.astype(np.int64))[1:]))
        for order in (1, 2, 3, 5)
    ]
    assert losses == sorted(losses, reverse=True) and losses[-1] < 2.0


def test_texts_shorter_than_the_order():
    model = KneserNey(np.array([1, 2]), 4, order=5)
    assert model.order == 2 and distribution(model, [1]).sum() == pytest.approx(1.0)
    assert model.probabilities(np.array([], np.int64)).shape == (0,)
