"""The network of a captioner: steps, sampling, dropout, what it is made of."""

import numpy as np
import pytest
import tensorflow as tf

from rnnkit.config.schema import CaptioningModel, Image
from rnnkit.models import captioner, writer
from rnnkit.models.parts import parts, select

SMALL = {"units": 3, "embedding_size": 4, "picture": {"channels": [4, 5]}}
IMAGE = Image(height=8, width=12)
KINDS = {
    "attention": {},
    "feeding": {"attention": {"kind": "additive", "input_feeding": True, "coverage": True}, "cell": "gru"},
    "within": {"layers": 3, "attention": {"after_layer": 1}, "connection": "residual"},
    "initial": {"context": "initial", "tie_weights": True},
    "input": {"context": "input", "layers": 2},
    "both": {"context": "both", "picture": {"channels": [4, 5], "summary": "all", "units": 2}},
}
IMAGES = np.random.default_rng(0).random((2, 8, 12, 3)).astype("float32")
TARGET = np.array([[2, 5, 4], [2, 6, 0]], "int32")
INPUTS = {"image": IMAGES, "target_in": TARGET}
TARGETS = np.array([[5, 4, 3], [6, 3, -1]], "int32")


def made(kind="attention", **more):
    """A network with weights that make some tokens likelier than others."""
    model = captioner.build(CaptioningModel(**{**SMALL, **KINDS[kind], **more}), IMAGE, 7, seed=3)
    for seed, variable in enumerate(model.trainable_variables):
        variable.assign(tf.random.stateless_normal(variable.shape, [seed, 1], stddev=0.7, dtype=variable.dtype))
    return model


@pytest.mark.parametrize("kind", KINDS)
def test_step_by_step_and_in_a_graph_it_gives_what_it_gives_for_the_whole(kind):
    model = made(kind)
    whole = model(INPUTS, training=False).numpy()
    np.testing.assert_allclose(tf.function(lambda: model(INPUTS, training=False))(), whole, atol=1e-5)
    assert not np.allclose(whole[0, 0], whole[1, 0])  # the picture counts
    state = model.begin(tf.constant(IMAGES))
    for time in range(TARGET.shape[1]):
        logits, state, scores = model.step(tf.constant(TARGET[:, time]), state)
        np.testing.assert_allclose(logits, whole[:, time], atol=2e-5)
        if model.attends:
            assert scores.shape == (2, 2 * 3)
            np.testing.assert_allclose(scores.numpy().sum(1), 1.0, rtol=1e-5)


@pytest.mark.parametrize("kind", ["feeding", "initial", "both"])
def test_every_weight_is_trained_and_belongs_to_a_part(kind):
    model = made(kind)
    with tf.GradientTape() as tape:
        total, count = writer.loss(model, model(INPUTS, training=True), TARGETS, 0.0)
    assert float(count) == 5.0
    gradients = tape.gradient(total, [variable.value for variable in model.trainable_variables])
    for variable, gradient in zip(model.trainable_variables, gradients):
        assert gradient is not None and np.all(np.isfinite(tf.convert_to_tensor(gradient))), variable.path
        assert np.any(tf.convert_to_tensor(gradient)) or variable.name == "coverage_kernel", variable.path
    known = {
        id(variable) for layers in parts(model).values() for layer in layers for variable in layer.trainable_weights
    }
    assert known == {id(variable) for variable in model.trainable_variables}


def test_parts_bottom_to_top():
    ours = ["target_embedding", "picture_1", "picture_2", "picture", "bridge", "decoder_1", "attention", "head"]
    model = made()
    assert list(parts(model)) == ours
    assert list(select(model, ["picture"])) == ["picture_1", "picture_2", "picture"]
    assert list(parts(made("within")))[-5:] == ["decoder_1", "attention", "decoder_2", "decoder_3", "head"]


def test_the_seed_decides_weights_and_dropout():
    config = CaptioningModel(**SMALL, dropout=0.3, word_dropout=0.3)
    one, other, third = (captioner.build(config, IMAGE, 7, seed=seed)(INPUTS, training=True) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, other)
    assert not np.allclose(one, third)


def test_dropped_words_are_read_as_unknown_but_never_the_first():
    model = made(word_dropout=0.99)
    ids = np.full((4, 9), 5, "int32")
    np.testing.assert_array_equal(model.network.dropped(ids, training=False), ids)
    found = model.network.dropped(ids, training=True).numpy()
    assert np.all(found[:, 0] == 5) and np.mean(found[:, 1:] == 1) > 0.8


def test_scheduled_sampling_reads_its_own_words():
    model = made(scheduled_sampling={"schedule": "constant", "rate": 1.0})
    sampled = model(INPUTS, training=False).numpy(), model(INPUTS, training=True).numpy()
    assert int(model.network.schedule.count.value) == 1
    assert sampled[0].shape == sampled[1].shape and np.all(np.isfinite(sampled[1]))
