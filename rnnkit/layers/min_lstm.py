"""The minimal long short-term memory as a layer."""

import keras

from rnnkit.cells import MinLSTMCell
from rnnkit.layers.cell_layer import CellLayer


@keras.saving.register_keras_serializable(package="rnnkit")
class MinLSTM(CellLayer):
    """Minimal long short-term memory layer, whose recurrence is linear given the input.

        f_t = sigmoid(x_t W_f + b_f)
        i_t = sigmoid(x_t W_i + b_i)
        g_t = activation(x_t W_h + b_h)
        h_t = f_t / (f_t + i_t) * h_{t-1} + i_t / (f_t + i_t) * g_t

    Gates in the order f, i, h. Weights: `kernel` W (features, 3 * units), `bias` b (3 * units,).

    Args:
        units, ..., dropout, seed: As in `rnnkit.cells.MinLSTMCell`.
        activity_regularizer: Regularizer of the output. Default `None`.
        return_sequences, return_state, go_backwards, stateful, unroll, zero_output_for_mask, engine: As in
            `rnnkit.layers.RNN`.

    Call arguments, returns and masks: as in `rnnkit.layers.RNN`; one state (batch, units).

    Raises:
        ValueError: An argument is out of its range; the message names it.

    Example:

    ```python
    import keras
    from rnnkit.layers import MinLSTM

    outputs = MinLSTM(4, return_sequences=True)(keras.ops.ones((2, 5, 3)))  # (2, 5, 4)
    ```

    Source: Feng et al., 2024, arXiv 2410.01201; see `rnnkit.cells.MinLSTMCell`.
    """

    cell_class = MinLSTMCell
    cell_name = "min_lstm_cell"

    def __init__(self, units, activation="linear_sigmoid", **kwargs):
        super().__init__(units=units, activation=activation, **kwargs)
