"""The checks of the fused contract: what a cell's `project` and `step` must return."""

import keras

STEP_SIGNATURE = "step(self, projected, recurrent, states) -> tuple of new states"


def run_step(cell, projected, recurrent, states, weights):
    """Calls `cell.step` on explicit tensors and checks what it returns.

    Args:
        cell: `FusedCell`.
        projected: Tensor (batch, gates * units), the projected input of one step.
        recurrent: Tensor (batch, gates * units), the previous output times the recurrent kernel.
        states: Tuple of tensors (batch, width), the previous states.
        weights: Tensors, what `cell.step_weights` read as in the layer's call.

    Returns:
        Tuple of tensors, the new states, of the same shapes and dtypes as `states`.

    Raises:
        TypeError: `step` returned no tuple, or a state of another dtype.
        ValueError: `step` returned a wrong number of states or a state of a wrong shape, or used a variable that is not
            its own.
    """
    with StepScope(cell, weights):
        new_states = cell.step(projected, recurrent, states)
    name = type(cell).__name__
    if not isinstance(new_states, tuple):
        raise TypeError(
            f"{name}.step must return a tuple of {len(states)} new state(s). Received: {new_states!r}. "
            "Write `return (state,)` where there is one state; the first is the output."
        )
    if len(new_states) != len(states):
        raise ValueError(
            f"{name}.step must return {len(states)} new state(s), one for each that it is given. "
            f"Received: {len(new_states)}. Set the class attribute `states = {len(new_states)}` if it has that many."
        )
    for index, (new, old) in enumerate(zip(new_states, states)):
        _check_state(name, index, new, old)
    return new_states


def _check_state(name, index, new, old):
    if not hasattr(new, "shape") or not hasattr(new, "dtype"):
        raise TypeError(f"{name}.step must return tensors. Received for state {index}: {new!r}")
    new_shape, old_shape = tuple(new.shape), tuple(old.shape)
    same_rank = len(new_shape) == len(old_shape)
    if not same_rank or any(None not in (n, o) and n != o for n, o in zip(new_shape, old_shape)):
        raise ValueError(
            f"{name}.step must keep the shape of state {index}, {old_shape}. Received: {new_shape}. "
            "States are (batch, width); a state whose width is not `units` is declared in the property `state_size`."
        )
    new_dtype, old_dtype = keras.backend.standardize_dtype(new.dtype), keras.backend.standardize_dtype(old.dtype)
    if new_dtype != old_dtype:
        raise TypeError(
            f"{name}.step must keep the dtype of state {index}, {old_dtype}. Received: {new_dtype}. "
            "Cast constants to `projected.dtype`, or write them as Python numbers."
        )


def check_projection(cell, projected):
    """Raises a ValueError unless `projected`, what `cell.project` returned, is (rows, gates * units)."""
    width = cell.gates * cell.units
    if len(projected.shape) != 2 or projected.shape[-1] != width:
        raise ValueError(
            f"{type(cell).__name__}.project must return a tensor of shape (rows, gates * units) = "
            f"(rows, {cell.gates} * {cell.units}). Received: {tuple(projected.shape)}. "
            "Set the class attribute `gates` to the number of blocks of `units` columns that `project` makes."
        )
    return projected


class StepScope(keras.StatelessScope):
    """Within it, a cell's own Keras variables read as the tensors given for them.

    So a `step` that says `self.alpha` works on explicit tensors, whose gradient the engine returns, and any other
    variable is refused, since its gradient would be lost.

    Args:
        cell: `FusedCell` whose `step` is to run.
        tensors: Tensors, one for each of `cell.step_weights`.
        function: String, the name of what runs within it, for the messages.
    """

    def __init__(self, cell, tensors, function="step"):
        super().__init__(initialize_variables=False)
        self._name = f"{type(cell).__name__}.{function}"
        self._tensors = {id(weight): tensor for weight, tensor in zip(cell.step_weights, tensors)}

    def get_current_value(self, variable):
        """Returns the tensor that stands for `variable`, or raises a ValueError for one that `step` may not read."""
        if id(variable) not in self._tensors:
            raise ValueError(
                f"{self._name} must only read weights that the cell made for it in `build`. "
                f"Received: `{variable.path}`. The input kernel and bias belong to `project`, the recurrent kernel to "
                "the engine; make a weight of its own with `self.add_weight` in `build`."
            )
        return self._tensors[id(variable)]

    def add_update(self, update):
        """Refuses an assignment: a step runs again in the backward pass."""
        raise ValueError(
            f"{self._name} must not assign to a variable. Received an assignment to "
            f"`{update[0].path}`. Return the value as a state instead; random draws come from `recurrent_dropout`."
        )
