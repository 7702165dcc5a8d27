"""Every optimizer by name, and every schedule at its corners."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from rnnkit.config.schema import Optimizer, Schedule
from rnnkit.errors import ConfigError
from rnnkit.training.optimizers import OPTIMIZERS, check, factor, make

NAMES = Optimizer.model_fields["name"].annotation.__args__
GRADIENT = np.array([0.5, -0.25], "float32")


def moved(optimizer, value=(1.0, -1.0), steps=2):
    variable = keras.Variable(np.array(value, "float32"))
    optimizer.build([variable])
    for _ in range(steps):
        optimizer.apply([tf.constant(GRADIENT)], [variable])
    return variable.numpy()


@pytest.mark.parametrize("name", NAMES)
def test_every_optimizer_is_that_of_keras(name):
    ours = moved(make(Optimizer(name=name, learning_rate=0.1), lambda: tf.constant(0.1)))
    plain = {"weight_decay": 0.0} if name == "adamw" else {}
    theirs = moved(getattr(keras.optimizers, type(OPTIMIZERS[name]()).__name__)(learning_rate=0.1, **plain))
    np.testing.assert_allclose(ours, theirs, rtol=1e-6)
    assert np.all(ours != (1.0, -1.0))


@pytest.mark.parametrize("name", NAMES)
def test_weight_decay_is_what_the_configuration_says(name):
    kept = make(Optimizer(name=name), lambda: tf.constant(0.1)).weight_decay
    assert not kept
    assert make(Optimizer(name=name, weight_decay=0.01), lambda: tf.constant(0.1)).weight_decay == 0.01


def test_options_reach_the_optimizer():
    assert make(Optimizer(name="sgd", options={"momentum": 0.9}), lambda: 0.1).momentum == 0.9


def test_an_unknown_option():
    with pytest.raises(ConfigError, match=r"train\.optimizer\.options: adam does not take .*momentum"):
        make(Optimizer(name="adam", options={"momentum": 0.9}), lambda: 0.1)


@pytest.mark.parametrize(
    ("name", "middle", "end"),
    [
        ("constant", 1.0, 1.0),
        ("linear", 0.6, 0.2),
        ("cosine", 0.6, 0.2),
        ("exponential", 0.2**0.5, 0.2),
        ("inverse_sqrt", (10 / 60) ** 0.5, (10 / 110) ** 0.5),
    ],
)
def test_schedules(name, middle, end):
    schedule = Schedule(name=name, warmup_steps=10, final=0.2)
    found = [float(factor(schedule, tf.constant(step, tf.int64), 110)) for step in (0, 4, 10, 60, 110, 500)]
    after = (10 / 500) ** 0.5 if name == "inverse_sqrt" else end
    np.testing.assert_allclose(found, [1 / 11, 5 / 11, 1.0, middle, end, after], rtol=1e-5)


def test_a_warm_up_that_is_a_share_of_the_steps():
    shared, counted = Schedule(name="linear", warmup_share=0.1), Schedule(name="linear", warmup_steps=11)
    for step in (0, 5, 11, 60, 110):
        assert factor(shared, tf.constant(step), 110) == factor(counted, tf.constant(step), 110)


@pytest.mark.parametrize("name", Schedule.model_fields["name"].annotation.__args__)
def test_schedules_without_warm_up_begin_at_the_full_rate(name):
    schedule = Schedule(name=name, final=0.5)
    assert float(factor(schedule, tf.constant(0, tf.int64), 10)) == 1.0
    assert np.isfinite(float(factor(schedule, tf.constant(0, tf.int64), 0)))


def test_an_option_of_a_wrong_type():
    with pytest.raises(ConfigError, match=r"train\.optimizer\.options: adam does not take .*beta_1"):
        check(Optimizer(options={"beta_1": "much"}))
