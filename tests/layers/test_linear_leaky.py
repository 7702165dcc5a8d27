import numpy as np
import pytest

from rnnkit.layers import LeakyRNN, LinearLeaky
from tests.layers import reference
from tests.layers.helpers import (
    FEATURES,
    MASKS,
    UNITS,
    assert_close,
    assert_gradients_are_right,
    assert_same,
    built,
    sequences,
    states,
)

LEAKS = {
    "default": ({}, np.full(UNITS, 0.5)),
    "list": ({"alpha": [0.0, 0.3, 0.6, 0.9]}, np.array([0.0, 0.3, 0.6, 0.9])),
    "time constants": ({"time_constants": [1, 1000]}, np.exp(-1.0 / np.array([1.0, 10.0, 100.0, 1000.0]))),
}


@pytest.mark.parametrize("arguments, alpha", LEAKS.values(), ids=LEAKS)
@pytest.mark.parametrize("mask", MASKS.values(), ids=MASKS)
def test_equals_the_equations(arguments, alpha, mask):
    layer = built(LinearLeaky(UNITS, return_sequences=True, return_state=True, **arguments))
    initial = states(1)
    outputs, final = layer(sequences(), initial_state=initial, mask=mask)
    expected, finals = reference.run(
        reference.linear_leaky_step, sequences(), initial, layer.get_weights(), mask, alpha=alpha
    )
    assert_close([np.asarray(outputs), np.asarray(final)], [expected, *finals], 1e-5)


def test_learned_alpha_starts_where_it_is_told():
    layer = LinearLeaky(UNITS, learn_alpha=True, time_constants=(1, 1000))
    layer.build((None, None, FEATURES))
    np.testing.assert_allclose(layer.cell.current_alpha(), LEAKS["time constants"][1], rtol=1e-5)
    assert [weight.name for weight in layer.cell.step_weights] == ["alpha_logit"]


def test_is_the_leaky_layer_without_its_recurrent_kernel():
    leaky = built(LeakyRNN(UNITS, activation="tanh", alpha=0.8, return_sequences=True))
    kernel, recurrent, bias = leaky.get_weights()
    leaky.set_weights([kernel, np.zeros_like(recurrent), bias])
    linear = built(LinearLeaky(UNITS, activation="tanh", alpha=0.8, return_sequences=True))
    linear.set_weights([kernel, bias])
    np.testing.assert_allclose(linear(sequences()), leaky(sequences()), rtol=0, atol=1e-6)


@pytest.mark.parametrize("mask", ["none", "holes"])
@pytest.mark.parametrize("learn_alpha", [False, True], ids=["fixed", "learned"])
def test_gradients(mask, learn_alpha):
    options = {"time_constants": (1, 20), "learn_alpha": learn_alpha, "dtype": "float64"}
    layer = built(LinearLeaky(UNITS, return_sequences=True, return_state=True, **options))
    assert_gradients_are_right(layer, sequences(dtype="float64"), states(1, dtype="float64"), mask=MASKS[mask])


def test_engines_agree_on_a_learned_leak():
    layers = [built(LinearLeaky(UNITS, learn_alpha=True, engine=engine)) for engine in ("linear", "general")]
    assert_same(*layers, sequences(), mask=MASKS["holes"])


@pytest.mark.parametrize(
    "arguments, words",
    [
        ({"alpha": 0.5, "time_constants": (1, 2)}, ["LinearLeaky", "`alpha`", "`time_constants`", "exclude"]),
        ({"alpha": 1.0}, ["LinearLeaky", "`alpha`", "[0, 1)", "1.0"]),
        ({"time_constants": (5, 1)}, ["`time_constants`", "0 < shortest <= longest", "(5, 1)"]),
        ({"alpha": 0.0, "learn_alpha": True}, ["learned alpha", "(0, 1)", "alpha=0.0"]),
    ],
)
def test_errors(arguments, words):
    with pytest.raises(ValueError) as error:
        LinearLeaky(UNITS, **arguments)
    for word in words:
        assert word in str(error.value)
