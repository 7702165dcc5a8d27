"""The network of a translator: padding, losses, steps, sampling, what it is made of."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from rnnkit.config.schema import TranslationModel
from rnnkit.errors import ConfigError
from rnnkit.models import translator, writer
from rnnkit.models.parts import parts

SMALL = {"units": 3, "embedding_size": 4}
KINDS = {
    "attention": {},
    "additive": {"attention": {"kind": "additive", "coverage": True}, "cell": "gru"},
    "concat": {"attention": {"kind": "concat", "input_feeding": True}, "layers": 2, "connection": "residual"},
    "dot": {"attention": {"kind": "dot"}, "decoder_units": 6, "tie_weights": True},
    "within": {"decoder_layers": 2, "attention": {"after_layer": 1, "coverage": True}},
    "initial": {"context": "initial", "cell": "simple"},
    "input": {"context": "input", "decoder_layers": 2, "bidirectional": False},
    "both": {"context": "both", "tie_weights": True, "target_embedding_size": 3},
}
SOURCE = np.array([[4, 5, 6, 7], [7, 4, 0, 0]], "int32")
TARGET = np.array([[2, 5, 4], [2, 6, 0]], "int32")
INPUTS = {"source": SOURCE, "target_in": TARGET}
TARGETS = np.array([[5, 4, 3], [6, 3, -1]], "int32")
DROPPING = {"dropout": 0.3, "embedding_dropout": 0.3, "word_dropout": 0.3}


def made(kind="attention", shared=False, sizes=(8, 7), **more):
    """A network with weights that make some tokens likelier than others."""
    config = TranslationModel(**{**SMALL, **KINDS[kind], **more})
    model = translator.build(config, *((8, 8) if shared else sizes), seed=3, shared=shared)
    for seed, variable in enumerate(model.trainable_variables):
        variable.assign(tf.random.stateless_normal(variable.shape, [seed, 1], stddev=0.7, dtype=variable.dtype))
    return model


def total_loss(model, inputs=INPUTS, targets=TARGETS, smoothing=0.0):
    total, count = writer.loss(model, model(inputs, training=False), targets, smoothing)
    return float(total), float(count)


@pytest.mark.parametrize("kind", KINDS)
def test_step_by_step_it_gives_what_it_gives_for_the_whole(kind):
    model = made(kind)
    whole = model(INPUTS, training=False).numpy()
    state = model.begin(tf.constant(SOURCE))
    for time in range(TARGET.shape[1]):
        logits, state, scores = model.step(tf.constant(TARGET[:, time]), state)
        real = TARGET[:, time] > 0
        np.testing.assert_allclose(logits.numpy()[real], whole[real, time], atol=2e-5)
        if model.attends:
            np.testing.assert_allclose(scores.numpy().sum(1), 1.0, rtol=1e-5)
            assert np.all(scores.numpy()[1, 2:] == 0.0)
        else:
            assert scores == ()


@pytest.mark.parametrize("kind", KINDS)
def test_padding_changes_nothing(kind):
    model = made(kind)
    longer = {name: np.pad(ids, ((0, 0), (0, 3))) for name, ids in INPUTS.items()}
    alone = {name: ids[1:, :2] for name, ids in INPUTS.items()}
    whole = model(INPUTS, training=False).numpy()
    np.testing.assert_allclose(model(longer, training=False).numpy()[:, :3], whole, atol=1e-5)
    np.testing.assert_allclose(model(alone, training=False).numpy()[0], whole[1, :2], atol=1e-5)
    padded = np.pad(TARGETS, ((0, 0), (0, 3)), constant_values=-1)
    assert total_loss(model, longer, padded) == pytest.approx(total_loss(model), rel=1e-5)
    assert total_loss(model)[1] == 5.0


def test_the_loss_equals_numpy():
    model = made()
    logits = model(INPUTS, training=False).numpy().astype("float64")
    chances = np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)
    rows, times = np.nonzero(TARGETS >= 0)
    picked = -np.log(chances[rows, times, TARGETS[rows, times]])
    even = -np.log(chances[rows, times]).mean(-1)
    assert total_loss(model)[0] == pytest.approx(picked.sum(), rel=1e-5)
    assert total_loss(model, smoothing=0.2)[0] == pytest.approx((0.8 * picked + 0.2 * even).sum(), rel=1e-5)


@pytest.mark.parametrize(
    "kind", ["attention", "both", *(pytest.param(k, marks=pytest.mark.slow) for k in ("concat", "dot"))]
)
def test_gradients_in_float64(kind):
    keras.config.set_dtype_policy("float64")
    try:
        model = made(kind)
    finally:
        keras.config.set_dtype_policy("float32")

    def loss():
        return writer.loss(model, model(INPUTS, training=True), TARGETS, 0.1)[0]

    variables = model.trainable_variables
    with tf.GradientTape() as tape:
        total = loss()
    gradients = [tf.convert_to_tensor(g).numpy() for g in tape.gradient(total, [v.value for v in variables])]
    generator = np.random.default_rng(0)
    for variable, gradient in zip(variables, gradients):
        direction = generator.normal(size=variable.shape)
        value, step = variable.numpy(), 1e-5
        ends = []
        for sign in (1, -1):
            variable.assign(value + sign * step * direction)
            ends.append(float(loss()))
        variable.assign(value)
        expected = pytest.approx((gradient * direction).sum(), rel=2e-5, abs=1e-7)
        assert (ends[0] - ends[1]) / (2 * step) == expected, variable.path


@pytest.mark.parametrize("kind", KINDS)
def test_every_weight_is_trained(kind):
    model = made(kind)
    with tf.GradientTape() as tape:
        total, _ = writer.loss(model, model(INPUTS, training=True), TARGETS, 0.0)
    gradients = tape.gradient(total, [v.value for v in model.trainable_variables])
    for variable, gradient in zip(model.trainable_variables, gradients):
        assert gradient is not None, variable.path
        assert np.any(tf.convert_to_tensor(gradient).numpy()) or variable.name == "coverage_kernel", variable.path


def test_one_embedding_for_both_sides_and_the_head():
    model = made("dot", shared=True)
    assert list(parts(model)) == [
        "embedding", "encoder_1", "bridge", "decoder_1", "attention", "projection", "head"
    ]  # fmt: skip
    tables = [variable for variable in model.variables if variable.shape == (8, 4)]
    assert len(tables) == 1
    assert [variable.shape for variable in parts(model)["head"][0].variables] == [(8,)]


@pytest.mark.parametrize("kind", KINDS)
def test_graph_equals_eager(kind):
    model = made(kind)
    function = tf.function(
        lambda source, target: model({"source": source, "target_in": target}, training=False),
        input_signature=[tf.TensorSpec([None, None], tf.int32)] * 2,
    )
    np.testing.assert_allclose(function(SOURCE, TARGET), model(INPUTS, training=False), atol=1e-5)


def test_the_seed_decides_weights_and_dropout():
    config = TranslationModel(**SMALL, **DROPPING)
    one, other, third = (translator.build(config, 8, 7, seed=seed) for seed in (1, 1, 2))
    first, second = (model(INPUTS, training=True).numpy() for model in (one, other))
    np.testing.assert_array_equal(first, second)
    assert not np.allclose(first, one(INPUTS, training=True)) and not np.allclose(first, third(INPUTS, training=True))


@pytest.mark.parametrize("kind", ["attention", "initial"])
def test_without_a_chance_scheduled_sampling_is_teacher_forcing(kind):
    model = made(kind, scheduled_sampling={"schedule": "linear", "rate": 1.0, "steps": 5})
    forced = model(INPUTS, training=False).numpy()
    real = TARGET > 0
    np.testing.assert_allclose(model(INPUTS, training=True).numpy()[real], forced[real], atol=2e-5)
    model.network.schedule.count.assign(100)
    sampled = model(INPUTS, training=True).numpy()
    assert int(model.network.schedule.count.value) == 101
    np.testing.assert_allclose(sampled[:, 0], forced[:, 0], atol=2e-5)
    own = np.stack([TARGET[:, 0], sampled[:, 0].argmax(-1), sampled[:, 1].argmax(-1)], axis=1).astype("int32")
    expected = model({"source": SOURCE, "target_in": own}, training=False).numpy()
    np.testing.assert_allclose(sampled, expected, atol=2e-5)


def test_scheduled_sampling_in_a_graph_with_dropout_and_tied_weights():
    model = made("dot", scheduled_sampling={"schedule": "constant", "rate": 0.5}, **DROPPING)
    function = tf.function(lambda: model(INPUTS, training=True))
    first, second = function().numpy(), function().numpy()
    assert np.all(np.isfinite(first)) and not np.allclose(first, second)
    assert int(model.network.schedule.count.value) == 2
    assert any(variable is model.network.schedule.count for variable in model.variables)


def test_the_coverage_loss_is_one_of_training():
    model = made("additive", attention={"kind": "additive", "coverage": True, "coverage_loss": 1.0})
    model(INPUTS, training=True)
    assert 0.0 < float(model.losses[0]) < 1.0
    model(INPUTS, training=False)
    assert model.losses == []


def test_weights_come_back_from_a_file(tmp_path):
    sampling = {"scheduled_sampling": {"steps": 5}}
    one, other = made("dot", **sampling), made("dot", **sampling)
    one.network.schedule.count.assign(4)
    for variable in other.trainable_variables:
        variable.assign(tf.zeros_like(variable.value))
    one.save_weights(tmp_path / "a.weights.h5")
    other.load_weights(tmp_path / "a.weights.h5")
    for mine, its in zip(one.variables, other.variables):
        np.testing.assert_array_equal(mine.numpy(), its.numpy(), err_msg=mine.path)


def test_mixed_precision_gives_logits_in_float32():
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = made()
        assert model(INPUTS, training=True).dtype == "float32"
        state = model.begin(tf.constant(SOURCE))
        logits, after, _ = model.step(tf.constant(TARGET[:, 0]), state)
    finally:
        keras.config.set_dtype_policy("float32")
    assert logits.dtype == tf.float32
    for old, new in zip(tf.nest.flatten(state), tf.nest.flatten(after)):
        assert old.dtype == new.dtype and old.shape == new.shape


def test_options_that_a_cell_does_not_take():
    with pytest.raises(ConfigError, match=r"model\.cell_options\.alpha: LSTMCell takes no argument alpha"):
        translator.build(TranslationModel(**SMALL, cell_options={"alpha": 0.5}), 8, 7, seed=1)


def test_an_engine_that_the_cell_cannot_run_on_is_a_mistake_of_the_configuration():
    config = TranslationModel(**SMALL, engine="linear")
    with pytest.raises(ConfigError, match=r"model\.engine: encoder_1: engine='linear' cannot run"):
        translator.build(config, 8, 7, seed=1)
