"""An embedding's table as a head's weights."""

import keras
import numpy as np
import tensorflow as tf

from rnnkit.layers.tying import SharedEmbedding, TiedHead

IDS = np.array([[1, 2, 0], [4, 4, 3]])


def model():
    inputs = keras.Input((None,), dtype="int32")
    vectors, table = SharedEmbedding(5, 3, name="embedding")(inputs)
    return keras.Model(inputs, TiedHead(name="head")(vectors, table))


def test_equals_numpy():
    tied = model()
    table = tied.get_layer("embedding").get_weights()[0]
    tied.get_layer("head").set_weights([np.arange(5, dtype="float32")])
    np.testing.assert_allclose(tied(IDS), table[IDS] @ table.T + np.arange(5), rtol=1e-5)


def test_the_table_is_one_weight_with_both_gradients():
    tied = model()
    assert [variable.shape for variable in tied.trainable_variables] == [(5, 3), (5,)]
    table, _ = (variable.value for variable in tied.trainable_variables)
    weights = np.random.default_rng(0).normal(size=(2, 3, 5)).astype("float32")
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(tied(IDS) * weights)
    found = tf.convert_to_tensor(tape.gradient(total, table)).numpy()
    values = table.numpy()
    expected = np.einsum("btv,btf->vf", weights, values[IDS])
    np.add.at(expected, IDS, weights @ values)
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_half_precision_scores_in_float32():
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        inputs = keras.Input((None,), dtype="int32")
        vectors, table = SharedEmbedding(5, 3)(inputs)
        logits = TiedHead(dtype="float32")(vectors, table)
        half = keras.Model(inputs, [vectors, logits])
    finally:
        keras.config.set_dtype_policy("float32")
    assert [output.dtype for output in half(IDS)] == [tf.bfloat16, tf.float32]
