"""The minimal long short-term memory."""

import keras
from keras import ops

from rnnkit.cells.linear import LinearCell


@keras.saving.register_keras_serializable(package="rnnkit")
class MinLSTMCell(LinearCell):
    """One step of a minimal long short-term memory, whose gates and candidate see the input alone.

        f_t = sigmoid(x_t W_f + b_f)
        i_t = sigmoid(x_t W_i + b_i)
        g_t = activation(x_t W_h + b_h)
        h_t = f_t / (f_t + i_t) * h_{t-1} + i_t / (f_t + i_t) * g_t

    Three gates in the order f, i, h; one state, which is the output. Weights: `kernel` W (features, 3 * units), `bias`
    b (3 * units,). The quotient is computed as sigmoid(log f_t - log i_t), which needs no division and is right where
    both gates are closed.

    Args:
        units: Positive integer, width of state and output.
        activation: Function or name for g. Default `"linear_sigmoid"`, which is x + 0.5 from 0 on and sigmoid(x)
            below (`rnnkit.cells.activations.linear_sigmoid`): the paper's log-space form, in which a state that starts
            at 0 stays above it. `None` or `"linear"` is the form of the paper's main text.
        use_bias, ..., dropout, seed: As in `rnnkit.cells.LinearCell`.

    Call arguments and returns: as in `rnnkit.cells.LinearCell`; one state (batch, units).

    Example:

    ```python
    import keras
    from rnnkit.cells import MinLSTMCell

    output, states = MinLSTMCell(4)(keras.ops.ones((2, 3)), [keras.ops.zeros((2, 4))])  # (2, 4), [(2, 4)]
    ```

    Source: Feng, Tung, Ahmed, Bengio and Hajimirsadeghi, 2024, "Were RNNs All We Needed?", arXiv 2410.01201, section
    3.2 and, for the default activation, appendix B. The state is kept as it is, not as its logarithm.
    """

    gates = 3

    def __init__(self, units, activation="linear_sigmoid", **kwargs):
        super().__init__(units, activation, **kwargs)

    def coefficients(self, projected):
        forget, insert, candidate = ops.split(projected, 3, axis=-1)
        kept = ops.sigmoid(ops.softplus(-insert) - ops.softplus(-forget))
        return kept, (1 - kept) * self.activation(candidate)
