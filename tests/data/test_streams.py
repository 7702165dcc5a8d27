"""Running text in windows: what follows what, where rows begin, and that nothing is lost or scored twice."""

import numpy as np
import pytest

from rnnkit.data.corpus import Split
from rnnkit.data.streams import NO_TARGET, ScoringWindows, Stream, TrainingWindows, read_stream
from rnnkit.data.units import END_ID, Characters, Words, fit_unit
from rnnkit.errors import DataError


def stream(count):
    """A stream whose ids are their places, from 10 on, so that none is padding."""
    return Stream("train split", np.arange(10, 10 + count, dtype=np.int32), 2 * count)


def split(*texts):
    return Split("train", "running", lambda skips: iter([{"text": text} for text in texts]), "stop")


def arrays(windows, number=0, skip=0):
    """(tokens, targets, begins) of every batch of an epoch."""
    batches = windows.epoch(number, skip)
    return [(inputs["tokens"].numpy(), targets.numpy(), inputs["begins"].numpy()) for inputs, targets in batches]


# === reading ===


@pytest.mark.parametrize("end", [False, True])
def test_documents_are_joined_and_characters_counted(end):
    unit = Characters.fit(["abü\n"])
    found = read_stream(split("ab", "ü\n"), unit, end)
    ids = [unit.names.index(character) for character in "abü\n"]
    assert found.ids.tolist() == ([*ids[:2], END_ID, *ids[2:], END_ID] if end else ids)
    assert found.ids.dtype == np.int32 and found.characters == 4
    assert found.characters_per_token == (4 / 6 if end else 1.0)


def test_characters_of_words_count_the_blanks():
    found = read_stream(split("the cat sat"), Words.fit(["the cat sat"]))
    assert (len(found.ids), found.characters) == (3, 11)


def test_an_unknown_character_is_named():
    with pytest.raises(DataError, match=r"train split, example 1, text: position 2 .*'é' \(U\+00E9\)"):
        read_stream(split("ab", "bbé"), Characters.fit(["ab"]))


@pytest.mark.parametrize(("unit", "options"), [("char", {}), ("word", {}), ("bpe", {"size": 300})])
def test_every_unit(unit, options):
    texts = ["It was a cat.\n", "It was not a dog.\n"]
    found = read_stream(split(*texts), fit_unit(unit, texts, **options))
    assert found.ids.min() > END_ID and found.characters == sum(map(len, texts))


# === training ===


def test_rows_go_on_from_batch_to_batch():
    windows = TrainingWindows(stream(100), rows=3, window=8, seed=1)
    batches = arrays(windows)
    assert len(batches) == windows.steps_per_epoch == 99 // 24 and windows.shapes == 1
    tokens, targets = (np.concatenate([batch[i] for batch in batches], axis=1) for i in (0, 1))
    assert tokens.shape == (3, 32) and tokens.dtype == targets.dtype == np.int32
    ring = (tokens - 10 + 1) % 100 + 10
    real = targets != NO_TARGET
    np.testing.assert_array_equal(targets[real], ring[real])
    assert np.all(tokens[~real] == 109), "nothing is predicted from the last token"
    assert [batch[2].tolist() for batch in batches] == [[True] * 3] + [[False] * 3] * 3
    assert len(np.unique(tokens)) == tokens.size


def test_epochs_begin_elsewhere_and_are_functions_of_seed_and_number():
    def first(seed, number):
        return arrays(TrainingWindows(stream(1000), 2, 10, seed), number)[0][0]

    np.testing.assert_array_equal(first(1, 3), first(1, 3))
    begins = {int(first(seed, number)[0, 0]) for seed in (1, 2) for number in range(5)}
    assert len(begins) == 10


def test_an_epoch_can_be_taken_up_in_its_middle():
    windows = TrainingWindows(stream(200), 2, 10, seed=1)
    for whole, rest in zip(arrays(windows, 2)[4:], arrays(windows, 2, skip=4), strict=True):
        for one, other in zip(whole, rest):
            np.testing.assert_array_equal(one, other)


def test_a_corpus_that_fills_no_batch_is_refused():
    assert TrainingWindows(stream(25), 3, 8, seed=1).steps_per_epoch == 1
    with pytest.raises(
        DataError,
        match=r"train split: has 24 tokens, and one batch needs 25, that is train\.batch_size \(3\) × train\.window "
        r"\(8\) and one more; give more text, or lower one of the two",
    ):
        TrainingWindows(stream(24), 3, 8, seed=1)


def test_the_digest_stands_for_the_ids():
    digests = {TrainingWindows(each, 1, 4, 1).digest for each in (stream(20), stream(21), stream(20))}
    assert len(digests) == 2


# === scoring ===


@pytest.mark.parametrize("count", [2, 7, 50, 101])
@pytest.mark.parametrize("rows", [1, 3, 40])
@pytest.mark.parametrize("carry", [False, True])
def test_every_token_but_the_first_is_scored_once(count, rows, carry):
    windows = ScoringWindows(stream(count), rows, 5, carry)
    batches = arrays(windows)
    assert len(batches) == windows.steps_per_epoch
    tokens, targets = (np.concatenate([batch[i] for batch in batches], axis=1) for i in (0, 1))
    real = targets != NO_TARGET
    assert sorted(targets[real].tolist()) == list(range(11, 10 + count))
    np.testing.assert_array_equal(tokens[real] + 1, targets[real])
    assert len({batch[0].shape for batch in batches}) == 1 and windows.rows <= rows


def test_rows_but_the_first_are_warmed_up_by_the_window_before():
    batches = arrays(ScoringWindows(stream(61), 3, 10))
    (first, targets, begins), (second, _, begins_then), *_ = batches
    assert np.all(targets == NO_TARGET) and begins.all()
    np.testing.assert_array_equal(begins_then, [True, False, False])
    np.testing.assert_array_equal(first[1:, -1] + 1, second[1:, 0])
    assert second[0, 0] == 10 and not any(batch[2].any() for batch in batches[2:])


def test_one_row_is_read_once():
    windows = ScoringWindows(stream(61), 1, 10)
    assert windows.steps_per_epoch == 6 and [batch[2].item() for batch in arrays(windows)] == [True] + [False] * 5


def test_windows_on_their_own_all_begin():
    assert all(begins.all() for _, _, begins in arrays(ScoringWindows(stream(61), 3, 10, carry=False)))


def test_nothing_to_predict():
    with pytest.raises(DataError, match="has one token; at least two are needed"):
        ScoringWindows(stream(1), 3, 10)
