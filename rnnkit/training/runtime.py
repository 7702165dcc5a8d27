"""Devices, threads, precision and determinism of a process that trains or predicts."""

import contextlib
import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass

import keras
import tensorflow as tf

from rnnkit.config.schema import Train
from rnnkit.errors import ConfigError


@dataclass(frozen=True)
class Runtime:
    """Where a run's arithmetic happens.

    Attributes:
        strategy: distribution strategy whose scope variables are made in.
        description: the devices in words, as printed.
    """

    strategy: tf.distribute.Strategy
    description: str

    @property
    def replicas(self) -> int:
        return self.strategy.num_replicas_in_sync


@contextlib.contextmanager
def started(train: Train, seed: int) -> Iterator[Runtime]:
    """Sets the process up as `train` says; precision is set back afterwards.

    Raises:
        ConfigError: a device is asked for that is not visible, or TensorFlow was started otherwise before.
    """
    policy = keras.config.dtype_policy()
    keras.utils.set_random_seed(seed)
    if train.threads is not None:
        _set("train.threads", tf.config.threading.set_intra_op_parallelism_threads, train.threads)
    if train.deterministic:
        tf.config.experimental.enable_op_determinism()
    try:
        runtime = _runtime(train)
        keras.config.set_dtype_policy(train.precision)
        yield runtime
    finally:
        keras.config.set_dtype_policy(policy)


def _runtime(train: Train) -> Runtime:
    if train.devices is not None:
        return _mirrored(train.devices)
    gpus = _visible_gpus()
    if train.device == "gpu" and not gpus:
        raise ConfigError(
            "train.device: gpu is asked for and TensorFlow sees none; "
            "install rnnkit[gpu] and a driver, or use auto or cpu"
        )
    if train.device == "cpu" or not gpus:
        if gpus:
            _set("train.device", tf.config.set_visible_devices, [], "GPU")
        return Runtime(tf.distribute.get_strategy(), "CPU")
    _grow_memory(gpus)
    details = tf.config.experimental.get_device_details(gpus[0])
    return Runtime(tf.distribute.get_strategy(), f"GPU ({details.get('device_name', gpus[0].name)})")


def _mirrored(devices: list[str]) -> Runtime:
    """A MirroredStrategy; CPUs beyond the first are logical ones, made here."""
    cpus = [int(device[4:]) for device in devices if device.startswith("cpu:")]
    gpus = [int(device[4:]) for device in devices if device.startswith("gpu:")]
    visible = _visible_gpus()
    missing = [f"gpu:{index}" for index in gpus if index >= len(visible)]
    if missing:
        raise ConfigError(f"train.devices: {', '.join(missing)} not visible; TensorFlow sees {len(visible)} GPUs")
    _grow_memory(visible)
    physical = tf.config.list_physical_devices("CPU")[0]
    logical = tf.config.get_logical_device_configuration(physical) or [None]
    if cpus and len(logical) <= max(cpus):
        logical = [tf.config.LogicalDeviceConfiguration()] * (max(cpus) + 1)
        _set("train.devices", tf.config.set_logical_device_configuration, physical, logical)
    names = tuple(f"/{device}" for device in devices)
    return Runtime(_strategy(names), f"{len(names)} devices ({', '.join(devices)})")


@functools.cache
def _strategy(names: tuple[str, ...]) -> tf.distribute.Strategy:
    """One strategy for a set of devices: two in a process would number their collective operations alike and clash."""
    return tf.distribute.MirroredStrategy(names)


def _visible_gpus() -> list:
    return [gpu for gpu in tf.config.list_physical_devices("GPU") if gpu in tf.config.get_visible_devices("GPU")]


def _grow_memory(gpus: list) -> None:
    for gpu in gpus:
        if not tf.config.experimental.get_memory_growth(gpu):
            _set("train.device", tf.config.experimental.set_memory_growth, gpu, True)


def _set(key: str, setter, *values) -> None:
    try:
        setter(*values)
    except RuntimeError as error:
        reason = re.sub(r"\s+", " ", str(error))
        raise ConfigError(
            f"{key}: cannot be set once TensorFlow runs in this process ({reason}); start a new one"
        ) from error
