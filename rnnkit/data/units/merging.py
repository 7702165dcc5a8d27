"""Byte pairs merged by rank, for many strings at a time: the encoding half of byte-pair encoding."""

from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from rnnkit.data.units.base import SPECIAL
from rnnkit.errors import ArtifactError

FIRST_BYTE = len(SPECIAL)
BYTES = 256


def pieces_of(merges: Sequence[tuple[int, int]]) -> tuple[list[bytes], list[int]]:
    """What the ids stand for, when pairs of ids are merged in this order.

    After the special tokens and the 256 bytes, a merge has the next id, unless an earlier one makes the same bytes.

    Args:
        merges: Pairs of ids, each of a byte or of an earlier merge.

    Returns:
        The bytes of every id, and the id that each merge results in.

    Raises:
        ArtifactError: If a merge joins what does not exist yet.
    """
    pieces = [*(name.encode() for name in SPECIAL), *(bytes([byte]) for byte in range(BYTES))]
    ids = {piece: index for index, piece in enumerate(pieces) if index >= FIRST_BYTE}
    results = []
    for rank, pair in enumerate(merges):
        if not all(FIRST_BYTE <= part < len(pieces) for part in pair):
            raise ArtifactError(f"merge {rank}: it joins {tuple(pair)}, ids must be {FIRST_BYTE} to {len(pieces) - 1}")
        piece = pieces[pair[0]] + pieces[pair[1]]
        if piece not in ids:
            ids[piece] = len(pieces)
            pieces.append(piece)
        results.append(ids[piece])
    return pieces, results


class PairMerging(tf.Module):
    """Strings of bytes to the ids of their parts.

    Every string starts as its bytes. The adjacent pair of lowest rank is merged, the leftmost if there are several,
    until none is left that may be merged (Sennrich et al. 2016, arXiv:1508.07909, on bytes). A turn does so in all
    strings at once, and with all pairs of a string's lowest rank, from left to right; a string takes as many turns as
    it has merges of different rank.

    The latter is the same as one pair at a time, unless a merge makes a token that a merge of lower rank takes up
    (which needs two merges that make the same bytes). Of such *early* merges a turn does only the leftmost.

    Args:
        merges: Pairs of ids by rank, `(merges, 2)`.
        results: The id that each results in.
        size: How many ids there are.
    """

    def __init__(self, merges: Sequence[tuple[int, int]], results: Sequence[int], size: int):
        super().__init__()
        pairs = np.array(merges, np.int64).reshape(-1, 2)
        ranks = np.arange(len(pairs), dtype=np.int32)
        self._size = size
        self._none = len(pairs)  # the rank of a pair that is not merged
        self._results = np.array([*results, 0], np.int32)
        first_use = np.full(size, len(pairs), np.int32)
        np.minimum.at(first_use, pairs, ranks[:, None])
        self._early = np.append(first_use[self._results[:-1]] < ranks, False)
        keys = [-1, *(pairs[:, 0] * size + pairs[:, 1])]  # -1 is no pair: a table may not be empty
        values = [self._none, *ranks]
        initializer = tf.lookup.KeyValueTensorInitializer(keys, values, tf.int64, tf.int32)
        self._table = tf.lookup.StaticHashTable(initializer, default_value=self._none)

    def __call__(self, strings: tf.Tensor) -> tf.RaggedTensor:
        """Strings `(n,)` to ids, ragged `(n, None)` int32."""
        with tf.device("CPU:0"):  # where strings and tables are
            symbols = tf.cast(tf.io.decode_raw(tf.strings.reduce_join(strings), tf.uint8), tf.int32) + FIRST_BYTE
            owners = _owners(tf.strings.length(strings), tf.size(symbols))
            symbols, owners, _ = tf.while_loop(
                lambda symbols, owners, ranks: tf.reduce_any(ranks < self._none),
                self._turn,
                (symbols, owners, self._ranks(symbols, owners)),
                shape_invariants=(tf.TensorShape([None]),) * 3,
            )
            rows = tf.size(strings, out_type=tf.int64)
            return tf.RaggedTensor.from_value_rowids(symbols, tf.cast(owners, tf.int64), rows, validate=False)

    def _ranks(self, symbols, owners):
        """Ranks of the pairs of symbols `(n,)`: `(n - 1,)`."""
        left, right = tf.cast(symbols[:-1], tf.int64), tf.cast(symbols[1:], tf.int64)
        ranks = self._table.lookup(left * self._size + right)
        return tf.where(owners[:-1] == owners[1:], ranks, self._none)

    def _turn(self, symbols, owners, ranks):
        merged = self._merged(owners[:-1], ranks)  # (n - 1,) bool
        lefts = tf.where(merged, tf.gather(self._results, ranks), symbols[:-1])
        symbols = tf.concat([lefts, symbols[-1:]], axis=0)
        stays = tf.concat([[True], ~merged], axis=0)
        symbols, owners = tf.boolean_mask(symbols, stays), tf.boolean_mask(owners, stays)
        return symbols, owners, self._ranks(symbols, owners)

    def _merged(self, owners, ranks):
        """Which pairs are merged in this turn, `(n - 1,)` bool, at least one of them."""
        count = tf.size(ranks, out_type=tf.int64)
        places = tf.range(count)
        order = tf.cast(ranks, tf.int64) * count + places  # by rank, then from the left
        first = tf.gather(tf.math.segment_min(order, owners), owners)
        lowest = (ranks == tf.cast(first // count, tf.int32)) & (ranks < self._none)
        once = tf.gather(self._early, ranks)
        return lowest & _every_other(lowest, places) & (~once | (order == first))


def _owners(lengths, count):
    """Which string each of `count` bytes belongs to, `(count,)` int32; tf.repeat would pad to the longest."""
    begins = tf.cumsum(lengths, exclusive=True)
    begun = tf.math.unsorted_segment_sum(tf.ones_like(begins), begins, count + 1)[:-1]
    return tf.cumsum(begun) - 1


def _every_other(flags, places):
    """The first, third, fifth, … of every run of adjacent flags: pairs that do not overlap."""
    begins = flags & ~tf.concat([[False], flags[:-1]], axis=0)
    begin = tf.gather(tf.boolean_mask(places, begins), tf.maximum(tf.cumsum(tf.cast(begins, tf.int32)) - 1, 0))
    return (places - begin) % 2 == 0
