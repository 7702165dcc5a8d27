"""The linear leaky unit: an exponential average of its projected input."""

import keras

from rnnkit.cells.leak import Leak
from rnnkit.cells.linear import LinearCell


@keras.saving.register_keras_serializable(package="rnnkit")
class LinearLeakyCell(Leak, LinearCell):
    """One step of linear leaky units, whose memory has a chosen length and no matmul of the state.

        u_t = alpha * u_{t-1} + (1 - alpha) * activation(x_t W + b)

    One gate, one state; the output is u_t. Weights: `kernel` W (features, units), `bias` b (units,) and, where alpha is
    learned, `alpha_logit` (units,) with alpha = sigmoid(alpha_logit).

    Args:
        units: Positive integer, width of state and output.
        activation: Function or name, of the projected input. Default `None` (linear).
        use_bias, ..., dropout, seed: As in `rnnkit.cells.LinearCell`.
        alpha, time_constants, learn_alpha: As in `rnnkit.cells.LeakyRNNCell`.

    Call arguments and returns: as in `rnnkit.cells.LinearCell`; one state (batch, units).

    Raises:
        ValueError: `alpha` or `time_constants` is out of range or of a wrong length, or both are given.

    Example:

    ```python
    import keras
    from rnnkit.cells import LinearLeakyCell

    cell = LinearLeakyCell(4, time_constants=(1, 100), learn_alpha=True)
    output, states = cell(keras.ops.ones((2, 3)), [keras.ops.zeros((2, 4))])  # (2, 4), [(2, 4)]
    ```

    Source: Mozer, 1992, "Induction of multiscale temporal structure", Advances in Neural Information Processing Systems
    4; without its recurrent matmul.
    """

    def coefficients(self, projected):
        alpha = self.current_alpha()
        return alpha, (1 - alpha) * self.activation(projected)
