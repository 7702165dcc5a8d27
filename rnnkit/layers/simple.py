"""The simple recurrent layer."""

import keras

from rnnkit.cells import SimpleRNNCell
from rnnkit.cells.arguments import constructor_arguments
from rnnkit.layers.cell_layer import CellLayer


@keras.saving.register_keras_serializable(package="rnnkit")
class SimpleRNN(CellLayer):
    """Simple recurrent layer, a drop-in for `keras.layers.SimpleRNN`.

        h_t = activation(x_t W + h_{t-1} U + b)

    Weights: `kernel` W (features, units), `recurrent_kernel` U (units, units), `bias` b (units,), then those of
    `layer_normalization`.

    Args:
        units, ..., recurrent_dropout, seed: As in `rnnkit.cells.SimpleRNNCell`. `activation` defaults to `"tanh"`; the
            textbooks also use `"sigmoid"` and `"relu"`.
        activity_regularizer: Regularizer of the output. Default `None`.
        return_sequences, return_state, go_backwards, stateful, unroll, zero_output_for_mask, engine: As in
            `rnnkit.layers.RNN`.
        layer_normalization: Boolean, whether the summed input is normalized, h_t = activation(LN(x_t W + h_{t-1} U;
            gain, b)). Default `False`.

    Call arguments, returns and masks: as in `rnnkit.layers.RNN`; one state (batch, units).

    Raises:
        ValueError: An argument is out of its range; the message names it.

    Example:

    ```python
    import keras
    from rnnkit.layers import SimpleRNN

    outputs = SimpleRNN(4, activation="relu", return_sequences=True)(keras.ops.ones((2, 5, 3)))  # (2, 5, 4)
    ```

    Source: Elman, 1990, "Finding structure in time", Cognitive Science 14.
    """

    cell_class = SimpleRNNCell
    cell_name = "simple_rnn_cell"

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
        layer_normalization=False,
        **kwargs,
    ):
        super().__init__(**constructor_arguments(locals()))
