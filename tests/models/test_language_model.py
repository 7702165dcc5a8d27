"""The language model: states in and out, what it sees, its equations, its parts and its gradients."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from rnnkit.config.schema import LanguageModel
from rnnkit.models import language_model
from rnnkit.models.cells import BUILTIN
from rnnkit.models.language_model import initial_states, read
from rnnkit.models.parts import parts

VOCABULARY = 7
TOKENS = tf.constant([[4, 5, 6, 4, 1, 5], [6, 6, 2, 5, 4, 3]], tf.int32)
SMALL = {"units": 4, "embedding_size": 3}
KINDS = {
    "recurrent": {},
    "stacked": {"layers": 2, "connection": "residual"},
    "one_hot": {"input": "one_hot"},
    "tied": {"tie_weights": True, "embedding_size": 4},
    "projected": {"tie_weights": True},
    "window": {"kind": "window", "context": 3},
    "direct": {"kind": "window", "context": 3, "direct_connections": True},
    "tied window": {"kind": "window", "context": 2, "tie_weights": True},
    "one token": {"kind": "window", "context": 1},
    "one-hot window": {"kind": "window", "context": 2, "input": "one_hot"},
}


def make(**options):
    return language_model.build(LanguageModel(**{**SMALL, **options}), VOCABULARY, seed=3)


def logits(model, tokens=TOKENS, **options):
    return read(model, tokens, initial_states(model, len(tokens)), **options)[0].numpy()


@pytest.mark.parametrize("options", [*KINDS.values(), *({"cell": cell} for cell in BUILTIN)], ids=str)
def test_a_text_in_parts_is_as_the_whole(options):
    model = make(**options)
    whole, end = read(model, TOKENS, initial_states(model, 2))
    assert whole.shape == (2, 6, VOCABULARY) and whole.dtype == tf.float32
    states, found = initial_states(model, 2), []
    for begin, stop in ((0, 1), (1, 4), (4, 6)):
        part, states = read(model, TOKENS[:, begin:stop], states)
        found.append(part)
    np.testing.assert_allclose(np.concatenate(found, axis=1), whole, atol=1e-6)
    assert states.keys() == end.keys() == initial_states(model, 2).keys() and states
    for name in states:
        np.testing.assert_allclose(states[name], end[name], atol=1e-6)


@pytest.mark.parametrize("options", KINDS.values(), ids=KINDS)
def test_nothing_is_seen_that_comes_later(options):
    model = make(**options)
    other = TOKENS.numpy()
    other[:, 3:] = 2
    np.testing.assert_array_equal(logits(model)[:, :3], logits(model, other)[:, :3])
    assert not np.allclose(logits(model)[:, 3], logits(model, other)[:, 3])


@pytest.mark.parametrize("options", KINDS.values(), ids=KINDS)
def test_every_weight_is_in_a_part_and_has_a_gradient(options):
    model = make(**options)
    with tf.GradientTape() as tape:
        outputs = model({"tokens": TOKENS, **initial_states(model, 2)}, training=True)
        total, weight = language_model.loss(model, outputs, TOKENS, 0.0)
    assert float(weight) == 12
    named = [variable for layers in parts(model).values() for layer in layers for variable in layer.trainable_variables]
    assert sorted(map(id, named)) == sorted(map(id, model.trainable_variables))
    gradients = tape.gradient(total, [variable.value for variable in named])
    assert all(np.any(tf.convert_to_tensor(gradient).numpy()) for gradient in gradients)


def test_the_window_model_equals_its_equations():
    model = make(**KINDS["direct"])
    weights = {variable.path: variable.numpy() for variable in model.variables}
    table, h, d = (weights[name] for name in ("embedding/embeddings", "hidden/kernel", "hidden/bias"))
    u, b = weights["head/kernel"], weights["head/bias"]
    padded = np.concatenate([np.zeros((2, 2), int), TOKENS.numpy()], axis=1)
    for place in range(6):
        x = table[padded[:, place : place + 3]].reshape(2, -1)
        expected = np.concatenate([np.tanh(d + x @ h), x], axis=1) @ u + b
        np.testing.assert_allclose(logits(model)[:, place], expected, atol=1e-5)


def test_a_tied_head_is_the_embedding():
    model = make(**KINDS["tied"])
    plain = make(embedding_size=4)
    assert model.count_params() == plain.count_params() - 4 * VOCABULARY
    assert list(parts(make(**KINDS["projected"]))) == ["embedding", "recurrent_1", "projection", "head"]


def test_one_hot_input_is_an_embedding_of_units():
    model = make(**KINDS["one_hot"])
    assert "embedding" not in parts(model)
    kernel = model.get_layer("recurrent").layers[0].cell.kernel
    assert kernel.shape == (VOCABULARY, 16)


def test_seeds_and_dropout():
    options = {"dropout": 0.5, "embedding_dropout": 0.2, "word_dropout": 0.2, "layers": 2}
    one, other = make(**options), make(**options)
    np.testing.assert_array_equal(logits(one), logits(other))
    assert not np.allclose(logits(one, training=True), logits(one))


@pytest.mark.parametrize("options", [{}, KINDS["projected"], KINDS["direct"]], ids=["recurrent", "projected", "direct"])
def test_gradients_are_right_in_float64(options):
    keras.config.set_dtype_policy("float64")
    try:
        model = make(**options)
    finally:
        keras.config.set_dtype_policy("float32")
    variables = [variable.value for variable in model.trainable_variables]

    def loss():
        outputs = model({"tokens": TOKENS, **initial_states(model, 2)})
        return language_model.loss(model, outputs, tf.where(TOKENS == 2, -1, TOKENS), 0.1)[0]

    with tf.GradientTape() as tape:
        total = loss()
    assert total.dtype == tf.float64
    draw = np.random.default_rng(0)
    for variable, gradient in zip(variables, tape.gradient(total, variables)):
        gradient, before, step = tf.convert_to_tensor(gradient).numpy(), variable.numpy(), 1e-6
        direction = draw.normal(size=before.shape)
        values = []
        for sign in (1, -1):
            variable.assign(before + sign * step * direction)
            values.append(float(loss()))
        variable.assign(before)
        np.testing.assert_allclose((values[0] - values[1]) / (2 * step), np.sum(gradient * direction), rtol=1e-5)


def test_half_precision_keeps_its_states_in_float32():
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = make()
    finally:
        keras.config.set_dtype_policy("float32")
    found, states = read(model, TOKENS, initial_states(model, 2))
    assert found.dtype == tf.float32 and all(state.dtype == tf.float32 for state in states.values())


def test_graph_equals_eager():
    for options in (KINDS["stacked"], KINDS["window"]):
        model = make(**options)
        in_graph = tf.function(lambda tokens, model=model: read(model, tokens, initial_states(model, 2))[0])
        np.testing.assert_allclose(in_graph(TOKENS), logits(model), atol=1e-6)
