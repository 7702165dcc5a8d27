"""Length penalties and what they say of texts that go on."""

import numpy as np
import pytest

from rnnkit.decoding import DecodingOptions
from rnnkit.decoding.penalty import LengthPenalty
from tests.decoding import chains

FORMS = [("none", None), ("wu", None), ("wu", 1.0), ("wu", -2.0), ("length", None), ("length", 0.0), ("length", -0.7)]


def make(form, alpha, max_length=30):
    options = DecodingOptions(length_penalty=form, length_alpha=alpha, max_length=max_length)
    return options, LengthPenalty(options)


@pytest.mark.parametrize("form, alpha", FORMS)
def test_rank_is_the_score_over_the_penalty(form, alpha):
    options, penalty = make(form, alpha)
    lengths = np.arange(1, 31, dtype="int32")
    scores = -np.linspace(0.0, 40.0, 30, dtype="float32")
    expected = [score / chains.penalty(options, int(length)) for score, length in zip(scores, lengths)]
    np.testing.assert_allclose(penalty.rank(scores, lengths), expected, rtol=1e-6)
    assert penalty.rank(np.float32("-inf"), 3) == float("-inf")


@pytest.mark.parametrize("form, alpha", FORMS)
def test_bound_is_the_best_rank_at_any_length_that_is_left(form, alpha):
    _, penalty = make(form, alpha)
    for shortest, longest in [(1, 30), (7, 9), (12, 12)]:
        for score in np.array([0.0, -0.3, -17.0], "float32"):
            reachable = penalty.rank(score, np.arange(shortest, longest + 1))
            assert penalty.bound(score, shortest, longest) == np.max(reachable)
