"""The public base of every cell on the fast path, and its contract."""

import keras
from keras import ops

from rnnkit.cells import arguments
from rnnkit.cells.contract import STEP_SIGNATURE, check_projection, run_step
from rnnkit.cells.dropout import SequenceDropout


@keras.saving.register_keras_serializable(package="rnnkit")
class FusedCell(SequenceDropout, keras.layers.Layer):
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
        seed: Integer or `None`, seed of the dropout masks. The generator's state is a variable of the cell.

    Call arguments:
        inputs: Tensor (batch, features), in the compute dtype.
        states: List of tensors (batch, width), or one tensor where there is one state.
        training: Boolean, whether dropout applies. Default `False`.

    Returns:
        `(output, new_states)`: tensor (batch, units) and states as they came, in the compute dtype.

    Raises:
        TypeError, ValueError: an argument is not allowed, or `step` or `project` breaks the contract above.
    """

    gates = 1
    states = 1

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
        **kwargs,
    ):
        super().__init__(**kwargs)
        owner = type(self).__name__
        if type(self).step is FusedCell.step:
            raise TypeError(f"{owner} must define {STEP_SIGNATURE}. Received a class without it.")
        self.units = arguments.positive_integer(owner, "units", units)
        self.activation = keras.activations.get(activation)
        self.use_bias = use_bias
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.recurrent_initializer = keras.initializers.get(recurrent_initializer)
        self.bias_initializer = keras.initializers.get(bias_initializer)
        self.kernel_regularizer = keras.regularizers.get(kernel_regularizer)
        self.recurrent_regularizer = keras.regularizers.get(recurrent_regularizer)
        self.bias_regularizer = keras.regularizers.get(bias_regularizer)
        self.kernel_constraint = keras.constraints.get(kernel_constraint)
        self.recurrent_constraint = keras.constraints.get(recurrent_constraint)
        self.bias_constraint = keras.constraints.get(bias_constraint)
        self.dropout = arguments.rate(owner, "dropout", dropout)
        self.recurrent_dropout = arguments.rate(owner, "recurrent_dropout", recurrent_dropout)
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)

    @property
    def state_size(self):
        """Width of the state, or the list of widths where there are several; the first is `units`."""
        return self.units if self.states == 1 else [self.units] * self.states

    @property
    def output_size(self):
        """Width of the output."""
        return self.units

    @property
    def not_fused_because(self):
        """Why the fused engine cannot run this cell as it is configured, or `None` where it can."""
        return None

    @property
    def recurrent_bias(self):
        """Tensor (gates * units,) added to the recurrent product, or `None`."""
        return None

    @property
    def step_weights(self):
        """The weights that `step` may read: all but kernel, recurrent kernel and bias."""
        others = {id(weight) for weight in (self.kernel, self.recurrent_kernel, self.bias)}
        return [weight for weight in self.weights if id(weight) not in others]

    def build(self, input_shape):
        """Makes kernel, recurrent kernel and bias for inputs of shape (batch, features)."""
        self.kernel = self._add("kernel", (input_shape[-1], self.gates * self.units), "kernel")
        self.recurrent_kernel = self._add("recurrent_kernel", (self.units, self.gates * self.units), "recurrent")
        self.bias = self._add("bias", self.bias_shape, "bias") if self.use_bias else None

    @property
    def bias_shape(self):
        """Shape of the weight `bias`."""
        return (self.gates * self.units,)

    def initial_bias(self, shape, dtype=None):
        """Initial value of the weight `bias`, a tensor of the given shape and dtype."""
        return self.bias_initializer(shape, dtype=dtype)

    def _add(self, name, shape, role):
        return self.add_weight(
            shape=shape,
            name=name,
            initializer=self.initial_bias if role == "bias" else getattr(self, f"{role}_initializer"),
            regularizer=getattr(self, f"{role}_regularizer"),
            constraint=getattr(self, f"{role}_constraint"),
        )

    def add_weight(self, *args, **kwargs):
        """Adds a weight, in `build` only."""
        if self.built:
            raise ValueError(
                f"{type(self).__name__} must create its weights in `build`, after `super().build(input_shape)`. "
                f"Received a new weight after that: name={kwargs.get('name')!r}. `step` runs once per time step."
            )
        return super().add_weight(*args, **kwargs)

    def project(self, inputs):
        """Projects inputs, of any number of steps at once: (rows, features) to (rows, gates * units)."""
        projected = ops.matmul(inputs, self.kernel)
        return projected if self.bias is None else ops.add(projected, self.bias)

    def step(self, projected, recurrent, states):
        """Turns the two products and the old states into the new states; what a subclass defines.

        Args:
            projected: Tensor (batch, gates * units), x_t W + b.
            recurrent: Tensor (batch, gates * units), h_{t-1} U.
            states: Tuple of tensors (batch, width).

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
        projected = check_projection(self, self.project(inputs))
        weights = [weight.value for weight in self.step_weights]
        new_states = run_step(self, projected, recurrent, states, weights)
        return new_states[0], new_states[0] if single else list(new_states)

    def get_initial_state(self, batch_size=None):
        """Zeros for every state: a list of tensors (batch_size, width)."""
        sizes = self.state_size if isinstance(self.state_size, (list, tuple)) else [self.state_size]
        return [ops.zeros((batch_size, size), dtype=self.compute_dtype) for size in sizes]

    def get_config(self):
        config = {
            "units": self.units,
            "activation": keras.activations.serialize(self.activation),
            "use_bias": self.use_bias,
            "dropout": self.dropout,
            "recurrent_dropout": self.recurrent_dropout,
            "seed": self.seed,
        }
        for role in ("kernel", "recurrent", "bias"):
            for kind in ("initializer", "regularizer", "constraint"):
                name = f"{role}_{kind}"
                config[name] = getattr(keras, f"{kind}s").serialize(getattr(self, name))
        return {**super().get_config(), **config}
