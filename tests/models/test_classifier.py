"""The classifier: every cell with every pooling, padding, seeds, precision, training."""

import random

import keras
import numpy as np
import pytest
import tensorflow as tf

from rnnkit.config.schema import ClassifierModel
from rnnkit.models import classifier
from tests.models.my_cell import MyCell

TOKENS = np.array([[2, 3, 4, 5], [6, 7, 0, 0], [0, 0, 0, 0]], "int32")
TARGETS = np.array([0, 1, 2], "int32")
NOISE = {"word_dropout": 0.3, "embedding_dropout": 0.3, "dropout": 0.3, "recurrent_dropout": 0.3}


def make(seed=1, **options):
    config = ClassifierModel(**{"units": 3, "embedding_size": 4, **options})
    return classifier.build(config, vocabulary_size=8, classes=3, seed=seed)


def gradients(model, targets=TARGETS, training=True):
    with tf.GradientTape() as tape:
        total, weight = classifier.loss(model, model({"tokens": TOKENS}, training=training), targets, 0.1)
        mean = total / weight
    return mean, tape.gradient(mean, [w.value for w in model.trainable_variables])


@pytest.mark.parametrize("pooling", ["last", "mean", "max", "attention", ["last", "max"]], ids=str)
@pytest.mark.parametrize("cell", ["lstm", "gru", "simple", "leaky", "tests.models.my_cell:MyCell"])
def test_every_cell_with_every_pooling(cell, pooling):
    model = make(cell=cell, pooling=pooling, hidden_units=5)
    logits = model({"tokens": TOKENS})
    assert logits.shape == (3, 3) and logits.dtype == tf.float32 and np.all(np.isfinite(logits))
    padded = model({"tokens": np.pad(TOKENS, [(0, 1), (0, 3)])})
    np.testing.assert_allclose(padded[:3], logits, atol=1e-6)
    np.testing.assert_allclose(model({"tokens": TOKENS[1:2, :2]}), logits[1:2], atol=1e-6)
    for gradient, variable in zip(gradients(model)[1], model.trainable_variables):
        assert np.any(tf.convert_to_tensor(gradient)), variable.path


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("connection", ["none", "residual", "skip"])
def test_stacks_with_every_connection(connection, bidirectional):
    model = make(layers=3, connection=connection, bidirectional=bidirectional, **NOISE)
    logits = model({"tokens": TOKENS})
    np.testing.assert_allclose(model({"tokens": np.pad(TOKENS, [(0, 0), (0, 2)])}), logits, atol=1e-6)
    assert np.any(model({"tokens": TOKENS}, training=True) != model({"tokens": TOKENS}, training=True))


def test_last_of_one_layer_is_the_state_that_it_ends_with():
    model = make(pooling="last")
    vectors = model.get_layer("embedding")(TOKENS[1:2, :2])
    layer = model.get_layer("recurrent").layers[0]
    ends = [direction(vectors)[:, -1] for direction in (layer.forward_layer, layer.backward_layer)]
    expected = model.get_layer("head")(tf.concat(ends, axis=-1))
    np.testing.assert_allclose(model({"tokens": TOKENS})[1:2], expected, atol=1e-6)


@pytest.mark.parametrize("cell", ["lstm", "tests.models.my_cell:PlainCell"])
def test_seed_decides_weights_and_dropout_and_nothing_else_does(cell):
    noise = {**NOISE, "recurrent_dropout": 0.3 if cell == "lstm" else 0.0}
    outside = random.getstate()
    models = [make(seed, cell=cell, layers=2, **noise) for seed in (5, 5, 6)]
    assert random.getstate() == outside
    one, same, other = [[v.numpy() for v in model.variables] for model in models]
    for first, second in zip(one, same):
        np.testing.assert_array_equal(first, second)
    matrices = [(a, b) for a, b in zip(one, other) if a.ndim > 1]
    assert all(np.any(a != b) for a, b in matrices)
    for _ in range(2):
        np.testing.assert_array_equal(*(model({"tokens": TOKENS}, training=True) for model in models[:2]))


def test_no_two_weights_or_generators_begin_alike():
    variables = make(layers=3, embedding_size=6, **NOISE).variables
    generators = [tuple(v.numpy()) for v in variables if "seed_generator" in v.path]
    assert len(generators) > 6 and len(set(generators)) == len(generators)
    kernels = [v.numpy() for v in variables if v.path.endswith("/kernel") and v.shape == (6, 12)]
    assert len(kernels) > 3
    assert all(np.any(a != b) for i, a in enumerate(kernels) for b in kernels[:i])


def test_mixed_precision_gives_float32_logits():
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = make(pooling=["last", "mean", "max", "attention"], layers=2)
    finally:
        keras.config.set_dtype_policy(before)
    assert model.get_layer("pooling").compute_dtype == "bfloat16"
    logits = model({"tokens": TOKENS})
    assert logits.dtype == tf.float32 and np.all(np.isfinite(logits))
    assert all(v.dtype == "float32" for v in model.trainable_variables)


def test_training_step_compiles_with_xla():
    model = make(bidirectional=False, pooling=["last", "attention"], hidden_units=4)
    expected = gradients(model)
    found = tf.function(lambda: gradients(model), jit_compile=True)()
    for one, other in zip(tf.nest.flatten(found), tf.nest.flatten(expected)):
        np.testing.assert_allclose(tf.convert_to_tensor(one), tf.convert_to_tensor(other), atol=1e-5)


def test_learns_the_order_of_words():
    model, optimizer = make(units=8), keras.optimizers.Adam(0.05)
    optimizer.build(model.trainable_variables)
    tokens = tf.constant([[2, 3, 4], [2, 4, 3], [3, 2, 0], [2, 3, 0]])
    targets = tf.constant([0, 1, 2, 0])

    @tf.function
    def step():
        with tf.GradientTape() as tape:
            total, weight = classifier.loss(model, model({"tokens": tokens}, training=True), targets, 0.0)
            mean = total / weight
        gradients = tape.gradient(mean, [v.value for v in model.trainable_variables])
        optimizer.apply(gradients, model.trainable_variables)
        return mean

    assert [float(step()) for _ in range(60)][-1] < 0.05
    scores = classifier.probabilities(model({"tokens": tokens}))
    np.testing.assert_array_equal(tf.argmax(scores, -1), targets)
    np.testing.assert_allclose(tf.reduce_sum(scores, -1), np.ones(4), atol=1e-6)


def test_keras_file(tmp_path):
    model = make(layers=2, pooling=["last", "attention"], connection="skip", **NOISE)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded({"tokens": TOKENS}), model({"tokens": TOKENS}))


def test_given_cell_replaces_the_named_one():
    config = ClassifierModel(cell="no_such_package:Cell", units=3, embedding_size=4)
    model = classifier.build(config, vocabulary_size=8, classes=2, seed=1, cell=MyCell)
    assert isinstance(model.get_layer("recurrent").layers[0].forward_layer.cell, MyCell)
