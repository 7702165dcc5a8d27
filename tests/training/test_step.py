"""One update against what NumPy or Keras make of the same gradients."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from rnnkit.config.schema import RUNS
from rnnkit.training import runtime
from tests.tasks import language_models
from tests.training.helpers import NOISE, fit, one_batch, sentences, sentiment, stepping, tagging, texts, weights

SGD = {"optimizer": {"name": "sgd", "learning_rate": 0.5}}
EXAMPLES = texts(9, seed=3)


def updated(train, model=(), rates=None, steps=1):
    """(weights before, weights after) of updates on one batch."""
    task, network, step = stepping(sentiment(model, train), rates=rates)
    before = weights(network)
    for _ in range(steps):
        step(*one_batch(task, EXAMPLES))
    return before, weights(network)


def gradients(train=SGD):
    """Gradients of the first update, as plain SGD shows them."""
    before, after = updated(train)
    return [(old - new) / 0.5 for old, new in zip(before, after)]


@pytest.fixture(scope="module")
def plain():
    """Gradients that nothing clips."""
    return gradients()


def test_the_update_is_the_mean_losss_gradient():
    task, model, step = stepping(sentiment(train=SGD))
    inputs, targets = one_batch(task, EXAMPLES)
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(keras.losses.sparse_categorical_crossentropy(targets, model(inputs), from_logits=True))
    expected = tape.gradient(loss, [v.value for v in model.trainable_variables])
    before = weights(model)
    result = step(inputs, targets)
    assert float(result.total / result.weight) == pytest.approx(float(loss), rel=1e-5)
    for old, new, gradient in zip(before, weights(model), expected):
        np.testing.assert_allclose(old - 0.5 * tf.convert_to_tensor(gradient).numpy(), new, atol=1e-6)


def test_clipping_by_the_global_norm(plain):
    norm = np.sqrt(sum(np.sum(gradient**2) for gradient in plain))
    clipped = gradients({**SGD, "clip_norm": norm / 3})
    for one, other in zip(clipped, plain):
        np.testing.assert_allclose(one, other / 3, atol=1e-5)
    loose = gradients({**SGD, "clip_norm": norm * 3})
    for one, other in zip(loose, plain):
        np.testing.assert_allclose(one, other, atol=1e-6)


def test_clipping_by_value(plain):
    clipped = gradients({**SGD, "clip_value": 0.01})
    for one, other in zip(clipped, plain):
        np.testing.assert_allclose(one, np.clip(other, -0.01, 0.01), atol=1e-6)
    assert any(np.any(np.abs(gradient) > 0.01) for gradient in plain)


def test_the_norm_of_every_part():
    task, model, step = stepping(sentiment({"hidden_units": 4, "pooling": "attention"}, SGD))
    before = weights(model)
    norms = dict(zip(step.parts, step(*one_batch(task, EXAMPLES)).norms.numpy()))
    assert list(norms) == ["embedding", "recurrent_1", "pooling", "hidden", "head"]
    grouped = {id(v): name for name, group in step.parts.items() for v in group}
    assert len(grouped) == len(model.trainable_variables)
    for name, norm in norms.items():
        moves = [(old - v.numpy()) / 0.5 for old, v in zip(before, model.trainable_variables) if grouped[id(v)] == name]
        assert norm == pytest.approx(np.sqrt(sum(np.sum(move**2) for move in moves)), rel=1e-3), name


@pytest.mark.parametrize("name", ["sgd", "adam"])
def test_a_tenth_of_the_learning_rate_moves_a_tenth(name):
    train = {"optimizer": {"name": name, "learning_rate": 0.01}}
    before, plain = updated(train)
    _, slow = updated(train, rates={"embedding": 0.1})
    _, still = updated(train, rates={"embedding": 0.0})
    np.testing.assert_allclose(slow[0] - before[0], 0.1 * (plain[0] - before[0]), atol=1e-6)
    np.testing.assert_array_equal(still[0], before[0])
    assert np.any(plain[0] != before[0])
    for one, other in zip(slow[1:], plain[1:]):
        np.testing.assert_allclose(one, other, atol=1e-6)


def test_a_frozen_part_is_unchanged_and_can_be_thawed():
    task, model, step = stepping(sentiment(train={"optimizer": {"name": "adamw", "weight_decay": 0.1}}))
    batch = one_batch(task, EXAMPLES)
    embedding = model.get_layer("embedding")
    embedding.trainable = False
    step.compile()
    before = embedding.get_weights()[0]
    step(*batch)
    np.testing.assert_array_equal(embedding.get_weights()[0], before)
    assert "embedding" not in step.parts
    embedding.trainable = True
    step.compile()
    step(*batch)
    assert np.any(embedding.get_weights()[0] != before)


def test_averages():
    task, model, step = stepping(sentiment(train={**SGD, "averaging": {"decay": 0.3}}))
    average, batch = weights(model), one_batch(task, EXAMPLES)
    for number in range(1, 6):
        step(*batch)
        decay = min(0.3, (1 + number) / (10 + number))
        average = [decay * old + (1 - decay) * new for old, new in zip(average, weights(model))]
    for kept, expected in zip(step.averages, average, strict=True):
        np.testing.assert_allclose(kept.numpy(), expected, atol=1e-6)


def test_label_smoothing():
    task, model, step = stepping(sentiment(train={**SGD, "label_smoothing": 0.3}))
    inputs, targets = one_batch(task, EXAMPLES)
    loss = keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.3)
    expected = float(loss(tf.one_hot(targets, 2), model(inputs)))
    result = step(inputs, targets)
    assert float(result.total / result.weight) == pytest.approx(expected, rel=1e-5)


def test_adversarial_loss_by_hand():
    epsilon = 0.7
    task, model, step = stepping(sentiment(train={**SGD, "adversarial": epsilon}))
    inputs, targets = one_batch(task, EXAMPLES)
    mask = inputs["tokens"] != 0

    def above(vectors):
        outputs = model.get_layer("recurrent")(vectors, mask=mask)
        logits = model.get_layer("head")(model.get_layer("pooling")(outputs, mask=mask))
        return tf.reduce_sum(keras.losses.sparse_categorical_crossentropy(targets, logits, from_logits=True))

    vectors = model.get_layer("embedding")(inputs["tokens"])
    with tf.GradientTape() as tape:
        tape.watch(vectors)
        plain = above(vectors)
    gradient = tape.gradient(plain, vectors).numpy()
    length = np.sqrt((gradient**2).sum(axis=(1, 2), keepdims=True))
    tokens = mask.numpy().sum(axis=1)[:, None, None]
    moved = above(vectors + epsilon * np.sqrt(tokens) * gradient / length)
    result = step(inputs, targets)
    assert float(result.total) == pytest.approx(0.5 * float(plain + moved), rel=1e-5)
    assert float(result.weight) == len(EXAMPLES) and float(moved) > float(plain)


@pytest.mark.parametrize("frozen", [None, "recurrent", pytest.param("head", marks=pytest.mark.slow)])
def test_the_adversarial_losss_gradient_by_hand(frozen):
    run = tagging({"characters": {"units": 2, "embedding_size": 2}, "crf": True}, {**SGD, "adversarial": 0.5})
    task, model, step = stepping(run)
    if frozen:
        model.get_layer(frozen).trainable = False
        step.compile()
    inputs, targets = one_batch(task, sentences(5))
    words, characters = inputs["words"], inputs["characters"]
    embedding, head = model.get_layer("embedding"), model.get_layer("head")

    def loss(vectors):
        spelled = model.get_layer("character_encoder")(characters)
        outputs = model.get_layer("recurrent")(tf.concat([vectors, spelled], axis=-1), mask=words != 0)
        return task.loss(model, model.get_layer("crf")(head(outputs)), targets)

    with tf.GradientTape() as inner:
        vectors = tf.stop_gradient(embedding(words))
        inner.watch(vectors)
        plain, weight = loss(vectors)
    gradient = inner.gradient(plain, vectors)
    length = tf.sqrt(tf.reduce_sum(gradient**2, axis=(1, 2), keepdims=True))
    tokens = tf.math.count_nonzero(words, axis=1, dtype=tf.float32)[:, None, None]
    with tf.GradientTape() as outer:
        vectors = embedding(words)
        total = 0.5 * (loss(vectors)[0] + loss(vectors + 0.5 * tf.sqrt(tokens) * gradient / length)[0])
        mean = total / weight
    expected = outer.gradient(mean, [v.value for v in model.trainable_variables])
    variables, before = model.trainable_variables, weights(model)
    result = step(inputs, targets)
    assert float(result.total) == pytest.approx(float(total), rel=1e-5)
    assert float(result.weight) == float(weight) and len(step.parts) == (5 if frozen is None else 4)
    for variable, old, each in zip(variables, before, expected, strict=True):
        change = 0.5 * tf.convert_to_tensor(each).numpy()
        np.testing.assert_allclose(old - change, variable.numpy(), atol=2e-6, err_msg=variable.path)
        assert np.any(change != 0.0), variable.path


def test_adversarial_training_of_a_tagger():
    run = tagging({"characters": {"units": 2, "embedding_size": 2}, "crf": True}, {"adversarial": 0.5})
    task, _, step = stepping(run)
    result = step(*one_batch(task, sentences(5)))
    assert bool(result.finite) and np.all(result.norms.numpy() > 0.0)


@pytest.mark.parametrize("precision", ["mixed_bfloat16", "float64"])
def test_other_precisions(precision):
    run = sentiment(NOISE, {"precision": precision, "averaging": {"decay": 0.9}, "clip_norm": 1.0, "adversarial": 0.5})
    with runtime.started(run.train, run.seed):
        task, model, step = stepping(run)
        before = weights(model)
        result = step(*one_batch(task, EXAMPLES))
    assert bool(result.finite) and float(result.weight) == len(EXAMPLES)
    assert {value.dtype.name for value in before} == {"float64" if precision == "float64" else "float32"}
    assert all(np.any(old != new) for old, new in zip(before, weights(model)))


@pytest.mark.parametrize("make", [sentiment, pytest.param(tagging, marks=pytest.mark.slow)])
def test_xla_gives_the_same(make):
    examples = EXAMPLES if make is sentiment else sentences(9, seed=3)
    found = []
    for xla in (False, True):
        task, model, step = stepping(make(train={**SGD, "xla": xla, "clip_norm": 1.0}))
        totals = [float(step(*one_batch(task, part)).total) for part in (examples, examples[:4])]
        found.append((totals, weights(model)))
    np.testing.assert_allclose(found[0][0], found[1][0], rtol=1e-5)
    for one, other in zip(found[0][1], found[1][1]):
        np.testing.assert_allclose(one, other, atol=1e-5)


def test_a_step_that_is_not_finite_moves_nothing_under_sgd():
    task, model, step = stepping(sentiment(train=SGD))
    kernel = model.get_layer("head").kernel
    kernel.assign(tf.fill(kernel.shape, np.inf))
    before = weights(model)
    assert not bool(step(*one_batch(task, EXAMPLES)).finite)
    for old, new in zip(before, weights(model)):
        np.testing.assert_array_equal(old, new)


def test_every_task_has_a_step():
    others = {"translation", "captioning", "generation"}  # each in its own tests/tasks/test_….py
    assert set(RUNS) == {"sentiment", "tagging", "language_model"} | others
    for run, task in (
        *((run, fit(run)) for run in (sentiment(), tagging({"tag_scheme": "iob2", "crf": True}))),
        *((run, language_models.made(run)[0]) for run in [language_models.run_of({"tie_weights": True, "layers": 2})]),
    ):
        _, model, step = stepping(run, task)
        known = {id(v) for group in step.parts.values() for v in group}
        assert {id(v) for v in model.trainable_variables} == known


def test_after_a_step_that_is_not_finite_no_step_moves_a_weight():
    task, model, step = stepping(sentiment(train={"optimizer": {"learning_rate": 0.1}}))
    batch = one_batch(task, EXAMPLES)
    step(*batch)
    embedding = model.get_layer("embedding").embeddings
    good = embedding.numpy()
    embedding.assign(np.full_like(good, np.inf))
    assert not bool(step(*batch).finite)
    embedding.assign(good)
    before = weights(model)
    assert not bool(step(*batch).finite)
    for one, other in zip(weights(model), before):
        np.testing.assert_array_equal(one, other)
