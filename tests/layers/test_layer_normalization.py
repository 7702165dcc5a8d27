"""Layer normalization in every built-in cell, against the equations in NumPy."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from rnnkit.cells.normalization import normalize
from rnnkit.layers import GRU, LSTM, LeakyRNN, SimpleRNN
from tests.layers.helpers import (
    FEATURES,
    MASKS,
    UNITS,
    assert_close,
    assert_gradients_are_right,
    assert_same,
    built,
    outputs_and_gradients,
    sequences,
    states,
)
from tests.layers.reference import gate, run, sigmoid

# === the equations ===


def ln(z, gain, shift=0.0):
    return gain * (z - np.mean(z, axis=-1, keepdims=True)) / np.sqrt(np.var(z, axis=-1, keepdims=True) + 1e-3) + shift


def simple_step(x, states, kernel, recurrent_kernel, bias, gain):
    (h,) = states
    return [np.tanh(ln(x @ kernel + h @ recurrent_kernel, gain, bias))]


def leaky_step(x, states, kernel, recurrent_kernel, bias, gain, alpha_logit):
    (u,) = states
    alpha = sigmoid(alpha_logit)
    return [alpha * u + (1.0 - alpha) * np.tanh(ln(x @ kernel + u @ recurrent_kernel, gain, bias))]


def gru_step(x, states, kernel, recurrent_kernel, bias, input_gain, recurrent_gain, reset_after=True):
    (h,) = states
    both = 2 * h.shape[-1]
    b, c = bias if reset_after else (bias, np.zeros_like(bias))

    def project(columns):
        return ln(x @ kernel[:, columns], input_gain[columns]) + b[columns]

    def recur(hidden, columns):
        return ln(hidden @ recurrent_kernel[:, columns], recurrent_gain[columns]) + c[columns]

    gates, candidate = slice(0, both), slice(both, None)
    z, r = np.split(sigmoid(project(gates) + recur(h, gates)), 2, axis=-1)
    g = np.tanh(project(candidate) + (r * recur(h, candidate) if reset_after else recur(r * h, candidate)))
    return [z * h + (1.0 - z) * g]


def lstm_step(x, states, kernel, recurrent_kernel, bias, *rest):
    *peephole, input_gain, recurrent_gain, memory_gain, memory_bias = rest
    h, c = states
    units = h.shape[-1]
    p_i, p_f, p_o = peephole[0] if peephole else np.zeros((3, units))
    total = ln(x @ kernel, input_gain) + ln(h @ recurrent_kernel, recurrent_gain) + bias
    i, f = (sigmoid(gate(total, index, units) + p * c) for index, p in enumerate((p_i, p_f)))
    c = f * c + i * np.tanh(gate(total, 2, units))
    o = sigmoid(gate(total, 3, units) + p_o * c)
    return [o * np.tanh(ln(c, memory_gain, memory_bias)), c]


# === the layers ===

SIMPLE = (SimpleRNN, {}, simple_step)
LEAKY = (LeakyRNN, {"alpha": [0.1, 0.2, 0.5, 0.9], "learn_alpha": True}, leaky_step)
RESET_AFTER = (GRU, {}, gru_step)
RESET_BEFORE = (GRU, {"reset_after": False}, gru_step)
PLAIN = (LSTM, {}, lstm_step)
PEEPHOLES = (LSTM, {"peepholes": True}, lstm_step)
CASES = {
    "SimpleRNN": SIMPLE,
    "LeakyRNN": LEAKY,
    "GRU": RESET_AFTER,
    "GRU, reset before": RESET_BEFORE,
    "LSTM": PLAIN,
    "LSTM, peepholes": PEEPHOLES,
}
FUSED = [name for name in CASES if name != "GRU, reset before"]
every_case = pytest.mark.parametrize("case", CASES.values(), ids=CASES)


def layer_of(case, dtype="float32", **options):
    make, own, _ = case
    options = {"return_sequences": True, "return_state": True, **own, **options}
    return built(make(UNITS, layer_normalization=True, dtype=dtype, **options))


def initial_states(case, dtype="float32"):
    return states(2 if case[0] is LSTM else 1, dtype=dtype)


@every_case
@pytest.mark.parametrize("mask", MASKS.values(), ids=MASKS)
def test_equals_the_equations(case, mask):
    layer, initial = layer_of(case), initial_states(case)
    outputs, *finals = layer(sequences(), initial_state=initial, mask=mask)
    options = {"reset_after": False} if case is RESET_BEFORE else {}
    expected, expected_finals = run(case[2], sequences(), initial, layer.get_weights(), mask, **options)
    assert_close([np.asarray(outputs), *map(np.asarray, finals)], [expected, *expected_finals], 1e-5)
    assert (layer.engine_used == "general") == (case is RESET_BEFORE)


def test_the_function_is_that_of_keras():
    values, gain, shift = (np.random.default_rng(0).normal(size=shape) for shape in ((5, 7), 7, 7))
    theirs = keras.layers.LayerNormalization(dtype="float64")
    theirs.build((None, 7))
    theirs.set_weights([gain, shift])
    np.testing.assert_allclose(normalize(tf.constant(values), gain, shift), theirs(values), atol=1e-12)


@every_case
@pytest.mark.parametrize("mask", [pytest.param("none", marks=pytest.mark.slow), "holes"])
def test_gradients(case, mask):
    assert_gradients_are_right(
        layer_of(case, "float64"), sequences(dtype="float64"), initial_states(case, "float64"), mask=MASKS[mask]
    )


@pytest.mark.parametrize("name", FUSED)
@pytest.mark.parametrize("use_bias", [True, False], ids=["bias", "no bias"])
def test_fused_equals_general(name, use_bias):
    case = CASES[name]
    layers = [layer_of(case, "float64", use_bias=use_bias, engine=engine) for engine in ("fused", "general")]
    call = {"initial_state": initial_states(case, "float64"), "mask": MASKS["holes"]}
    assert_same(*layers, sequences(dtype="float64"), outputs=1e-12, gradients=1e-10, **call)
    assert [layer.engine_used for layer in layers] == ["fused", "general"]


@every_case
def test_without_bias_nothing_is_shifted(case):
    layer, bare = layer_of(case), layer_of(case, use_bias=False)
    names = {weight.name for weight in layer.weights} - {weight.name for weight in bare.weights}
    assert names == ({"bias", "memory_bias"} if case[0] is LSTM else {"bias"})
    weights = [np.zeros(weight.shape) if weight.name in names else weight for weight in layer.weights]
    layer.set_weights(weights)
    bare.set_weights([value for value, weight in zip(weights, layer.weights) if weight.name not in names])
    assert_close([np.asarray(bare(sequences())[0])], [np.asarray(layer(sequences())[0])], 1e-6)


@every_case
def test_begins_with_gains_of_one_and_no_shift(case):
    layer = case[0](UNITS, layer_normalization=True, **case[1])
    layer.build((None, None, FEATURES))
    for weight in layer.weights:
        if "gain" in weight.name:
            np.testing.assert_array_equal(weight, 1.0)
    if case[0] is LSTM:
        np.testing.assert_array_equal(layer.cell.memory_bias, 0.0)
        np.testing.assert_array_equal(layer.cell.bias, np.repeat([0.0, 1.0, 0.0, 0.0], UNITS))


@pytest.mark.parametrize("name", FUSED)
def test_the_step_reads_no_gain_of_the_input(name):
    """Its gradient needs no sum in the loop; it comes from the projection of all steps at once."""
    layer = layer_of(CASES[name])
    assert "input_gain" not in [weight.name for weight in layer.cell.step_weights]
    gradients = outputs_and_gradients(layer, sequences())[1][1:]
    assert len(gradients) == len(layer.weights)
    assert all(np.all(np.any(gradient.reshape(len(gradient), -1), axis=-1)) for gradient in gradients)


@every_case
def test_the_scale_of_the_kernels_is_of_no_matter(case):
    """What the paper's table 1 promises, as long as the variance is far above the number that keeps it from zero."""
    layer = layer_of(case)
    results = []
    for scale in (100.0, 300.0):
        weights = built(layer).get_weights()
        layer.set_weights([scale * weights[0], scale * weights[1], *weights[2:]])
        results.append(np.asarray(layer(sequences(), initial_state=initial_states(case))[0]))
    np.testing.assert_allclose(*results, atol=1e-3)


