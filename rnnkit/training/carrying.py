"""States that go from one batch of running text to the next."""

from collections.abc import Mapping

import tensorflow as tf


def with_states(inputs: dict, states: Mapping) -> dict:
    """What a model reads of a batch: its inputs, and the states that it goes on from.

    Args:
        inputs: of the batch; with states, `begins` (rows,) bool among them.
        states: (rows, width) by name, tensors or variables; none for a model without.

    Returns:
        The inputs without `begins`, and the states, zero in the rows that begin. Without states the inputs as they are.
    """
    if not states:
        return inputs
    begins = inputs["begins"][:, None]
    kept = {name: tf.where(begins, tf.zeros_like(state), state) for name, state in states.items()}
    return {name: value for name, value in inputs.items() if name != "begins"} | kept


def states_of(outputs, names) -> dict:
    """The states among a model's outputs; none where `names` is empty."""
    return {name: outputs[name] for name in names}
