"""Zoneout: states that stay as they were, at random (Krueger et al., 2016, arXiv 1606.01305)."""

import keras
from keras import ops

from rnnkit.cells import arguments


def checked_rates(owner, zoneout, states):
    """Returns the argument `zoneout` as a float, or as a list of floats, one for each of `states` states."""
    if not isinstance(zoneout, (list, tuple)):
        return arguments.rate(owner, "zoneout", zoneout)
    if len(zoneout) != states:
        raise ValueError(
            f"{owner}: argument `zoneout` must be a number, or a list of {states} numbers, one for each state. "
            f"Received: zoneout={zoneout!r}"
        )
    return [arguments.rate(owner, "zoneout", rate) for rate in zoneout]


def draw_kept(rates, shapes, seed):
    """Draws which entries stay: a list of boolean tensors of the given shapes, `None` where the rate is 0."""
    return [keras.random.uniform(shape, seed=seed) < rate if rate else None for rate, shape in zip(rates, shapes)]


def zoned_out(rates, kept, new_states, states):
    """The new states after zoneout.

    Args:
        rates: Numbers in [0, 1), one for each state.
        kept: Boolean tensors (batch, width), true where the old entry stays, or `None` where there is no zoneout; or
            `None` for the expectation, rate * old + (1 - rate) * new.
        new_states, states: Tensors (batch, width).

    Returns:
        Tuple of tensors (batch, width).
    """
    if kept is None:
        mixed = [rate * old + (1.0 - rate) * new for rate, new, old in zip(rates, new_states, states)]
        return tuple(between if rate else new for rate, between, new in zip(rates, mixed, new_states))
    return tuple(
        new if stays is None else ops.where(stays, old, new) for stays, new, old in zip(kept, new_states, states)
    )