@every_case
def test_padding_changes_nothing(case):
    layer = layer_of(case)
    mask = MASKS["holes"]
    outputs, *finals = layer(sequences(), mask=mask)
    padded = np.where(mask[..., None], sequences(), 1e4).astype("float32")
    assert_close([np.asarray(layer(padded, mask=mask)[0])], [np.asarray(outputs)], 0)
    for row, real in enumerate(mask):
        alone, *alone_finals = layer(sequences()[row : row + 1, real])
        assert_close([np.asarray(outputs)[row : row + 1, real]], [np.asarray(alone)], 1e-5)
        assert_close([np.asarray(state)[row : row + 1] for state in finals], [*map(np.asarray, alone_finals)], 1e-5)


@every_case
def test_graph_equals_eager(case):
    layer = layer_of(case)
    results = keras.tree.flatten(tf.function(layer)(sequences(), mask=MASKS["left"]))
    expected = keras.tree.flatten(layer(sequences(), mask=MASKS["left"]))
    assert_close([*map(np.asarray, results)], [*map(np.asarray, expected)], 1e-5)


@every_case
def test_config_and_file(case, tmp_path):
    layer = layer_of(case)
    copy = type(layer).from_config(layer.get_config())
    assert copy.get_config() == layer.get_config() and copy.layer_normalization is copy.cell.layer_normalization is True
    inputs = keras.Input((None, FEATURES))
    keras.Model(inputs, layer(inputs)).save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert_close([*map(np.asarray, loaded(sequences()))], [*map(np.asarray, layer(sequences()))], 0)


