"""The contract of linear cells."""

import keras
import numpy as np
import pytest
from keras import ops

from rnnkit.cells import LinearCell, LinearLeakyCell, MinGRUCell
from rnnkit.layers import RNN


def cell_with(coefficients, **attributes):
    return type("BadCell", (LinearCell,), {"coefficients": coefficients, **attributes})


CASES = {
    "no pair": (lambda self, p: p, TypeError, ["BadCell.coefficients", "(decay, increment)"]),
    "three": (lambda self, p: (p, p, p), TypeError, ["BadCell.coefficients", "(decay, increment)"]),
    "no tensor": (lambda self, p: (0.5, p), TypeError, ["BadCell.coefficients", "decay", "0.5"]),
    "width": (lambda self, p: (p, p[:, :2]), ValueError, ["increment", "(rows, 3)", "2)", "`gates`"]),
    "rows": (lambda self, p: (p, p[:1]), None, []),
    "dtype": (lambda self, p: (ops.cast(p, "float64"), p), TypeError, ["decay", "float32", "float64"]),
}


@pytest.mark.parametrize("coefficients, error, words", CASES.values(), ids=CASES)
@pytest.mark.parametrize("run", [RNN, keras.layers.RNN])
def test_the_error_names_the_cell_what_came_and_what_is_allowed(coefficients, error, words, run):
    layer = run(cell_with(coefficients)(3))
    if error is None:
        assert layer(np.ones((2, 4, 5), "float32")).shape == (2, 3)
        return
    with pytest.raises(error) as raised:
        layer(np.ones((2, 4, 5), "float32"))
    for word in words:
        assert word in str(raised.value)


def test_a_cell_without_coefficients():
    with pytest.raises(TypeError, match=r"NoCoefficients must define coefficients\(self, projected\)"):
        type("NoCoefficients", (LinearCell,), {})(3)


def test_a_variable_of_someone_else_is_refused():
    def reads_the_kernel(self, projected):
        return projected, projected * ops.sum(self.kernel)

    with pytest.raises(ValueError, match="only read weights"):
        RNN(cell_with(reads_the_kernel)(3))(np.ones((2, 4, 5), "float32"))


def test_one_step_takes_a_state_or_a_list_of_one():
    cell = MinGRUCell(3)
    inputs, state = np.ones((2, 5), "float32"), np.full((2, 3), 0.25, "float32")
    output, new_state = cell(inputs, state)
    again, (new,) = cell(inputs, [state])
    for result in (new_state, again, new):
        np.testing.assert_array_equal(result, output)


@pytest.mark.parametrize("engine", ["linear", "general"])
def test_one_mask_of_dropout_for_all_steps(engine):
    cell = LinearLeakyCell(6, alpha=0.0, kernel_initializer="identity", dropout=0.5, seed=11)
    layer = RNN(cell, return_sequences=True, engine=engine)
    inputs = np.ones((2, 4, 6), "float32")
    first, second = (np.asarray(layer(inputs, training=True)) for _ in range(2))
    for outputs in (first, second):
        assert set(np.unique(outputs)) == {0.0, 2.0}
        np.testing.assert_array_equal(outputs, np.repeat(outputs[:, :1], 4, axis=1))
    assert np.any(first != second)
    np.testing.assert_array_equal(layer(inputs), inputs)
