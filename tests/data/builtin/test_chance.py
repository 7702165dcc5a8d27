"""Random choices: the same everywhere, within their bounds, spread as they should be."""

from collections import Counter

from rnnkit.data.builtin.chance import Draw, held_out_split, place_of


def test_the_choices_are_pinned():
    draw = Draw(7)
    assert [draw.below(100) for _ in range(6)] == [32, 15, 65, 7, 53, 36]
    assert draw.shuffled("abcdef") == ["c", "a", "e", "f", "d", "b"]


def test_choices_stay_within_their_bounds_and_take_all():
    draw = Draw(1)
    assert {draw.below(4) for _ in range(200)} == {0, 1, 2, 3}
    assert {draw.between(-1, 2) for _ in range(200)} == {-1, 0, 1, 2}
    assert {draw.one_of("xyz") for _ in range(200)} == set("xyz")
    assert not any(draw.happens(0.0) for _ in range(200)) and all(draw.happens(1.0) for _ in range(200))


def test_weights_are_shares():
    draw = Draw(2)
    found = Counter(draw.weighted([(3, "a"), (1, "b"), (0, "c")]) for _ in range(4_000))
    assert found["c"] == 0 and abs(found["a"] / 4_000 - 0.75) < 0.03


def test_shuffling_keeps_every_item():
    draw = Draw(3)
    assert sorted(draw.shuffled(range(50))) == list(range(50))
    assert draw.shuffled([]) == []


def test_keys_spread_evenly_and_stay():
    found = Counter(held_out_split(f"key {number}") for number in range(10_000))
    assert abs(found["train"] - 8_000) < 150 and abs(found["test"] - 1_000) < 120 and found["validation"] > 880
    assert place_of("rnnkit", 1_000) == 566
