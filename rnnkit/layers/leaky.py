"""The leaky recurrent layer."""

import keras

from rnnkit.cells import LeakyRNNCell
from rnnkit.cells.arguments import constructor_arguments
from rnnkit.layers.cell_layer import CellLayer


@keras.saving.register_keras_serializable(package="rnnkit")
class LeakyRNN(CellLayer):
    """Leaky recurrent layer: simple units with a memory of chosen length.

        v_t = activation(x_t W + u_{t-1} U + b)
        u_t = alpha * u_{t-1} + (1 - alpha) * v_t

    The output is u_t; alpha = 0 is the simple recurrent layer. Weights: `kernel` W (features, units),
    `recurrent_kernel` U (units, units), `bias` b (units,) and, where alpha is learned, `alpha_logit` (units,).

    Args:
        units, ..., recurrent_dropout, seed: As in `rnnkit.cells.LeakyRNNCell`; the order is that of `SimpleRNN`.
        activity_regularizer: Regularizer of the output. Default `None`.
        return_sequences, return_state, go_backwards, stateful, unroll, zero_output_for_mask, engine: As in
            `rnnkit.layers.RNN`.
        alpha: Number in [0, 1), or a list of `units` such numbers. Default `None`: 0.5, unless `time_constants` is set.
        time_constants: Pair `(shortest, longest)` of lengths in steps; alpha = exp(-1 / tau), the tau spaced evenly in
            their logarithm over the units. Default `None`. Not with `alpha`.
        learn_alpha: Boolean, whether alpha is learned, one per unit and inside (0, 1), from the values above. Default
            `False`.
        layer_normalization: Boolean, whether the summed input is normalized, v_t = activation(LN(x_t W + u_{t-1} U;
            gain, b)). Default `False`.

    Call arguments, returns and masks: as in `rnnkit.layers.RNN`; one state (batch, units).

    Raises:
        ValueError: An argument is out of its range, or `alpha` and `time_constants` are both given.

    Example:

    ```python
    import keras
    from rnnkit.layers import LeakyRNN

    outputs = LeakyRNN(4, time_constants=(1, 100), learn_alpha=True)(keras.ops.ones((2, 5, 3)))  # (2, 4)
    ```

    Source: see `rnnkit.cells.LeakyRNNCell`.
    """

    cell_class = LeakyRNNCell
    cell_name = "leaky_rnn_cell"

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
        activity_regularizer=None,
        kernel_constraint=None,
        recurrent_constraint=None,
        bias_constraint=None,
        dropout=0.0,
        recurrent_dropout=0.0,
        return_sequences=False,
        return_state=False,
        go_backwards=False,
        stateful=False,
        unroll=False,
        seed=None,
        alpha=None,
        time_constants=None,
        learn_alpha=False,
        layer_normalization=False,
        **kwargs,
    ):
        super().__init__(**constructor_arguments(locals()))
