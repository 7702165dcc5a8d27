"""Time cut into chunks of equal length, which a loop can take side by side.

Shapes in this file: T time, L length of a chunk, C chunks, B batch, F features.
"""

from dataclasses import dataclass

import tensorflow as tf

from rnnkit.engines.layout import known_shape

STEPS = 32  # of a chunk at least: below, the three loops have more turns than one plain loop
ENTRIES = 2**20  # of what a turn handles at most: above, it comes from memory and not from a cache


@dataclass(frozen=True)
class Chunks:
    """Time cut into `count` chunks of `length` steps, of which the last chunk may lack some."""

    time: int | tf.Tensor
    length: int | tf.Tensor
    count: int | tf.Tensor

    @classmethod
    def of(cls, inputs, count, units):
        """The chunks for inputs (B, T, F), as many as are fast unless `count` says how many."""
        batch, time, _ = known_shape(inputs)
        if count is None:
            count = _at_least_1(_smaller(time // STEPS, ENTRIES // _at_least_1(batch * units)))
        length = _at_least_1((time + count - 1) // count)
        return cls(time, length, _at_least_1((time + length - 1) // length))

    @classmethod
    def of_steps(cls, time, entries):
        """The chunks for steps that do not depend on each other, of so many entries each: few turns, none too large."""
        count = _at_least_1(_smaller(time, ENTRIES // _at_least_1(entries)))
        return cls(time, _at_least_1((time + count - 1) // count), count)

    def cut(self, sequences):
        """(B, T, width) to (L, C, B, width), zeros where the last chunk lacks steps."""
        batch, _, width = known_shape(sequences)
        lacking = self.length * self.count - self.time
        padded = sequences if _is(lacking, 0) else tf.pad(sequences, [[0, 0], [0, lacking], [0, 0]])
        return tf.transpose(tf.reshape(padded, (batch, self.count, self.length, width)), (2, 1, 0, 3))

    def cut_mask(self, mask):
        """Booleans (T, B, 1), or `None`, to (L, C, B, 1), false where the last chunk lacks steps."""
        return None if mask is None else self.cut(tf.transpose(tf.cast(mask, tf.int32), (1, 0, 2))) > 0

    def join(self, chunks):
        """(L, C, B, width) to (B, T, width)."""
        _, _, batch, width = known_shape(chunks)
        joined = tf.reshape(tf.transpose(chunks, (2, 1, 0, 3)), (batch, self.count * self.length, width))
        return joined if _is(self.length * self.count - self.time, 0) else joined[:, : self.time]

    def last(self, chunks, before):
        """The last step of (L, C, B, width), or `before` where there is none: (B, width)."""
        if _is(self.time, 0):
            return before
        step = self.time - 1 - (self.count - 1) * self.length
        if not isinstance(self.time, tf.Tensor):
            return chunks[step, self.count - 1]
        return tf.cond(self.time > 0, lambda: chunks[step, self.count - 1], lambda: before)


def _at_least_1(number):
    return tf.maximum(number, 1) if isinstance(number, tf.Tensor) else max(number, 1)


def _smaller(one, other):
    tensors = isinstance(one, tf.Tensor) or isinstance(other, tf.Tensor)
    return tf.minimum(one, other) if tensors else min(one, other)


def _is(number, value):
    """Whether a number is known before the graph runs, and is `value`."""
    return not isinstance(number, tf.Tensor) and number == value
