import numpy as np
import pytest

from rnnkit.layers import LeakyRNN, SimpleRNN
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
    "number": ({"alpha": 0.8}, np.full(UNITS, 0.8)),
    "list": ({"alpha": [0.0, 0.3, 0.6, 0.9]}, np.array([0.0, 0.3, 0.6, 0.9])),
    "time constants": ({"time_constants": [1, 1000]}, np.exp(-1.0 / np.array([1.0, 10.0, 100.0, 1000.0]))),
}


@pytest.mark.parametrize("arguments, alpha", LEAKS.values(), ids=LEAKS)
@pytest.mark.parametrize("mask", MASKS.values(), ids=MASKS)
def test_equals_the_equations(arguments, alpha, mask):
    layer = built(LeakyRNN(UNITS, return_sequences=True, return_state=True, **arguments))
    initial = states(1)
    outputs, final = layer(sequences(), initial_state=initial, mask=mask)
    expected, finals = reference.run(reference.leaky_step, sequences(), initial, layer.get_weights(), mask, alpha=alpha)
    assert_close([np.asarray(outputs), np.asarray(final)], [expected, *finals], 1e-5)


@pytest.mark.parametrize("arguments, alpha", [LEAKS["number"], LEAKS["time constants"]])
def test_learned_alpha_starts_where_it_is_told_and_equals_the_equations(arguments, alpha):
    layer = LeakyRNN(UNITS, return_sequences=True, learn_alpha=True, **arguments)
    layer.build((None, None, FEATURES))
    np.testing.assert_allclose(layer.cell.current_alpha(), alpha, rtol=1e-5)
    assert [weight.name for weight in layer.cell.step_weights] == ["alpha_logit"]
    built(layer)
    *weights, logit = layer.get_weights()
    expected, _ = reference.run(
        reference.leaky_step, sequences(), [np.zeros((4, UNITS))], weights, alpha=reference.sigmoid(logit)
    )
    assert_close([np.asarray(layer(sequences()))], [expected], 1e-5)


def test_alpha_zero_is_the_simple_layer_exactly():
    leaky = built(LeakyRNN(UNITS, alpha=0.0, return_sequences=True))
    simple = built(SimpleRNN(UNITS, return_sequences=True))
    np.testing.assert_array_equal(leaky(sequences()), simple(sequences()))
    assert_same(leaky, simple, sequences(), outputs=0, gradients=1e-6)


def test_learned_alpha_is_trained_and_stays_inside():
    layer = LeakyRNN(UNITS, learn_alpha=True)
    layer.build((None, None, FEATURES))
    layer.cell.alpha_logit.assign([-30.0, -1.0, 1.0, 10.0])
    alpha = np.asarray(layer.cell.current_alpha())
    assert np.all(alpha > 0) and np.all(alpha < 1)


@pytest.mark.parametrize("mask", ["none", "holes", "full rows"])
@pytest.mark.parametrize("learn_alpha", [False, True], ids=["fixed", "learned"])
def test_gradients(mask, learn_alpha):
    options = {"time_constants": (1, 20), "learn_alpha": learn_alpha, "dtype": "float64"}
    layer = built(LeakyRNN(UNITS, return_sequences=True, return_state=True, **options))
    assert_gradients_are_right(layer, sequences(dtype="float64"), states(1, dtype="float64"), mask=MASKS[mask])


@pytest.mark.parametrize(
    "arguments, words",
    [
        ({"alpha": 0.5, "time_constants": (1, 2)}, ["`alpha`", "`time_constants`", "exclude"]),
        ({"alpha": 1.0}, ["`alpha`", "[0, 1)", "1.0"]),
        ({"alpha": [0.5, 0.5]}, ["`alpha`", "`units` = 4", "2 numbers"]),
        ({"alpha": "half"}, ["`alpha`", "[0, 1)", "'half'"]),
        ({"time_constants": (5, 1)}, ["`time_constants`", "0 < shortest <= longest", "(5, 1)"]),
        ({"time_constants": 5}, ["`time_constants`", "(shortest, longest)", "5"]),
        ({"alpha": 0.0, "learn_alpha": True}, ["learned alpha", "(0, 1)", "alpha=0.0"]),
        ({"learn_alpha": "yes"}, ["`learn_alpha`", "boolean", "'yes'"]),
    ],
)
def test_errors(arguments, words):
    with pytest.raises(ValueError) as error:
        LeakyRNN(UNITS, **arguments)
    for word in words:
        assert word in str(error.value)
