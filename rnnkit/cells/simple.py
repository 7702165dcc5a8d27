"""The simple recurrent network."""

import keras

from rnnkit.cells.base import FusedCell


@keras.saving.register_keras_serializable(package="rnnkit")
class SimpleRNNCell(FusedCell):
    """One step of a simple recurrent network.

        h_t = activation(x_t W + h_{t-1} U + b)

    One gate, one state. Weights as in `keras.layers.SimpleRNNCell`: `kernel` W (features, units), `recurrent_kernel` U
    (units, units), `bias` b (units,).

    Args:
        units, activation, use_bias, ..., seed: As in `rnnkit.cells.FusedCell`, in the order of Keras's cell.

    Call arguments and returns: as in `rnnkit.cells.FusedCell`; one state (batch, units).

    Example:

    ```python
    import keras
    from rnnkit.cells import SimpleRNNCell

    output, states = SimpleRNNCell(4)(keras.ops.ones((2, 3)), [keras.ops.zeros((2, 4))])  # (2, 4), [(2, 4)]
    ```

    Source: Elman, 1990, "Finding structure in time", Cognitive Science 14.
    """

    def step(self, projected, recurrent, states):
        return (self.activation(projected + recurrent),)
