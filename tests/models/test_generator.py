"""The network of a generator: how the class enters, steps, padding, what it is made of."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from rnnkit.config.schema import GenerationModel
from rnnkit.errors import ConfigError
from rnnkit.models import generator, writer
from rnnkit.models.parts import parts
from tests.layers import reference

SMALL = {"units": 3, "embedding_size": 4}
KINDS = {
    "initial": {"context": "initial", "cell": "gru"},
    "input": {"context": "input", "layers": 2, "class_embedding_size": 2},
    "both": {"tie_weights": True, "cell": "simple"},
    "first_step": {"context": "first_step", "layers": 2, "connection": "residual"},
}
LABELS = np.array([0, 2], "int32")
TARGET = np.array([[2, 5, 4, 6], [2, 6, 0, 0]], "int32")
INPUTS = {"label": LABELS, "target_in": TARGET}


def made(kind="both", **more):
    """A network with weights that make some tokens likelier than others."""
    model = generator.build(GenerationModel(**{**SMALL, **KINDS[kind], **more}), classes=3, tokens=8, seed=3)
    for seed, variable in enumerate(model.trainable_variables):
        variable.assign(tf.random.stateless_normal(variable.shape, [seed, 1], stddev=0.7, dtype=variable.dtype))
    return model


@pytest.mark.parametrize("kind", KINDS)
def test_step_by_step_it_gives_what_it_gives_for_the_whole(kind):
    model = made(kind)
    whole = model(INPUTS, training=False).numpy()
    state = model.begin(tf.constant(LABELS))
    for time in range(TARGET.shape[1]):
        logits, state, scores = model.step(tf.constant(TARGET[:, time]), state)
        real = TARGET[:, time] > 0
        np.testing.assert_allclose(logits.numpy()[real], whole[real, time], atol=2e-5)
        assert scores == ()
    longer = INPUTS | {"target_in": np.pad(TARGET, ((0, 0), (0, 3)))}
    np.testing.assert_allclose(model(longer, training=False).numpy()[:, :4], whole, atol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_the_class_decides(kind):
    model = made(kind)
    logits = model({"label": np.arange(3), "target_in": np.repeat(TARGET[:1], 3, axis=0)}, training=False).numpy()
    assert not np.allclose(logits[0], logits[1], atol=1e-3) and not np.allclose(logits[1], logits[2], atol=1e-3)


def test_from_the_first_step_on_nothing_that_was_written_is_read():
    model = made("first_step")
    logits = model(INPUTS, training=False).numpy()
    np.testing.assert_array_equal(model(INPUTS | {"target_in": TARGET + 1}, training=False), logits)
    assert "target_embedding" not in parts(model) and list(parts(model)) == [
        "class_embedding", "decoder_1", "decoder_2", "head"
    ]  # fmt: skip


def test_the_first_step_alone_equals_numpy():
    model = made("first_step", cell="gru", layers=1, connection="none")
    found = {name: [w.numpy() for layer in layers for w in layer.weights] for name, layers in parts(model).items()}
    state, inputs = [np.zeros((2, 3))], found["class_embedding"][0][LABELS]
    expected = []
    for _ in range(TARGET.shape[1]):
        state = reference.gru_step(inputs, state, *found["decoder_1"])
        expected.append(state[0] @ found["head"][0] + found["head"][1])
        inputs = np.zeros_like(inputs)
    np.testing.assert_allclose(model(INPUTS, training=False), np.stack(expected, axis=1), atol=1e-5)


def test_its_parts_and_their_order():
    assert list(parts(made("both"))) == [
        "class_embedding",
        "target_embedding",
        "bridge",
        "decoder_1",
        "projection",
        "head",
    ]
    assert "bridge" not in parts(made("input"))


@pytest.mark.parametrize("kind", KINDS)
def test_every_weight_is_trained(kind):
    model = made(kind)
    with tf.GradientTape() as tape:
        total, count = writer.loss(model, model(INPUTS, training=True), np.where(TARGET > 0, TARGET, -1), 0.1)
    gradients = tape.gradient(total, [variable.value for variable in model.trainable_variables])
    assert float(count) == 6.0
    assert all(np.any(tf.convert_to_tensor(gradient).numpy() != 0.0) for gradient in gradients)


def test_dropout_of_words_and_scheduled_sampling_act_in_training_alone():
    plain = made()
    expected = plain(INPUTS, training=False)
    for option in ({"word_dropout": 0.5}, {"scheduled_sampling": {"schedule": "constant", "rate": 1.0}}):
        model = made(**option)
        for variable, other in zip(model.trainable_variables, plain.trainable_variables):
            variable.assign(other)
        np.testing.assert_allclose(model(INPUTS, training=False), expected, atol=1e-6)
        trained = model(INPUTS, training=True)
        np.testing.assert_allclose(trained[:, 0], expected[:, 0], atol=1e-6)
        assert not np.allclose(trained, expected)


def test_a_seed_decides_the_weights():
    config = GenerationModel(**SMALL)
    one, same, other = (generator.build(config, 3, 8, seed).get_weights() for seed in (1, 1, 2))
    assert all(np.array_equal(*pair) for pair in zip(one, same))
    assert not all(np.array_equal(*pair) for pair in zip(one, other))


def test_a_cell_that_cannot_be_built():
    with pytest.raises(ConfigError, match=r"model\.cell_options\.peephole: LSTMCell takes no argument"):
        generator.build(GenerationModel(**SMALL, cell_options={"peephole": True}), 3, 8, seed=1)
    assert keras.config.dtype_policy().name == "float32"
