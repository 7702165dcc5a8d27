"""Devices that are not there, and a process that is left as it was found."""

import keras
import pytest
import tensorflow as tf

from rnnkit.config.schema import Train
from rnnkit.errors import ConfigError
from rnnkit.training import runtime


@pytest.fixture
def no_gpu(monkeypatch):
    monkeypatch.setattr(runtime, "_visible_gpus", list)


def start(**options):
    with runtime.started(Train(**options), seed=1) as started:
        return started


def test_a_gpu_where_there_is_none(no_gpu):
    with pytest.raises(ConfigError, match=r"train\.device: gpu is asked for .*auto or cpu"):
        start(device="gpu")
    with pytest.raises(ConfigError, match=r"train\.devices: gpu:7 not visible; TensorFlow sees 0 GPUs"):
        start(devices=["gpu:7"])


@pytest.mark.parametrize("device", ["auto", "cpu"])
def test_a_cpu_is_always_there(no_gpu, device):
    started = start(device=device)
    assert started.description == "CPU" and started.replicas == 1


def test_what_cannot_be_set_once_tensorflow_runs(no_gpu):
    tf.zeros(()).numpy()
    with pytest.raises(ConfigError, match=r"train\.threads: cannot be set once TensorFlow runs .*start a new one"):
        start(threads=1 + tf.config.threading.get_intra_op_parallelism_threads())
    with pytest.raises(ConfigError, match=r"train\.devices: cannot be set once TensorFlow runs"):
        start(devices=["cpu:0", "cpu:63"])


@pytest.mark.parametrize("precision", ["float32", "float64", "mixed_bfloat16"])
def test_the_precision_is_set_back(no_gpu, precision):
    before = keras.config.dtype_policy()
    with runtime.started(Train(precision=precision), seed=1):
        assert keras.config.dtype_policy().name == precision
    assert keras.config.dtype_policy() == before
    with pytest.raises(KeyError), runtime.started(Train(precision=precision), seed=1):
        raise KeyError
    assert keras.config.dtype_policy() == before


def test_the_seed_decides_what_is_drawn(no_gpu):
    drawn = []
    for seed in (1, 1, 2):
        with runtime.started(Train(), seed=seed):
            drawn.append(float(tf.random.uniform(())))
    assert drawn[0] == drawn[1] != drawn[2]
