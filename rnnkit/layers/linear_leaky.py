"""Linear leaky units as a layer."""

import keras

from rnnkit.cells import LinearLeakyCell
from rnnkit.layers.cell_layer import CellLayer


@keras.saving.register_keras_serializable(package="rnnkit")
class LinearLeaky(CellLayer):
    """Layer of linear leaky units, whose memory has a chosen length and no matmul of the state.

        u_t = alpha * u_{t-1} + (1 - alpha) * activation(x_t W + b)

    Weights: `kernel` W (features, units), `bias` b (units,) and, where alpha is learned, `alpha_logit` (units,).

    Args:
        units, ..., dropout, seed: As in `rnnkit.cells.LinearLeakyCell`.
        activity_regularizer: Regularizer of the output. Default `None`.
        return_sequences, return_state, go_backwards, stateful, unroll, zero_output_for_mask, engine: As in
            `rnnkit.layers.RNN`.
        alpha, time_constants, learn_alpha: As in `rnnkit.layers.LeakyRNN`.

    Call arguments, returns and masks: as in `rnnkit.layers.RNN`; one state (batch, units).

    Raises:
        ValueError: An argument is out of its range, or `alpha` and `time_constants` are both given.

    Example:

    ```python
    import keras
    from rnnkit.layers import LinearLeaky

    outputs = LinearLeaky(4, time_constants=(1, 100), return_sequences=True)(keras.ops.ones((2, 5, 3)))  # (2, 5, 4)
    ```

    Source: see `rnnkit.cells.LinearLeakyCell`.
    """

    cell_class = LinearLeakyCell
    cell_name = "linear_leaky_cell"

    def __init__(self, units, activation=None, **kwargs):
        super().__init__(units=units, activation=activation, **kwargs)
