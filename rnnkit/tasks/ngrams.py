"""The n-gram language model of the textbooks, to print beside a network: interpolated modified Kneser–Ney."""

import numpy as np

_FALLBACK = np.array([0.5, 1.0, 1.5])  # where there are too few n-grams to estimate the discounts


class KneserNey:
    """Interpolated n-grams with modified Kneser–Ney smoothing.

    With h a context of k-1 tokens, h' without its oldest, a(hw) the count of an n-gram of the highest order and, of a
    lower order, how many different tokens come before it, and D the discount of the order (0, D1, D2 or D3 for a count
    of 0, 1, 2, or 3 and more),

        p_k(w | h) = (a(hw) − D(a(hw))) / Σ_w a(hw) + γ(h) p_{k-1}(w | h')
        γ(h) = Σ_w D(a(hw)) / Σ_w a(hw)

    and p_0 = 1 / vocabulary. A context that never came has p_k(w | h) = p_{k-1}(w | h').

    Args:
        ids: int (tokens,), the training text; all below `vocabulary`.
        vocabulary: number of ids.
        order: of the longest n-grams, from 1; a shorter text has shorter ones.

    Source:
        Chen and Goodman (1999), An empirical study of smoothing techniques for language modeling, Computer Speech and
        Language 13; discounts that the counts do not allow are 0.5, 1 and 1.5.
    """

    def __init__(self, ids: np.ndarray, vocabulary: int, order: int = 5):
        self.vocabulary, self.order = vocabulary, min(order, len(ids))
        self._keys: list[np.ndarray] = []  # of the n-grams of each order: (id of the context) · vocabulary + token
        self._tables: list[_Table] = []
        grams, counts = np.asarray(ids, np.int64), None
        for k in range(1, self.order + 1):
            keys = grams[:-1] * vocabulary + ids[k - 1 :] if k > 1 else grams
            known, first, inverse, counts = np.unique(keys, return_index=True, return_inverse=True, return_counts=True)
            if k > 1:  # every different n-gram is one different token before its last k-1
                self._finish(np.bincount(grams[first + 1], minlength=len(self._keys[-1])))
            self._keys.append(known)
            grams = inverse.reshape(-1)
        self._finish(counts)

    def probabilities(self, ids: np.ndarray) -> np.ndarray:
        """The chance of each token of a text after those before it: int (tokens,) to float64 (tokens,).

        The first has no context, the next ones a shorter one than the others.
        """
        ids = np.asarray(ids, np.int64)
        found = np.full(len(ids), 1.0 / self.vocabulary)
        contexts, grams = np.zeros(len(ids), np.int64), ids
        for k, (known, table) in enumerate(zip(self._keys, self._tables), 1):
            if k > len(ids):
                break
            if k > 1:
                contexts = grams[:-1]  # of each token from number k-1 on, -1 for one that never came
                grams = np.where(contexts < 0, -1, contexts * self.vocabulary + ids[k - 1 :])
            grams = _places(known, grams)
            found[k - 1 :] = table.interpolated(contexts, grams, found[k - 1 :])
        return found

    def _finish(self, counts):
        """Adds the table of the order whose keys came last."""
        order = len(self._keys)
        contexts = self._keys[-1] // self.vocabulary if order > 1 else np.zeros(len(self._keys[-1]), np.int64)
        self._tables.append(_Table(counts, contexts, len(self._keys[-2]) if order > 1 else 1))


class _Table:
    """One order: what of its counts is left after the discounts, and what goes to the order below.

    Args:
        counts: int (n-grams,), a(hw).
        contexts: int (n-grams,), the id of each one's context.
        size: number of contexts.
    """

    def __init__(self, counts, contexts, size):
        discounts = np.concatenate([[0.0], discounts_of(counts)])[np.minimum(counts, 3)]
        self.left = counts - discounts
        self.totals = np.bincount(contexts, counts, minlength=size)
        self.given = np.bincount(contexts, discounts, minlength=size)

    def interpolated(self, contexts, grams, lower):
        """p_k of the n-grams (-1 for one that never came) in their contexts, given p_{k-1}; each (tokens,)."""
        totals = np.where(contexts < 0, 0.0, self.totals[contexts])
        left = np.where(grams < 0, 0.0, self.left[grams])
        known = totals > 0
        safe = np.where(known, totals, 1.0)
        return np.where(known, left / safe + self.given[contexts] / safe * lower, lower)


def discounts_of(counts: np.ndarray) -> np.ndarray:
    """D1, D2 and D3 of an order, float64 (3,), from how many of its counts are 1, 2, 3 and 4."""
    n1, n2, n3, n4 = (int(np.count_nonzero(counts == number)) for number in (1, 2, 3, 4))
    if not (n1 and n2 and n3):
        return _FALLBACK
    share = n1 / (n1 + 2 * n2)
    found = np.array([1 - 2 * share * n2 / n1, 2 - 3 * share * n3 / n2, 3 - 4 * share * n4 / n3])
    return found if np.all(found >= 0) else _FALLBACK


def _places(known: np.ndarray, keys: np.ndarray) -> np.ndarray:
    """Where each key stands among sorted ones, -1 for one that is not there."""
    places = np.minimum(np.searchsorted(known, keys), len(known) - 1)
    return np.where(known[places] == keys, places, -1)
