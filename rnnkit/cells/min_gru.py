"""The minimal gated recurrent unit."""

import keras
from keras import ops

from rnnkit.cells.linear import LinearCell


@keras.saving.register_keras_serializable(package="rnnkit")
class MinGRUCell(LinearCell):
    """One step of a minimal gated recurrent unit, whose gate and candidate see the input alone.

        z_t = sigmoid(x_t W_z + b_z)
        g_t = activation(x_t W_h + b_h)
        h_t = (1 - z_t) * h_{t-1} + z_t * g_t

    Two gates in the order z, h; one state, which is the output. Weights: `kernel` W (features, 2 * units), `bias` b
    (2 * units,).

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
    from rnnkit.cells import MinGRUCell

    output, states = MinGRUCell(4)(keras.ops.ones((2, 3)), [keras.ops.zeros((2, 4))])  # (2, 4), [(2, 4)]
    ```

    Source: Feng, Tung, Ahmed, Bengio and Hajimirsadeghi, 2024, "Were RNNs All We Needed?", arXiv 2410.01201, section
    3.1 and, for the default activation, appendix B. The state is kept as it is, not as its logarithm.
    """

    gates = 2

    def __init__(self, units, activation="linear_sigmoid", **kwargs):
        super().__init__(units, activation, **kwargs)

    def coefficients(self, projected):
        update, candidate = ops.split(projected, 2, axis=-1)
        update = ops.sigmoid(update)
        return 1 - update, update * self.activation(candidate)
