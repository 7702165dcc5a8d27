"""What every cell that projects its input has: kernel, bias, dropout of the input, and their configuration."""

import keras
from keras import ops

from rnnkit.cells import activations, arguments
from rnnkit.cells.dropout import SequenceDropout
from rnnkit.cells.precision import add_bias, at_least_float32


class ProjectedCell(SequenceDropout, keras.layers.Layer):
    """A cell whose input enters through x_t W + b, which the engines compute for all steps at once.

    `rnnkit.cells.FusedCell` and `rnnkit.cells.LinearCell`, the bases for users, document the arguments.
    """

    gates = 1
    states = 1

    def __init__(
        self,
        units,
        activation=None,
        use_bias=True,
        kernel_initializer="glorot_uniform",
        bias_initializer="zeros",
        kernel_regularizer=None,
        bias_regularizer=None,
        kernel_constraint=None,
        bias_constraint=None,
        dropout=0.0,
        seed=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        owner = type(self).__name__
        self.units = arguments.positive_integer(owner, "units", units)
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.bias_initializer = keras.initializers.get(bias_initializer)
        self.kernel_regularizer = keras.regularizers.get(kernel_regularizer)
        self.bias_regularizer = keras.regularizers.get(bias_regularizer)
        self.kernel_constraint = keras.constraints.get(kernel_constraint)
        self.bias_constraint = keras.constraints.get(bias_constraint)
        self.dropout = arguments.rate(owner, "dropout", dropout)
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

    def build(self, input_shape):
        """Makes kernel and bias for inputs of shape (batch, features)."""
        self.kernel = self._add("kernel", (input_shape[-1], self.gates * self.units), "kernel")
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
            autocast=True,
        )

    def add_weight(self, *args, **kwargs):
        """Adds a weight, in `build` only. It reads as it is stored, and not in the compute dtype, unless `autocast`."""
        if self.built:
            raise ValueError(
                f"{type(self).__name__} must create its weights in `build`, after `super().build(input_shape)`. "
                f"Received a new weight after that: name={kwargs.get('name')!r}. What a cell computes runs at every "
                "call, and may only read its weights."
            )
        return super().add_weight(*args, **{"autocast": False, **kwargs})

    @property
    def step_weights(self):
        """The weights that the math of a step may read: all but kernels and bias."""
        others = {id(getattr(self, name, None)) for name in ("kernel", "recurrent_kernel", "bias")}
        return [weight for weight in self.weights if id(weight) not in others]

    def step_tensors(self):
        """The values of `step_weights` in at least float32, as the math of a step reads them."""
        wide = at_least_float32(self.compute_dtype)
        return [ops.cast(weight.value, wide) for weight in self.step_weights]

    def project(self, inputs):
        """Projects inputs, of any number of steps at once: (rows, features) to (rows, gates * units)."""
        projected = ops.matmul(inputs, self.kernel)
        return projected if self.bias is None else add_bias(projected, self.bias)

    def get_initial_state(self, batch_size=None):
        """Zeros for every state: a list of tensors (batch_size, width)."""
        sizes = self.state_size if isinstance(self.state_size, (list, tuple)) else [self.state_size]
        return [ops.zeros((batch_size, size), dtype=self.compute_dtype) for size in sizes]

    def get_config(self):
        config = {
            "units": self.units,
            "activation": activations.serialize(self.activation),
            "use_bias": self.use_bias,
            "dropout": self.dropout,
            "seed": self.seed,
        }
        return {**super().get_config(), **config, **self._role_config("kernel"), **self._role_config("bias")}

    def _role_config(self, role):
        """Initializer, regularizer and constraint of one weight, for `get_config`."""
        names = {kind: f"{role}_{kind}" for kind in ("initializer", "regularizer", "constraint")}
        return {name: getattr(keras, f"{kind}s").serialize(getattr(self, name)) for kind, name in names.items()}
