"""Merging pairs of many strings at once, against one pair of one string at a time."""

import itertools
import random

import pytest
import tensorflow as tf

from rnnkit.data.units.merging import FIRST_BYTE, PairMerging, pieces_of
from rnnkit.errors import ArtifactError

A, B, C = (FIRST_BYTE + ord(letter) for letter in "abc")


def reference(string, merges, results):
    """The definition: of all pairs that may be merged, the one of lowest rank, of these the leftmost; and again."""
    ids, ranks = [FIRST_BYTE + byte for byte in string], {tuple(pair): rank for rank, pair in enumerate(merges)}
    while found := [(ranks[pair], place) for place, pair in enumerate(itertools.pairwise(ids)) if pair in ranks]:
        rank, place = min(found)
        ids[place : place + 2] = [results[rank]]
    return ids


def merging(merges):
    pieces, results = pieces_of(merges)
    return PairMerging(merges, results, len(pieces)), results


def random_merges(draw, letters, count):
    """Merges of parts that exist, many of which make the same bytes in different ways."""
    merges = []
    while len(merges) < count:
        pieces, _ = pieces_of(merges)
        parts = [*(FIRST_BYTE + letter for letter in letters), *range(FIRST_BYTE + 256, len(pieces))]
        pair = (draw.choice(parts), draw.choice(parts))
        if pair not in merges and len(pieces[pair[0]] + pieces[pair[1]]) < 7:
            merges.append(pair)
    return merges


def test_ids_of_merges():
    pieces, results = pieces_of([(A, B), (B, C), (260, C), (A, 261), (262, 262)])
    assert pieces[:4] == [b"<pad>", b"<unk>", b"<s>", b"</s>"] and pieces[4:260] == [bytes([b]) for b in range(256)]
    assert pieces[260:] == [b"ab", b"bc", b"abc", b"abcabc"]
    assert results == [260, 261, 262, 262, 263]


@pytest.mark.parametrize("pair", [(3, A), (A, 261), (A, -1)])
def test_a_merge_of_what_does_not_exist(pair):
    with pytest.raises(ArtifactError, match=r"merge 1: it joins .*, ids must be 4 to 260"):
        pieces_of([(A, B), pair])


@pytest.mark.parametrize("seed", range(20))
def test_all_short_strings(seed):
    draw = random.Random(seed)
    letters = b"ab" if seed % 2 else b"abc"
    merges = random_merges(draw, letters, draw.randint(1, 12))
    strings = [bytes(s) for length in range(9 if seed % 2 else 6) for s in itertools.product(letters, repeat=length)]
    draw.shuffle(strings)
    merge, results = merging(merges)
    assert merge(tf.constant(strings)).to_list() == [reference(string, merges, results) for string in strings]


def test_a_merge_whose_token_is_taken_up_by_an_earlier_one():
    merges = [(B, C), (A, B), (261, C), (262, A), (A, 260)]  # the third and the last make abc
    merge, results = merging(merges)
    assert results[2] == results[4] == 262
    assert merge(tf.constant([b"abcabc"])).to_list() == [reference(b"abcabc", merges, results)] == [[263, 260]]


@pytest.mark.parametrize("strings", [[], [b""], [b"", b"a", b"", b"ab", b""], [b"a"], [bytes(range(256))]])
def test_little_to_do(strings):
    for merges in ([], [(A, B)]):
        merge, results = merging(merges)
        found = merge(tf.constant(strings, tf.string)).to_list()
        assert found == [reference(string, merges, results) for string in strings]


def test_pairs_reach_over_no_end_of_a_string():
    merge, _ = merging([(A, B)])
    assert merge(tf.constant([b"a", b"b", b"ab", b"b"])).to_list() == [[A], [B], [260], [B]]


def test_a_long_run():
    merges = [(A, A), (260, 260), (261, A)]
    merge, results = merging(merges)
    strings = [b"a" * length for length in range(40)]
    assert merge(tf.constant(strings)).to_list() == [reference(string, merges, results) for string in strings]
    assert merge(tf.constant([b"a" * 10_001])).to_list() == [[261] * 2499 + [262]]
