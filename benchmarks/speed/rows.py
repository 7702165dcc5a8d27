"""What the results keep of one measurement."""

from benchmarks.speed.timing import interleaved, summary


class Skipped(Exception):
    """This machine or this version cannot measure the case; the message says why."""


def meeting(contenders, seconds, left_out=None):
    """Times contenders turn by turn and summarises them; the first is the base of the ratios.

    Args:
        contenders: Prepared contenders.
        seconds: Number, the budget of `interleaved`.
        left_out: Dictionary of reasons by name, or `None`.
    """
    times = interleaved(contenders, seconds)
    base = contenders[0].name
    results = summary(times, base)
    for each in contenders:
        if each.note:
            results[each.name]["note"] = each.note
    return row(base, "ms", len(times[base]), results, left_out)


def row(base, unit, turns, contenders, left_out=None):
    """A measurement as the results keep it."""
    return {"base": base, "unit": unit, "turns": turns, "contenders": contenders, "left_out": left_out or {}}
