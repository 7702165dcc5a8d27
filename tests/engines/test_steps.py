"""The loop over any step."""

import numpy as np
import pytest
import tensorflow as tf

from rnnkit.engines import run_steps

INPUTS = np.random.default_rng(0).normal(size=(2, 4, 3))
MASK = np.array([[1, 1, 0, 1], [0, 1, 1, 0]], bool)


def sums(inputs, mask, state):
    """Running sums of the steps that are not masked, and how many there were: (B, T, 3), (B, T)."""

    def step(given, state):
        total, count = state["total"], state["count"]
        total = tf.where(given["mask"][:, None], total + given["vector"], total)
        count = count + tf.cast(given["mask"], tf.int32)
        return (total * 2.0, count), {"total": total, "count": count}

    batch = inputs.shape[:1]
    specs = tf.TensorSpec((*batch, 3), tf.float64), tf.TensorSpec(batch, tf.int32)
    return run_steps(step, {"vector": inputs, "mask": mask}, state, specs)


def begin(inputs):
    batch = tf.shape(inputs)[0]
    return {"total": tf.ones((batch, 3), tf.float64), "count": tf.zeros((batch,), tf.int32)}


def run(inputs, mask):
    return sums(inputs, mask, begin(inputs))


SIGNATURE = [tf.TensorSpec((None, None, 3), tf.float64), tf.TensorSpec((None, None), tf.bool)]


@pytest.mark.parametrize(
    "run",
    [run, tf.function(run), tf.function(run, input_signature=SIGNATURE), tf.function(run, jit_compile=True)],
    ids=["eager", "graph", "unknown shapes", "compiled"],
)
def test_runs_every_step(run):
    (doubled, counts), state = run(tf.constant(INPUTS), tf.constant(MASK))
    totals = 1.0 + np.cumsum(INPUTS * MASK[..., None], axis=1)
    np.testing.assert_allclose(doubled, 2.0 * totals, atol=1e-12)
    np.testing.assert_array_equal(counts, np.cumsum(MASK, axis=1))
    np.testing.assert_allclose(state["total"], totals[:, -1], atol=1e-12)


def test_no_steps():
    for function in (run, tf.function(run)):
        (doubled, counts), state = function(tf.constant(INPUTS[:, :0]), tf.constant(MASK[:, :0]))
        assert (doubled.shape, counts.shape) == ((2, 0, 3), (2, 0))
        np.testing.assert_array_equal(state["total"], np.ones((2, 3)))


def test_gradients_of_inputs_states_and_what_is_read_besides():
    kernel = np.random.default_rng(1).normal(size=(3, 3))

    def function(inputs, state, kernel):
        def step(vector, state):
            state = tf.tanh(vector + tf.matmul(state, kernel))
            return state, state

        outputs, state = run_steps(step, inputs, state, tf.TensorSpec((2, 3), tf.float64))
        return tf.reduce_sum(tf.sin(outputs)) + tf.reduce_sum(state**2)

    arguments = [tf.constant(one) for one in (INPUTS, np.ones((2, 3)), kernel)]
    for one in (function, tf.function(function)):
        for theoretical, numerical in zip(*tf.test.compute_gradient(one, arguments, delta=1e-5)):
            np.testing.assert_allclose(theoretical, numerical, atol=1e-8)
