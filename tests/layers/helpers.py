"""What the tests of the recurrent layers share: inputs, masks, comparisons."""

import keras
import numpy as np
import tensorflow as tf

BATCH, TIME, FEATURES, UNITS = 4, 5, 3, 4

MASKS = {
    "none": None,
    "right": np.array([[1, 1, 1, 1, 1], [1, 1, 1, 0, 0], [1, 0, 0, 0, 0], [1, 1, 1, 1, 0]], bool),
    "left": np.array([[1, 1, 1, 1, 1], [0, 0, 1, 1, 1], [0, 0, 0, 0, 1], [0, 1, 1, 1, 1]], bool),
    "holes": np.array([[1, 0, 1, 0, 1], [0, 1, 0, 1, 0], [1, 1, 0, 0, 1], [0, 0, 1, 0, 0]], bool),
    "full rows": np.array([[0, 0, 0, 0, 0], [1, 1, 1, 1, 1], [0, 0, 0, 0, 0], [1, 1, 0, 0, 0]], bool),
}


def sequences(seed=0, dtype="float32", time=TIME):
    """Random inputs (BATCH, time, FEATURES)."""
    return np.random.default_rng(seed).normal(size=(BATCH, time, FEATURES)).astype(dtype)


def states(count, seed=1, dtype="float32", units=UNITS):
    """`count` random states (BATCH, units)."""
    return list(np.random.default_rng(seed).normal(size=(count, BATCH, units)).astype(dtype))


def randomize(layer, seed=2):
    """Sets every weight of a built layer to small random values, and returns them."""
    generator = np.random.default_rng(seed)
    weights = [generator.normal(scale=0.5, size=value.shape) for value in layer.get_weights()]
    layer.set_weights(weights)
    return layer.get_weights()


def built(layer, dtype="float32"):
    """The layer with random weights, built for `sequences()`."""
    if not layer.built:
        layer.build((BATCH, TIME, FEATURES))
    randomize(layer)
    return layer


def outputs_and_gradients(layer, inputs, initial_state=None, mask=None, training=False):
    """Everything that the layer returns, and the gradients for its weights, its inputs and its initial states."""
    inputs = tf.constant(inputs)
    initial_state = None if initial_state is None else [tf.constant(state) for state in initial_state]
    sources = [inputs, *(initial_state or []), *(variable.value for variable in layer.trainable_variables)]
    with tf.GradientTape() as tape:
        tape.watch([inputs, initial_state or []])
        results = keras.tree.flatten(layer(inputs, initial_state=initial_state, mask=mask, training=training))
        # A loss that weighs every entry differently, so that no two gradients can be mistaken for each other.
        loss = tf.add_n([tf.reduce_sum(tf.sin(result * (1.0 + index))) for index, result in enumerate(results)])
    gradients = tape.gradient(loss, sources, unconnected_gradients=tf.UnconnectedGradients.ZERO)
    return [np.asarray(result) for result in results], [np.asarray(gradient) for gradient in gradients]


def assert_close(actual, expected, tolerance):
    """Every array equal to `tolerance` times the largest entry of what is expected."""
    assert len(actual) == len(expected)
    for one, other in zip(actual, expected):
        assert one.shape == other.shape
        scale = max(1e-3, float(np.max(np.abs(other), initial=0.0)))
        np.testing.assert_allclose(np.float64(one), np.float64(other), rtol=0, atol=tolerance * scale)


def assert_same(ours, theirs, inputs, outputs=1e-5, gradients=1e-4, **call):
    """Two layers with the same weights return the same and have the same gradients."""
    actual, expected = (outputs_and_gradients(layer, inputs, **call) for layer in (ours, theirs))
    assert_close(actual[0], expected[0], outputs)
    assert_close(actual[1], expected[1], gradients)


def assert_gradients_are_right(layer, inputs, initial_state=(), mask=None, training=False, before=lambda: None):
    """Compares every gradient with central differences along random directions, in float64.

    `before` runs ahead of every forward pass, to bring random generators back to where they were.
    """
    generator = np.random.default_rng(3)
    arguments = [tf.Variable(value) for value in (inputs, *initial_state)]
    variables = arguments + [variable.value for variable in layer.trainable_variables]
    factors = None

    @tf.function
    def run():
        states = {"initial_state": [variable.value() for variable in arguments[1:]]} if initial_state else {}
        return keras.tree.flatten(layer(arguments[0].value(), mask=mask, training=training, **states))

    def loss():
        nonlocal factors
        before()
        results = run()
        factors = factors or [tf.constant(generator.normal(size=result.shape)) for result in results]
        return tf.add_n([tf.reduce_sum(tf.sin(result) * factor) for result, factor in zip(results, factors)])

    with tf.GradientTape() as tape:
        value = loss()
    gradients = tape.gradient(value, variables, unconnected_gradients=tf.UnconnectedGradients.ZERO)
    step = 1e-5
    for variable, gradient in zip(variables, gradients):
        for _ in range(3):
            direction = generator.normal(size=variable.shape)
            start = variable.numpy()
            variable.assign(start + step * direction)
            above = float(loss())
            variable.assign(start - step * direction)
            numeric = (above - float(loss())) / (2 * step)
            variable.assign(start)
            exact = float(np.sum(np.asarray(gradient) * direction))
            assert abs(numeric - exact) <= 1e-6 * max(1.0, abs(exact)), variable.name
