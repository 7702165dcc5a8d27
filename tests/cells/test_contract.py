"""What happens to a cell that breaks the contract."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import ops

from rnnkit.cells import FusedCell
from rnnkit.layers import RNN


def cell_with(step=None, **attributes):
    attributes = {"step": step or (lambda self, projected, recurrent, states: (projected + recurrent,)), **attributes}
    return type("BadCell", (FusedCell,), attributes)


def wide(self, projected, recurrent, states):
    return (ops.concatenate([projected, recurrent], axis=-1),)


def other_dtype(self, projected, recurrent, states):
    return (ops.cast(projected + recurrent, "float64"),)


def makes_a_weight(self, projected, recurrent, states):
    return (projected + recurrent * self.add_weight(shape=(1,), name="late"),)


def makes_a_variable(self, projected, recurrent, states):
    return (projected + recurrent * keras.Variable(1.0),)


def reads_the_kernel(self, projected, recurrent, states):
    return (projected + recurrent * ops.sum(self.kernel),)


def assigns(self, projected, recurrent, states):
    self.gain.assign(ops.mean(projected, axis=0))
    return (projected + recurrent,)


def build_with_gain(self, input_shape):
    FusedCell.build(self, input_shape)
    self.gain = self.add_weight(shape=(self.units,), name="gain")


def narrow(self, inputs):
    return ops.matmul(inputs, self.kernel)[:, :2]


CASES = {
    "no tuple": (lambda s, p, r, states: p + r, {}, TypeError, ["BadCell.step", "tuple of 1", "return (state,)"]),
    "list": (lambda s, p, r, states: [p + r], {}, TypeError, ["BadCell.step", "tuple of 1"]),
    "no tensor": (lambda s, p, r, states: (None,), {}, TypeError, ["BadCell.step", "tensors", "state 0", "None"]),
    "too many": (lambda s, p, r, states: (p, r), {}, ValueError, ["return 1 new state", "Received: 2", "states = 2"]),
    "too few": (lambda s, p, r, states: (p + r,), {"states": 2}, ValueError, ["return 2 new state", "Received: 1"]),
    "shape": (wide, {}, ValueError, ["shape of state 0", "3)", "6)", "state_size"]),
    "rank": (lambda s, p, r, states: (ops.sum(p + r),), {}, ValueError, ["shape of state 0", "Received: ()"]),
    "dtype": (other_dtype, {}, TypeError, ["dtype of state 0, float32", "float64", "projected.dtype"]),
    "width": (None, {"project": narrow}, ValueError, ["BadCell.project", "(rows, 1 * 3)", "2)", "`gates`"]),
    "late weight": (makes_a_weight, {}, ValueError, ["BadCell", "`build`", "name='late'"]),
}


@pytest.mark.parametrize("step, attributes, error, words", CASES.values(), ids=CASES)
@pytest.mark.parametrize("engine", ["fused", "keras"])
def test_the_error_names_the_cell_what_came_and_what_is_allowed(step, attributes, error, words, engine):
    layer = (keras.layers.RNN if engine == "keras" else RNN)(cell_with(step, **attributes)(3))
    with pytest.raises(error) as raised:
        layer(np.ones((2, 4, 5), "float32"))
    for word in words:
        assert word in str(raised.value)


@pytest.mark.parametrize(
    "step, words",
    [
        (reads_the_kernel, ["BadCell.step", "only read weights", "kernel", "`build`"]),
        (makes_a_variable, ["BadCell", "create a variable", "build"]),
        (assigns, ["BadCell.step", "must not assign", "gain"]),
    ],
)
@pytest.mark.parametrize("run", [RNN, keras.layers.RNN, lambda cell: tf.function(RNN(cell))])
def test_what_the_fused_engine_could_not_differentiate_is_refused(step, words, run):
    layer = run(cell_with(step, build=build_with_gain)(3))
    with pytest.raises(ValueError) as raised:
        layer(np.ones((2, 4, 5), "float32"))
    for word in words:
        assert word in str(raised.value)


def test_keras_stateless_scope_contract():
    """Keras documents no `StatelessScope` to override: this fails when it changes what `cells.contract` relies on."""

    class Recording(keras.StatelessScope):
        updates = ()

        def get_current_value(self, variable):
            return tf.constant([3.0, 4.0]) if variable is weight else None

        def add_update(self, update):
            self.updates += (update,)

    weight = keras.Variable([1.0, 2.0])
    with Recording(initialize_variables=False) as scope:
        for read in (weight.value, ops.convert_to_tensor(weight), weight + 0.0, ops.multiply(weight, 1.0)):
            np.testing.assert_array_equal(read, [3.0, 4.0])
        weight.assign([5.0, 6.0])
    ((variable, value),) = scope.updates
    assert variable is weight
    np.testing.assert_array_equal(value, [5.0, 6.0])
    np.testing.assert_array_equal(weight, [1.0, 2.0])


def test_a_cell_without_step():
    with pytest.raises(TypeError, match=r"NoStep must define step\(self, projected, recurrent, states\)"):
        type("NoStep", (FusedCell,), {})(3)


def test_the_mistake_shows_when_the_layer_is_built():
    layer = RNN(cell_with(wide)(3))
    with pytest.raises(ValueError, match=r"BadCell\.step must keep the shape"):
        layer.build((None, None, 5))
