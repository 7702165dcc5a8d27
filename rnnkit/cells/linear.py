"""The public base of cells whose recurrence is linear given the input, and its contract."""

import keras
from keras import ops

from rnnkit.cells.contract import StepScope, check_projection
from rnnkit.cells.precision import at_least_float32
from rnnkit.cells.projected import ProjectedCell

COEFFICIENTS_SIGNATURE = "coefficients(self, projected) -> (decay, increment)"


@keras.saving.register_keras_serializable(package="rnnkit")
class LinearCell(ProjectedCell):
    """One step of a recurrent network that is linear in its state, with coefficients that depend on the input alone.

    With x_t the input and h_{t-1} the state,

        projected_t = x_t W + b                               `project`, all steps at once
        decay_t, increment_t = coefficients(projected_t)      all steps at once
        h_t = decay_t * h_{t-1} + increment_t                 elementwise; the engine, many steps at once

    The output is h_t. Weights in order: `kernel` W (features, gates * units), `bias` b (gates * units,), then what a
    subclass adds in its `build` after `super().build`, for `coefficients` to read.

    A subclass defines `coefficients` and, where it is not 1, the class attribute `gates`:

    ```python
    import keras
    from rnnkit.cells import LinearCell
    from rnnkit.layers import RNN

    @keras.saving.register_keras_serializable(package="my_package")
    class ForgetGateCell(LinearCell):
        gates = 2

        def coefficients(self, projected):
            forget, value = keras.ops.split(projected, 2, axis=-1)
            return keras.ops.sigmoid(forget), self.activation(value)

    outputs = RNN(ForgetGateCell(4))(keras.ops.ones((2, 3, 5)))  # (2, 4)
    ```

    Numerics: `project` runs in the compute dtype, `coefficients` and the recurrence in float32 at least, because a
    memory of many steps is a decay very near to 1. A decay in [0, 1] keeps every length of time stable; above 1 the
    state grows without bound.

    Args:
        units: Positive integer, width of the state and of the output.
        activation: Function, name or `None` (linear), for the subclass's use. Default `None`.
        use_bias: Boolean, whether there is a `bias`. Default `True`.
        kernel_initializer: Initializer of `kernel`. Default `"glorot_uniform"`.
        bias_initializer: Initializer of `bias`. Default `"zeros"`.
        kernel_regularizer, bias_regularizer: Regularizers. Default `None`.
        kernel_constraint, bias_constraint: Constraints. Default `None`.
        dropout: Number in [0, 1), fraction of the input's entries dropped, the same at every step. Default 0.
        seed: Integer or `None`, seed of the dropout mask. The generator's state is a variable of the cell.

    Call arguments:
        inputs: Tensor (batch, features), in the compute dtype.
        states: List of one tensor (batch, units), or that tensor.
        training: Boolean, whether dropout applies. Default `False`.

    Returns:
        `(output, new_states)`: tensor (batch, units) and states as they came, in the compute dtype.

    Raises:
        TypeError, ValueError: an argument is not allowed, or `project` or `coefficients` breaks the contract above.
    """

    recurrent_dropout = 0.0  # Keras's RNN layer asks every cell with dropout for it

    def __init__(self, units, activation=None, **kwargs):
        super().__init__(units, activation, **kwargs)
        if type(self).coefficients is LinearCell.coefficients:
            raise TypeError(f"{type(self).__name__} must define {COEFFICIENTS_SIGNATURE}. Received a class without it.")

    def coefficients(self, projected):
        """Turns the projected input into the recurrence's coefficients; what a subclass defines.

        Args:
            projected: Tensor (rows, gates * units), x W + b, in float32 at least; rows are steps of any time and
                example, each to be treated alone.

        Returns:
            `(decay, increment)`: tensors (rows, units), or of a shape that repeats to it, such as (units,).
        """
        raise TypeError(f"{type(self).__name__} must define {COEFFICIENTS_SIGNATURE}. Received a class without it.")

    def call(self, inputs, states, training=False):
        single = not isinstance(states, (list, tuple))
        previous = states if single else states[0]
        if training and self.dropout:
            inputs = inputs * self.get_dropout_mask(inputs)
        projected = check_projection(self, self.project(inputs))
        decay, increment = run_coefficients(self, projected, self.step_tensors())
        output = ops.cast(decay * ops.cast(previous, decay.dtype) + increment, self.compute_dtype)
        return output, output if single else [output]


def run_coefficients(cell, projected, tensors):
    """Calls `cell.coefficients` on explicit tensors and checks what it returns.

    Args:
        cell: `LinearCell`.
        projected: Tensor (rows, gates * units), projected inputs.
        tensors: Tensors, what `cell.step_weights` read as.

    Returns:
        `(decay, increment)`: tensors (rows, units) in float32 at least.

    Raises:
        TypeError: `coefficients` returned no pair of tensors, or one of another dtype.
        ValueError: `coefficients` returned a tensor of a wrong shape, or used a variable that is not the cell's own.
    """
    projected = ops.cast(projected, at_least_float32(cell.compute_dtype))
    with StepScope(cell, tensors, "coefficients"):
        pair = cell.coefficients(projected)
    if not isinstance(pair, (list, tuple)) or len(pair) != 2:
        raise TypeError(
            f"{type(cell).__name__}.coefficients must return the pair (decay, increment). Received: {pair!r}"
        )
    return tuple(_checked(cell, role, value, projected) for role, value in zip(("decay", "increment"), pair))


def _checked(cell, role, value, projected):
    """One coefficient, repeated to (rows, units)."""
    name, units = f"{type(cell).__name__}.coefficients", cell.units
    if not hasattr(value, "shape") or not hasattr(value, "dtype"):
        raise TypeError(f"{name} must return tensors. Received for the {role}: {value!r}")
    dtype, expected = (keras.backend.standardize_dtype(tensor.dtype) for tensor in (value, projected))
    if dtype != expected:
        raise TypeError(
            f"{name} must keep the dtype of `projected`, {expected}. Received for the {role}: {dtype}. "
            "Cast constants to `projected.dtype`, or write them as Python numbers."
        )
    shape = tuple(value.shape)
    if len(shape) == 2 and shape == (projected.shape[0], units):
        return value
    if shape not in ((), (units,), (1, units)):
        raise ValueError(
            f"{name} must return tensors of shape (rows, units) = (rows, {units}), or (units,), or (). Received for "
            f"the {role}: {shape}. Set the class attribute `gates` to the number of blocks of `units` columns that "
            "`projected` has."
        )
    return ops.broadcast_to(value, (ops.shape(projected)[0], units))
