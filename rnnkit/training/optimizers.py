"""Optimizers and learning-rate schedules from their configuration."""

import contextlib
import math
from collections.abc import Callable, Iterator

import keras
import tensorflow as tf

from rnnkit.config.schema import Optimizer, Schedule
from rnnkit.errors import ConfigError

OPTIMIZERS = {
    "adam": keras.optimizers.Adam,
    "adamw": keras.optimizers.AdamW,
    "sgd": keras.optimizers.SGD,
    "rmsprop": keras.optimizers.RMSprop,
    "nadam": keras.optimizers.Nadam,
    "adamax": keras.optimizers.Adamax,
    "adagrad": keras.optimizers.Adagrad,
    "adadelta": keras.optimizers.Adadelta,
    "lion": keras.optimizers.Lion,
}


def factor(schedule: Schedule, step: tf.Tensor, total_steps: int) -> tf.Tensor:
    """Factor of the base learning rate at a step.

    `linear` after a warm-up is the slanted triangle of Howard and Ruder, 2018, arXiv 1801.06146, equation 3.

    Args:
        schedule: its shape, warm-up and final factor.
        step: integer scalar, 0 at the first update.
        total_steps: length of the run in updates.

    Returns:
        float32 scalar in [0, 1].
    """
    step = tf.cast(step, tf.float32)
    warmup = float(schedule.warmup_steps or round(schedule.warmup_share * total_steps))
    rest = max(total_steps - warmup, 1.0)
    done = tf.clip_by_value((step - warmup) / rest, 0.0, 1.0)
    final = schedule.final
    if schedule.name == "linear":
        value = 1.0 - (1.0 - final) * done
    elif schedule.name == "cosine":
        value = final + (1.0 - final) * 0.5 * (1.0 + tf.cos(math.pi * done))
    elif schedule.name == "exponential":
        value = tf.pow(final, done)
    elif schedule.name == "inverse_sqrt":
        value = tf.math.rsqrt(tf.maximum(step / max(warmup, 1.0), 1.0))
    else:
        value = tf.ones(())
    return value * tf.minimum((step + 1.0) / (warmup + 1.0), 1.0)


def make(config: Optimizer, learning_rate: float | Callable[[], tf.Tensor]) -> keras.optimizers.Optimizer:
    """The optimizer of a configuration.

    Args:
        config: its name and options.
        learning_rate: a number, or a function that is asked for one at every update.

    Raises:
        ConfigError: an option that the optimizer does not take.
    """
    options = dict(config.options)
    if config.weight_decay or config.name == "adamw":  # whose own default is not 0
        options["weight_decay"] = config.weight_decay
    with _explained(config):
        return OPTIMIZERS[config.name](learning_rate=learning_rate, **options)


def check(config: Optimizer) -> None:
    """Tries an optimizer on one weight: an option of a wrong type shows in an update only.

    Raises:
        ConfigError: an option that the optimizer does not take.
    """
    optimizer = make(config, config.learning_rate)
    with _explained(config):
        optimizer.apply([tf.zeros((1, 1))], [keras.Variable([[0.0]])])


@contextlib.contextmanager
def _explained(config: Optimizer) -> Iterator[None]:
    try:
        yield
    except (TypeError, ValueError, tf.errors.OpError) as error:
        reason = f"{config.name} does not take {config.options}: {error}"
        raise ConfigError(f"train.optimizer.options: {reason}") from error
