"""Gradients made by hand: those of TensorFlow, and no graph is held for them."""

import gc
import weakref

import numpy as np
import pytest
import tensorflow as tf

from rnnkit.engines.gradients import custom_gradient
from rnnkit.layers import GRU, LSTM, MinGRU
from tests.training.helpers import one_batch, sentiment, stepping, texts


@custom_gradient
def twice(x, y):
    return [2.0 * x, x * y], lambda first, second: [10.0 * first, second]


def gradients(x, y):
    with tf.GradientTape() as tape:
        tape.watch([x, y])
        first, second = twice(x, y)
    return first, second, *tape.gradient([first, second], [x, y])


@pytest.mark.parametrize("call", [gradients, tf.function(gradients)], ids=["eager", "graph"])
def test_the_gradient_is_the_given_one(call):
    found = [float(value) for value in call(tf.constant(3.0), tf.constant(4.0))]
    assert found == [6.0, 12.0, 10.0, 1.0]


def test_a_tape_around_a_graph_finds_the_gradient():
    x, y = tf.constant(3.0), tf.constant(4.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        first, _ = tf.function(twice)(x, y)
    assert float(tape.gradient(first, x)) == 10.0


def in_a_loop():
    def steps(x):
        return tf.while_loop(lambda i, x: i < 3, lambda i, x: (i + 1, twice(x, x)[0]), (0, x))[1]

    x = tf.constant(1.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        end = steps(x)
    return tape.gradient(end, x)


def test_in_a_loop_of_a_graph():
    assert float(tf.function(in_a_loop)()) == 1000.0


def used_and_dropped(layer):
    """Weak references to a layer and the graph of its gradient, which ran once."""

    @tf.function(autograph=False)
    def step(inputs):
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(layer(inputs, training=True))
        return tape.gradient(loss, [each.value for each in layer.trainable_variables])

    traced = step.get_concrete_function(tf.TensorSpec([2, 4, 3]))
    assert all(np.any(each) for each in traced(tf.ones([2, 4, 3])))
    return weakref.ref(layer), weakref.ref(traced.graph)


@pytest.mark.parametrize(
    ("make", "options"),
    [(LSTM, {}), (LSTM, {"engine": "fused"}), (GRU, {"recompute": True}), (MinGRU, {"engine": "linear"})],
    ids=["xla", "fused", "recompute", "linear"],
)
def test_no_graph_outlives_its_function(make, options):
    references = used_and_dropped(make(3, **options))
    gc.collect()
    assert [reference() for reference in references] == [None, None]


def test_a_model_that_was_trained_is_let_go():
    task, model, step = stepping(sentiment({"cell": "lstm"}, {"adversarial": 0.1}))
    step(*one_batch(task, texts(5)))
    reference = weakref.ref(model)
    del task, model, step
    gc.collect()
    assert reference() is None
