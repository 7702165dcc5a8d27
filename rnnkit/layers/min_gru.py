"""The minimal gated recurrent unit as a layer."""

import keras

from rnnkit.cells import MinGRUCell
from rnnkit.layers.cell_layer import CellLayer


@keras.saving.register_keras_serializable(package="rnnkit")
class MinGRU(CellLayer):
    """Minimal gated recurrent unit layer, whose recurrence is linear given the input.

        z_t = sigmoid(x_t W_z + b_z)
        g_t = activation(x_t W_h + b_h)
        h_t = (1 - z_t) * h_{t-1} + z_t * g_t

    Gates in the order z, h. Weights: `kernel` W (features, 2 * units), `bias` b (2 * units,).

    Args:
        units, ..., dropout, seed: As in `rnnkit.cells.MinGRUCell`.
        activity_regularizer: Regularizer of the output. Default `None`.
        return_sequences, return_state, go_backwards, stateful, unroll, zero_output_for_mask, engine: As in
            `rnnkit.layers.RNN`.

    Call arguments, returns and masks: as in `rnnkit.layers.RNN`; one state (batch, units).

    Raises:
        ValueError: An argument is out of its range; the message names it.

    Example:

    ```python
    import keras
    from rnnkit.layers import MinGRU

    outputs = MinGRU(4, return_sequences=True)(keras.ops.ones((2, 5, 3)))  # (2, 5, 4)
    ```

    Source: Feng et al., 2024, arXiv 2410.01201; see `rnnkit.cells.MinGRUCell`.
    """

    cell_class = MinGRUCell
    cell_name = "min_gru_cell"

    def __init__(self, units, activation="linear_sigmoid", **kwargs):
        super().__init__(units=units, activation=activation, **kwargs)
