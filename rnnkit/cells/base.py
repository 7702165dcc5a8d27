"""The public base of every cell on the fast path, and its contract."""

import keras
from keras import ops

from rnnkit.cells import arguments
from rnnkit.cells.contract import STEP_SIGNATURE, check_projection, run_step
from rnnkit.cells.precision import at_least_float32
from rnnkit.cells.projected import ProjectedCell
from rnnkit.cells.zoneout import checked_rates, draw_kept, zoned_out


@keras.saving.register_keras_serializable(package="rnnkit")
class FusedCell(ProjectedCell):
    """One step of a recurrent network as projection, recurrent matmul and elementwise math.

    With x_t the input, h_{t-1} the first state and s_{t-1} all states,

        projected_t = x_t W + b                      `project`, all steps at once
        recurrent_t = h_{t-1} U (+ recurrent bias)   the engine, one matmul per step
        s_t = step(projected_t, recurrent_t, s_{t-1})
        output_t = first of s_t

    Weights in order: `kernel` W (features, gates * units), `recurrent_kernel` U (units, gates * units), `bias` b
    (gates * units,), then what a subclass adds in its `build` after `super().build`. Those belong to `step`, which
    reads them as attributes; the engine returns their gradients.

    A subclass defines `step` and, where they are not 1, the class attributes `gates` and `states`:

    ```python
    import keras
    from rnnkit.cells import FusedCell
    from rnnkit.layers import RNN

    @keras.saving.register_keras_serializable(package="my_package")
    class UpdateGateCell(FusedCell):
        gates = 2

        def step(self, projected, recurrent, states):
            (previous,) = states
            gate, candidate = keras.ops.split(projected + recurrent, 2, axis=-1)
            gate = keras.ops.sigmoid(gate)
            return (gate * previous + (1 - gate) * self.activation(candidate),)

    outputs = RNN(UpdateGateCell(4))(keras.ops.ones((2, 3, 5)))  # (2, 4)
    ```

    Args:
        units: Positive integer, width of the output and, unless `state_size` says otherwise, of every state.
        activation: Function, name or `None` (linear), for the subclass's use. Default `"tanh"`.
        use_bias: Boolean, whether there is a `bias`. Default `True`.
        kernel_initializer: Initializer of `kernel`. Default `"glorot_uniform"`.
        recurrent_initializer: Initializer of `recurrent_kernel`. Default `"orthogonal"`.
        bias_initializer: Initializer of `bias`. Default `"zeros"`.
        kernel_regularizer, recurrent_regularizer, bias_regularizer: Regularizers. Default `None`.
        kernel_constraint, recurrent_constraint, bias_constraint: Constraints. Default `None`.
        dropout: Number in [0, 1), fraction of the input's entries dropped, the same at every step. Default 0.
        recurrent_dropout: Number in [0, 1), fraction of h_{t-1}'s entries dropped before the recurrent matmul, the same
            at every step and for every gate (Gal and Ghahramani, 2016, arXiv 1512.05287). Default 0.
        seed: Integer or `None`, seed of what dropout and zoneout draw. The generator's state is a variable of the cell.
        zoneout: Number in [0, 1), the probability that an entry of a state stays as it was at a step, drawn anew for
            every step; or a list of such numbers, one for each state. Outside training a new state is the expectation,
            zoneout * old + (1 - zoneout) * new (Krueger et al., 2016, arXiv 1606.01305). Default 0.

    Call arguments:
        inputs: Tensor (batch, features), in the compute dtype.
        states: List of tensors (batch, width), or one tensor where there is one state.
        training: Boolean, whether dropout and zoneout draw. Default `False`.

    Returns:
        `(output, new_states)`: tensor (batch, units) and states as they came, in the compute dtype.

    Raises:
        TypeError, ValueError: an argument is not allowed, or `step` or `project` breaks the contract above.
    """

    def __init__(
        self,
        units,
        activation="tanh",
        use_bias=True,
        kernel_initializer="glorot_uniform",
        recurrent_initializer="orthogonal",
        bias_initializer="zeros",
        kernel_regularizer=None,
        recurrent_regularizer=None,
        bias_regularizer=None,
        kernel_constraint=None,
        recurrent_constraint=None,
        bias_constraint=None,
        dropout=0.0,
        recurrent_dropout=0.0,
        seed=None,
        zoneout=0.0,
        **kwargs,
    ):
        super().__init__(**arguments.constructor_arguments(locals(), taken_by=ProjectedCell))
        owner = type(self).__name__
        if type(self).step is FusedCell.step:
            raise TypeError(f"{owner} must define {STEP_SIGNATURE}. Received a class without it.")
        self.recurrent_initializer = keras.initializers.get(recurrent_initializer)
        self.recurrent_regularizer = keras.regularizers.get(recurrent_regularizer)
        self.recurrent_constraint = keras.constraints.get(recurrent_constraint)
        self.recurrent_dropout = arguments.rate(owner, "recurrent_dropout", recurrent_dropout)
        self.zoneout = checked_rates(owner, zoneout, self.states)

    @property
    def zoneout_rates(self):
        """Tuple of the rates of zoneout, one for each state."""
        return tuple(self.zoneout) if isinstance(self.zoneout, list) else (self.zoneout,) * self.states

    @property
    def not_fused_because(self):
        """Why the fused engine cannot run this cell as it is configured, or `None` where it can."""
        return None

    @property
    def recurrent_bias(self):
        """Tensor (gates * units,) added to the recurrent product, or `None`."""
        return None

    def build(self, input_shape):
        """Makes kernel, recurrent kernel and bias for inputs of shape (batch, features)."""
        self.kernel = self._add("kernel", (input_shape[-1], self.gates * self.units), "kernel")
        self.recurrent_kernel = self._add("recurrent_kernel", (self.units, self.gates * self.units), "recurrent")
        self.bias = self._add("bias", self.bias_shape, "bias") if self.use_bias else None

    def step(self, projected, recurrent, states):
        """Turns the two products and the old states into the new states; what a subclass defines.

        Args:
            projected: Tensor (batch, gates * units), x_t W + b.
            recurrent: Tensor (batch, gates * units), h_{t-1} U.
            states: Tuple of tensors (batch, width).

        All are float32 where the compute dtype is half as wide: only the matmuls are done in it.

        Returns:
            Tuple of tensors, the new states, shapes and dtypes as in `states`; the first is the output.
        """
        raise TypeError(f"{type(self).__name__} must define {STEP_SIGNATURE}. Received a class without it.")

    def call(self, inputs, states, training=False):
        single = not isinstance(states, (list, tuple))
        states = (states,) if single else tuple(states)
        hidden = states[0]
        if training and self.dropout:
            inputs = inputs * self.get_dropout_mask(inputs)
        if training and self.recurrent_dropout:
            hidden = hidden * self.get_recurrent_dropout_mask(hidden)
        recurrent = ops.matmul(hidden, self.recurrent_kernel)
        if self.recurrent_bias is not None:
            recurrent = ops.add(recurrent, self.recurrent_bias)
        new_states = self._advance(check_projection(self, self.project(inputs)), recurrent, states, training)
        return new_states[0], new_states[0] if single else list(new_states)

    def _advance(self, projected, recurrent, states, training):
        """The new states, in the compute dtype, the step itself in at least float32."""
        wide = at_least_float32(self.compute_dtype)
        projected, recurrent, *states = (ops.cast(tensor, wide) for tensor in (projected, recurrent, *states))
        new_states = run_step(self, projected, recurrent, tuple(states), self.step_tensors())
        return tuple(ops.cast(state, self.compute_dtype) for state in self._zoned_out(new_states, states, training))

    def _zoned_out(self, new_states, states, training):
        """The new states after zoneout."""
        if not any(self.zoneout_rates):
            return new_states
        shapes = [ops.shape(state) for state in states]
        kept = draw_kept(self.zoneout_rates, shapes, self.seed_generator) if training else None
        return zoned_out(self.zoneout_rates, kept, new_states, states)

    def get_config(self):
        config = {
            "recurrent_dropout": self.recurrent_dropout,
            "zoneout": self.zoneout,
            **self._role_config("recurrent"),
        }
        return {**super().get_config(), **config}
