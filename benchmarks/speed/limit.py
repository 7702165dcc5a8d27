"""The limit: the time of a layer's matmuls alone, at the best rates that TensorFlow reaches in this process.

Shapes in this file: T time, B batch, F features, U units, G = gates * units.
"""

import os
from itertools import pairwise

import tensorflow as tf

from benchmarks.speed.timing import Contender

GATES = {"SimpleRNN": 1, "LeakyRNN": 1, "own cell": 2, "GRU": 3, "LSTM": 4, "peephole LSTM": 4, "normalised LSTM": 4}


class Matmuls(Contender):
    """The matmuls of a case, each in its best arrangement.

    The forward loop is T times (B, U) (U, G), one after the other; the backward loop T times (B, G) (G, U), its kernel
    transposed beforehand; the large ones are the projection (T B, F) (F, G) and the gradients of the input, the kernel
    and the recurrent kernel. `"forward"` has the projection and the forward loop. Every piece is tried in graph mode
    and compiled by XLA, the loops also with the batch in parts that run in parallel, and the fastest is taken.

    Args:
        case: `Case`.
    """

    def __init__(self, case):
        super().__init__("matmuls", None)
        batch, time, features, units = case.shape
        width, rows = GATES[case.cell] * units, batch * time
        self.directions = 2 if case.bidirectional else 1
        self.pieces = {
            "projection": self._large((rows, features), (features, width)),
            "forward loop": self._loops((time, batch, units), (units, width)),
        }
        if case.work == "training":
            self.pieces |= {
                "backward loop": self._loops((time, batch, width), (width, units)),
                "input gradient": self._large((rows, width), (width, features)),
                "kernel gradient": self._large((features, rows), (rows, width)),
                "recurrent kernel gradient": self._large((units, rows), (rows, width)),
            }

    def prepare(self):
        """Chooses the arrangement of every piece, and joins them in one function."""
        chosen = {name: min(ways, key=lambda way: _fastest(ways[way])) for name, ways in self.pieces.items()}
        self.note = ", ".join(f"{name}: {way}" for name, way in chosen.items())
        steps = [self.pieces[name][way] for name, way in chosen.items()]

        @tf.function
        def one_after_the_other():
            done = []
            for step in steps:
                with tf.control_dependencies(done):
                    done += step()
            return done

        self.step = one_after_the_other
        return super().prepare()

    def _large(self, left, right):
        """A product of two matrices, once for each direction."""
        operands = [(_random(left), _random(right)) for _ in range(self.directions)]
        return {
            words: _calls(tf.function(tf.matmul, jit_compile=jit), operands)
            for words, jit in (("graph", False), ("XLA", True))
        }

    def _loops(self, left, right):
        """Products of every step with one kernel, one after the other, for each direction."""
        operands = [(_random(left), _random(right)) for _ in range(self.directions)]
        arrangements = {}
        for parts in {1, min(os.cpu_count(), left[1])}:
            split = [(part, kernel) for rows, kernel in operands for part in _parts(rows, parts)]
            for words, jit in (("graph", False), ("XLA", True)):
                arrangements[f"{words}, {parts} part(s)"] = _calls(tf.function(_loop, jit_compile=jit), split)
        return arrangements


def _loop(rows, kernel):
    """The last of the products rows_t kernel: (T, B, N), (N, M) to (B, M)."""
    steps, batch, _ = rows.shape

    def body(time, _):
        return time + 1, tf.matmul(rows[time], kernel)

    start = (tf.constant(0), tf.zeros((batch, kernel.shape[1])))
    return tf.while_loop(lambda time, _: time < steps, body, start, parallel_iterations=1, maximum_iterations=steps)[1]


def _calls(function, operands):
    """A function that calls `function` on every pair of operands, which may run in parallel; shows a corner of each."""

    @tf.function
    def run():
        return [function(left, right)[:1, :1] for left, right in operands]

    return run


def _random(shape):
    return tf.random.stateless_normal(shape, seed=(1, 2))


def _parts(rows, count):
    """(T, B, N) in parts of the batch, as even as can be."""
    batch = rows.shape[1]
    bounds = [batch * index // count for index in range(count + 1)]
    return [rows[:, start:end] for start, end in pairwise(bounds)]


def _fastest(step):
    contender = Contender("matmuls", step)
    contender.prepare()
    return min(contender.seconds(1) for _ in range(3))