@pytest.mark.parametrize("make", [SimpleRNN, LeakyRNN, GRU, LSTM])
def test_without_it_nothing_is_added(make):
    layer = built(make(UNITS))
    assert layer.layer_normalization is False and layer.get_config()["layer_normalization"] is False
    assert [weight.name for weight in layer.weights] == ["kernel", "recurrent_kernel", "bias"]
    assert layer.cell.step_weights == []


# === half precision ===


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_the_statistics_are_those_of_float32(dtype):
    values = tf.constant(np.random.default_rng(0).normal(scale=300.0, size=(3, 8)), dtype)  # float16 has no 90000
    result = normalize(values, tf.ones(8, dtype))
    assert result.dtype == values.dtype
    expected = ln(np.float64(tf.cast(values, "float32")), 1.0)
    np.testing.assert_allclose(np.float64(tf.cast(result, "float32")), expected, atol=1e-2)


@every_case
@pytest.mark.parametrize("dtype", ["mixed_float16", "mixed_bfloat16", "float16"])
def test_half_precision(case, dtype):
    """Outputs and gradients are about those of float32."""
    exact, half = layer_of(case), layer_of(case, dtype)
    expected, actual = (outputs_and_gradients(layer, sequences(), mask=MASKS["holes"]) for layer in (exact, half))
    assert {result.dtype.name for result in actual[0]} == {dtype.removeprefix("mixed_")}
    for results, reference in zip(actual, expected):
        assert_close([np.float32(result) for result in results], reference, 0.06)


def test_the_gradients_of_gains_are_summed_in_float32():
    """In bfloat16 a sum over many steps would stop growing."""

    def gradient(layer):
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(tf.square(tf.cast(layer(sequences(time=600)), "float32")))
        return tape.gradient(loss, layer.cell.gain.value)

    exact, mixed = (layer_of(SIMPLE, dtype, return_state=False) for dtype in ("float32", "mixed_bfloat16"))
    expected, actual = (tf.function(lambda layer=layer: gradient(layer))() for layer in (exact, mixed))
    assert_close([np.asarray(actual)], [np.asarray(expected)], 0.02)


# === errors ===


@pytest.mark.parametrize("make", [SimpleRNN, LeakyRNN, GRU, LSTM])
@pytest.mark.parametrize("value", [1, "true", None])
def test_errors(make, value):
    with pytest.raises(ValueError) as error:
        make(UNITS, layer_normalization=value)
    for word in ("`layer_normalization`", "[True, False]", f"layer_normalization={value!r}"):
        assert word in str(error.value)


def test_the_original_gru_says_why_it_is_not_fused():
    with pytest.raises(ValueError, match="reset_after=False"):
        GRU(UNITS, reset_after=False, layer_normalization=True, engine="fused")
