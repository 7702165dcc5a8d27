"""Times a training step of our layers and of Keras's on the same work, turn by turn, and prints ratios.

python -m benchmarks.speed [--rounds 15] [--shapes 8x200x16x32,64x100x128x256]
"""

import itertools
import statistics
import time

import click
import keras
import numpy as np
import tensorflow as tf

from rnnkit import layers

CELLS = {
    "SimpleRNN": (layers.SimpleRNN, keras.layers.SimpleRNN),
    "GRU": (layers.GRU, keras.layers.GRU),
    "LSTM": (layers.LSTM, keras.layers.LSTM),
}
SHAPES = "8x200x16x32,32x50x64x128,64x100x128x256,16x200x256x512"


@click.command()
@click.option("--rounds", default=15, help="Timed turns of each contender; medians are compared.")
@click.option("--shapes", default=SHAPES, help="batch x time x input x units, with commas.")
def main(rounds: int, shapes: str) -> None:
    """Compare training steps (loss and all gradients, graph mode) with Keras's layers."""
    device = tf.config.list_physical_devices()[-1].device_type
    click.echo(f"TensorFlow {tf.__version__}, Keras {keras.__version__}, {device}\n")
    click.echo("| cell | batch, time, input, units | ours ms | Keras ms | Keras / ours (10 to 90 % of turns) |")
    click.echo("|---" * 5 + "|")
    for shape, name in itertools.product(shapes.split(","), CELLS):
        batch, length, features, units = map(int, shape.split("x"))
        ours, theirs = CELLS[name]
        contenders = _steps((batch, length, features), ours(units), theirs(units))
        times = _interleaved(contenders, rounds)
        ratios = sorted(b / a for a, b in zip(*times))
        low, high = ratios[len(ratios) // 10], ratios[-1 - len(ratios) // 10]
        medians = [1000 * statistics.median(each) for each in times]
        click.echo(
            f"| {name} | {batch}, {length}, {features}, {units} | {medians[0]:.2f} | {medians[1]:.2f} "
            f"| **{statistics.median(ratios):.2f}** ({low:.2f} to {high:.2f}) |"
        )


def _steps(shape: tuple[int, int, int], *contenders) -> list:
    """Compiled training steps over the same inputs, with the same weights."""
    inputs = tf.constant(np.random.default_rng(1).standard_normal(shape), tf.float32)
    for layer in contenders:
        layer.build(shape)
        layer.set_weights(contenders[0].get_weights())
    return [_step(layer, inputs) for layer in contenders]


def _step(layer, inputs):
    @tf.function
    def step():
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            loss = tf.reduce_mean(tf.square(layer(inputs, training=True)))
        return tape.gradient(loss, [inputs, *(v.value for v in layer.trainable_variables)])

    return lambda: [gradient.numpy() for gradient in step()][-1]


def _interleaved(steps: list, rounds: int) -> list[list[float]]:
    """Seconds of every step in every round, after three that are not counted."""
    times = [[] for _ in steps]
    for turn in range(rounds + 3):
        for step, each in zip(steps, times):
            started = time.perf_counter()
            step()
            if turn >= 3:
                each.append(time.perf_counter() - started)
    return times


if __name__ == "__main__":
    main()
