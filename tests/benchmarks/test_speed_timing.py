"""Turns, ratios and spreads, over contenders whose seconds are made up."""

import itertools

import pytest

from benchmarks.speed.timing import TURN, interleaved, quickest, spread, summary


class Scripted:
    """A contender whose runs take the given seconds, again and again; notes its calls in a shared list."""

    def __init__(self, name, seconds, calls):
        self.name = name
        self.script = itertools.cycle(seconds)
        self.calls = calls

    def seconds(self, repeats):
        self.calls.append((self.name, repeats))
        return next(self.script)


def test_everyone_has_its_turn_in_every_round_even_without_time():
    calls = []
    contenders = [Scripted("slow", [1.0], calls), Scripted("fast", [2 * TURN], calls)]
    times = interleaved(contenders, budget=0, least=5, most=9)
    assert times == {"slow": [1.0] * 5, "fast": [2 * TURN] * 5}
    rounds = [{name for name, _ in calls[4 + start : 6 + start]} for start in range(0, 10, 2)]
    assert rounds == [{"slow", "fast"}] * 5
    assert len({tuple(calls[4 + start : 6 + start]) for start in range(0, 10, 2)}) == 2, "the order never changes"


def test_rounds_end_at_most_however_much_time_there_is():
    times = interleaved([Scripted("one", [1.0], [])], budget=60, least=2, most=3)
    assert len(times["one"]) == 3


def test_short_work_is_repeated_until_a_turn_is_long_enough_after_a_run_that_does_not_count():
    calls = []
    interleaved([Scripted("short", [TURN / 4], calls)], budget=0, least=1)
    assert calls[2:] == [("short", 1), ("short", 4)]


def test_ratios_are_taken_turn_by_turn():
    result = summary({"ours": [0.001, 0.002, 0.004], "other": [0.002, 0.004, 0.012]}, "ours")
    assert result["ours"] == {"value": [1.0, 2.0, 4.0], "ratio": [1.0, 1.0, 1.0]}
    assert result["other"] == {"value": [2.0, 4.0, 12.0], "ratio": [2.0, 2.0, 3.0]}


@pytest.mark.parametrize(("count", "expected"), [(1, [0, 0, 0]), (9, [0, 4, 8]), (11, [1, 5, 9]), (21, [2, 10, 18])])
def test_spread_leaves_out_a_tenth_at_each_end(count, expected):
    assert spread(range(count)) == expected


def test_quickest_leaves_out_what_takes_more_than_twice_as_long():
    contenders = [Scripted("a", [3.0, 1.0, 3.0], []), Scripted("b", [2.0], []), Scripted("c", [2.5, 2.1], [])]
    stay, slower = quickest(contenders)
    assert [each.name for each in stay] == ["a", "b"]
    assert slower == {"c": 2.1}
