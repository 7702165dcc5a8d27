"""Strings to ids, as lookup tables that live in the graph and travel inside a SavedModel."""

from collections.abc import Iterable, Mapping
from functools import cached_property

import numpy as np
import tensorflow as tf

PADDING, UNKNOWN = "<pad>", "<unk>"


def _table(strings: Iterable[str], ids: Iterable[int], default: int) -> tf.lookup.StaticHashTable:
    keys, values = tf.constant(list(strings), tf.string), tf.constant(list(ids), tf.int32)
    return tf.lookup.StaticHashTable(tf.lookup.KeyValueTensorInitializer(keys, values), default_value=default)


class Vocabulary(tf.Module):
    """Ids of tokens: 0 is `<pad>`, 1 is `<unk>`, the tokens follow in their order.

    A token that happens to be written `<pad>` or `<unk>` is unknown: padding never comes out of a text.

    Args:
        tokens: The known tokens, all different, without the two special ones.
        counts: How often each of them was seen in training data; None: not known, taken as 0.
    """

    def __init__(self, tokens: Iterable[str], counts: Iterable[int] | None = None):
        super().__init__()
        self._known = np.array(list(tokens), dtype=object)  # an array: tf.Module would wrap a list of 20,000
        self._seen = np.zeros(len(self._known), np.int64) if counts is None else np.array(list(counts), np.int64)
        self._lookup_table = _table(self.tokens, [1, 1, *range(2, len(self))], default=1)

    @classmethod
    def fit(cls, counts: Mapping[str, int], size: int, min_count: int = 1) -> "Vocabulary":
        """The most frequent tokens; ties in the order of the strings.

        Args:
            counts: How often each token was seen in training data.
            size: Ids at most, the two special ones included.
            min_count: Rarer tokens are left out.
        """
        tokens = _most_frequent(counts, size - 2, min_count)
        return cls(tokens, [counts[token] for token in tokens])

    def grow(self, counts: Mapping[str, int], size: int, min_count: int = 1) -> "Vocabulary":
        """A vocabulary with the same ids for the old tokens, and up to `size` new frequent ones after them."""
        old = set(self.tokens)
        new = {token: count for token, count in counts.items() if token not in old}
        added = _most_frequent(new, size, min_count)
        return Vocabulary([*self._known, *added], [*self._seen, *(counts[token] for token in added)])

    @cached_property
    def tokens(self) -> tuple[str, ...]:
        """The token of every id."""
        return (PADDING, UNKNOWN, *self._known)

    @property
    def counts(self) -> np.ndarray:
        """How often the token of every id was seen in training data, `(size,)` int64; 0 for the two special ones."""
        return np.concatenate([np.zeros(2, np.int64), self._seen])

    def lookup(self, strings: tf.Tensor | tf.RaggedTensor) -> tf.Tensor | tf.RaggedTensor:
        """Ids, int32 of the same shape; 1 for unknown strings."""
        return self._lookup_table.lookup(strings)

    def __len__(self) -> int:
        return len(self._known) + 2

    def state(self) -> dict:
        """What `from_state` needs, JSON-able."""
        return {"tokens": list(self._known), "counts": self._seen.tolist()}

    @classmethod
    def from_state(cls, state: Mapping) -> "Vocabulary":
        return cls(state["tokens"], state["counts"])


class Labels(tf.Module):
    """The classes (or tags) of a task and their ids, from 0.

    Args:
        names: Label names, all different.
    """

    def __init__(self, names: Iterable[str]):
        super().__init__()
        self._names = np.array(list(names), dtype=object)
        self._encoding_table = _table(self._names, range(len(self)), default=-1)

    @classmethod
    def fit(cls, counts: Iterable[str]) -> "Labels":
        """The labels that were seen, in the order of their names."""
        return cls(sorted(set(counts)))

    def grow(self, counts: Iterable[str]) -> "Labels":
        """Labels with the same ids for the old ones, and the others that were seen after them."""
        return Labels([*self.names, *sorted(set(counts) - set(self.names))])

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The name of every id."""
        return tuple(self._names)

    def encode(self, strings: tf.Tensor | tf.RaggedTensor) -> tf.Tensor | tf.RaggedTensor:
        """Ids, int32 of the same shape; -1 for unknown labels."""
        return self._encoding_table.lookup(strings)

    def __len__(self) -> int:
        return len(self._names)

    def state(self) -> dict:
        """What `from_state` needs, JSON-able."""
        return {"names": list(self._names)}

    @classmethod
    def from_state(cls, state: Mapping) -> "Labels":
        return cls(state["names"])


def _most_frequent(counts, size, min_count):
    special = ("", PADDING, UNKNOWN)
    kept = [token for token, count in counts.items() if count >= min_count and token not in special]
    return sorted(kept, key=lambda token: (-counts[token], token))[:size]
