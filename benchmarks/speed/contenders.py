"""Ours and Keras's layers as contenders: the same work with the same weights, proven to be so before it is timed."""

import time

import keras
import numpy as np
import tensorflow as tf

from benchmarks.speed.cells import CELLS, layer_of
from benchmarks.speed.timing import Contender
from rnnkit import layers

BRIEF = 20  # steps of the sequence whose compilation tells how long that of the whole will last
MOST_COMPILING = 60.0  # seconds that an unrolled layer may take to compile


class Workload:
    """The input and the weights that all contenders of a case share.

    Args:
        case: `Case`. With `masked`, sequences are padded on the right, to lengths from half of the time to all of it.

    Attributes:
        inputs: Tensor (batch, time, features).
        mask: Boolean tensor (batch, time), or `None`.
        weights: Arrays in the order of `get_weights`, those of the first layer that was given, its biases random.
    """

    def __init__(self, case):
        self.case = case
        self.random = np.random.default_rng(1)
        batch, length, features, _ = case.shape
        self.inputs = tf.constant(self.random.standard_normal((batch, length, features)), tf.float32)
        lengths = np.linspace(length, (length + 1) // 2, batch).astype(int)
        self.mask = tf.sequence_mask(lengths, length) if case.masked else None
        self.weights = None

    def step(self, layer, jit=False, time=None):
        """The work as a compiled function without arguments, over a layer that is given the shared weights.

        Args:
            layer: Keras layer that returns its last output.
            jit: Boolean, whether XLA compiles the whole step.
            time: Integer, length that the sequence is cut to, or `None`.
        """
        inputs, mask = self.inputs[:, :time], None if self.mask is None else self.mask[:, :time]
        self._share(layer)
        work = _forward(layer, inputs, mask) if self.case.work == "forward" else _training(layer, inputs, mask)
        return tf.function(work, jit_compile=jit, autograph=False)

    def _share(self, layer):
        layer.build(self.inputs.shape)
        if self.weights is None:
            self.weights = [self._random_bias(weight) for weight in layer.weights]
        layer.set_weights(self.weights)

    def _random_bias(self, weight):
        value = weight.numpy()
        return self.random.normal(0.0, 0.1, value.shape).astype("float32") if "bias" in weight.name else value


def _forward(layer, inputs, mask):
    def forward():
        return [layer(inputs, mask=mask, training=False)]

    return forward


def _training(layer, inputs, mask):
    def train():
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            output = layer(inputs, mask=mask, training=True)
            loss = tf.reduce_mean(tf.square(tf.cast(output, tf.float32)))
        weights = [variable.value for variable in layer.trainable_variables]
        return [output, *tape.gradient(loss, [inputs, *weights])]

    return train


def ours(workload, name="ours", jit=False, **options):
    """Our layer of the case as a contender, which notes its engine when it is prepared; `jit` as in `Workload.step`."""
    layer = layer_of(CELLS[workload.case.cell].ours, layers.Bidirectional, workload.case, **options)
    return Ours(name, workload.step(layer, jit), layer, "all XLA" if jit else None)


def our_best_mode(workload):
    """Our layer in the faster of two modes, as Keras's has its modes: a plain graph, and the whole step by XLA.

    Returns:
        The contender, what it computes, and a dictionary with the reason for the other mode.
    """
    plain = ours(workload)
    expected = plain.prepare()
    if tf.config.list_physical_devices("GPU"):
        return plain, expected, {}  # XLA has no cuDNN recurrence
    whole = ours(workload, jit=True)
    check_equal(plain.name, expected, "ours, all XLA", whole.prepare())
    times = {mode: min(mode.seconds(1) for _ in range(9)) for mode in (plain, whole)}
    best, other = sorted(times, key=times.get)
    return best, expected, {f"ours, {other.note}": f"slower, {1000 * times[other]:.3g} ms"}


class Ours(Contender):
    """One of our layers; its note is the engine that it ran on, or the mode.

    Args:
        name, step: As in `Contender`.
        layer: The layer that `step` runs.
        mode: String that the note has instead of the engine, or `None`.
    """

    def __init__(self, name, step, layer, mode=None):
        super().__init__(name, step)
        self.layer = layer
        self.mode = mode

    def prepare(self):
        results = super().prepare()
        engine = self.layer.engine_used
        self.note = self.mode or ("/".join(sorted(set(engine))) if isinstance(engine, tuple) else engine)
        return results


def keras_modes(workload, unrolled_time):
    """Keras's layer of the case in every mode that is worth a try, prepared and proven.

    Args:
        workload: `Workload`.
        unrolled_time: Integer, steps up to which the unrolled layer is tried.

    Returns:
        Contenders, and a dictionary of reasons, by name, for the modes that are not among them.
    """
    contenders, reasons = [], {}
    for unroll, jit in ((False, False), (False, True), (True, False), (True, True)):
        name = "Keras" + " unrolled" * unroll + (" XLA" if jit else " graph")
        if unroll and workload.case.shape.time > unrolled_time:
            reasons[name] = f"not tried beyond {unrolled_time} steps"
        elif unroll and (expected := _compiling(workload, jit)) > MOST_COMPILING:
            reasons[name] = f"would compile for about {expected:.0f} s"
        else:
            contenders.append(Contender(name, workload.step(_keras_layer(workload.case, unroll), jit)))
    return contenders, reasons


def _keras_layer(case, unroll):
    return layer_of(CELLS[case.cell].keras, keras.layers.Bidirectional, case, unroll=unroll)


def _compiling(workload, jit):
    """Seconds that the unrolled layer will take to compile, told from a brief sequence; XLA's grow with its square."""
    steps = min(BRIEF, workload.case.shape.time)
    started = time.perf_counter()
    workload.step(_keras_layer(workload.case, True), jit, time=steps)()
    return (time.perf_counter() - started) * (workload.case.shape.time / steps) ** (2 if jit else 1)


def check_equal(base, expected, name, results):
    """Raises a ValueError where two contenders do not do the same work.

    Args:
        base, name: Strings, their names.
        expected, results: Arrays: the output, then gradients; as many are compared as both have.
    """
    close = 2e-2 if tf.config.list_physical_devices("GPU") else 1e-4  # a GPU rounds to TensorFloat-32
    for index, (one, other) in enumerate(zip(expected, results)):
        one, other = np.float32(one), np.float32(other)
        scale = np.abs(one).max()
        apart = np.abs(one - other).max() if one.shape == other.shape else np.inf
        allowed = close * max(scale, 1.0) if index == 0 else 10 * close * scale
        if not apart <= allowed:
            what = "output" if index == 0 else f"gradient {index}"
            raise ValueError(f"{name} does not do the work of {base}: its {what} is {apart:.1e} off, of {scale:.1e}")
