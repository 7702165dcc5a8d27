"""What the loops ask of a `step`: scores for the next token; and of states: to stop, multiply and move with rows."""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import tensorflow as tf

Step = Callable[[tf.Tensor, Any], tuple]
Constraint = Callable[[tf.Tensor, tf.Tensor, tf.Tensor], tf.Tensor]


class Scored(NamedTuple):
    """What a step gives: (rows, vocabulary) float32 log-probabilities under all constraints, state, extras."""

    log_probabilities: tf.Tensor
    state: Any
    extras: Any


class Scorer:
    """A step and its constraints.

    Args:
        step: see `rnnkit.decoding`.
        constraints: see `rnnkit.decoding.constraints`.
    """

    def __init__(self, step: Step, constraints: Iterable[Constraint]):
        self.step, self.constraints = step, tuple(constraints)

    def __call__(self, last, state, tokens, time) -> Scored:
        """Reads the last tokens (rows,) in their states; `tokens` (rows, max_length) and `time` are for constraints.

        Raises:
            ValueError: if the step returns something else than it should.
        """
        returned = self.step(last, state)
        if not isinstance(returned, tuple | list) or len(returned) not in (2, 3):
            raise ValueError(f"step: it must return (logits, state) or (logits, state, extras), got {returned!r}")
        logits, after, extras = (*returned, ()) if len(returned) == 2 else returned
        logits = tf.convert_to_tensor(logits)
        if logits.shape.rank != 2 or logits.shape[-1] is None:
            raise ValueError(f"step: logits of shape (rows, vocabulary), known, are needed, got {logits.shape}")
        scores = tf.nn.log_softmax(tf.cast(logits, tf.float32))
        for constraint in self.constraints:
            scores = tf.ensure_shape(constraint(scores, tokens, time), scores.shape)
        return Scored(scores, _like(state, after), tf.nest.map_structure(tf.convert_to_tensor, extras))


def initial(start, state):
    """(rows,) int32 tokens and the state as tensors; a ValueError tells of a start of another shape."""
    start = tf.cast(tf.convert_to_tensor(start), tf.int32)
    if start.shape.rank != 1:
        raise ValueError(f"start: one token for every row, shape (rows,), is needed, got the shape {start.shape}")
    return start, tf.nest.map_structure(tf.convert_to_tensor, state)


def one_each(name, values, start, dtype):
    """`values` as a (rows,) tensor; a ValueError names them where there is not one for every row of `start`."""
    values = tf.cast(tf.convert_to_tensor(values), dtype)
    if values.shape.rank != 1 or not values.shape.is_compatible_with(start.shape):
        raise ValueError(f"{name}: one integer for every row, shape {start.shape}, is needed, got {values.shape}")
    return values


def row_limits(limits, start, options):
    """The greatest length of every row, (rows,) int32: `limits`, or everywhere the options' `max_length`."""
    if limits is None:
        return of_rows(start, options.max_length)
    return tf.clip_by_value(one_each("limits", limits, start, tf.int32), 1, options.max_length)


def frozen(done, before, after):
    """A nest `after`, but as `before` in the rows that are done, (rows,) bool. What is the same tensor stays it."""

    def choose(old, new):
        if new is old:
            return new
        return tf.where(tf.reshape(done, [-1] + [1] * (old.shape.rank - 1)), old, new)

    return tf.nest.map_structure(choose, before, after)


def alike(before, after):
    """A nest `after` whose tensors are known to have the shapes of those `before`, as a loop needs it."""

    def shaped(old, new):
        new.set_shape(old.shape)
        return new

    return tf.nest.map_structure(shaped, before, after)


def of_rows(start, value):
    """A tensor for every row of `start` (rows,): (rows, ...)."""
    return tf.broadcast_to(value, tf.concat([tf.shape(start), tf.shape(value)], axis=0))


def multiplied(state, times):
    """A nest with every row `times` times, one after the other."""
    return tf.nest.map_structure(lambda tensor: tf.repeat(tensor, times, axis=0), state)


def reordered(before, after, rows):
    """A nest `after` with its rows in another order, (rows,) int32, that only changes places among rows of equal start.

    In a graph, a tensor that `step` handed on untouched needs no reordering: its rows are still equal. (Run eagerly, it
    may have been touched at an earlier step.)
    """

    def move(old, new):
        return new if new is old and not tf.executing_eagerly() else tf.gather(new, rows)

    return tf.nest.map_structure(move, before, after)


def written(tokens, time, values):
    """(..., max_length) tokens with `values` (...) at position `time`."""
    return tf.where(tf.range(tokens.shape[-1]) == time, values[..., None], tokens)


def _like(before, after):
    """State `after` as tensors in the structure of `before`."""
    old, new = tf.nest.flatten(before), tf.nest.flatten(after)
    if len(old) != len(new):
        raise ValueError(f"step: the state must come back with {len(old)} tensors, as it went in, got {len(new)}")
    new = [tf.convert_to_tensor(tensor) for tensor in new]
    for one, other in zip(old, new):
        if one.dtype != other.dtype or not one.shape.is_compatible_with(other.shape):
            gave, got = (f"{tensor.dtype.name} {tensor.shape}" for tensor in (one, other))
            raise ValueError(f"step: a state that goes in as {gave} must come back as such, got {got}")
    return tf.nest.pack_sequence_as(before, new)
