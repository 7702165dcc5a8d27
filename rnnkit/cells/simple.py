"""The simple recurrent network."""

import keras

from rnnkit.cells.normalization import NormalizableSumCell


@keras.saving.register_keras_serializable(package="rnnkit")
class SimpleRNNCell(NormalizableSumCell):
    """One step of a simple recurrent network.

        h_t = activation(x_t W + h_{t-1} U + b)

    and with `layer_normalization=True`, LN as in `rnnkit.cells.normalization.normalize`,

        h_t = activation(LN(x_t W + h_{t-1} U; gain, b))

    One gate, one state. Weights as in `keras.layers.SimpleRNNCell`: `kernel` W (features, units), `recurrent_kernel` U
    (units, units), `bias` b (units,), then, with layer normalization, `gain` (units,), which starts at one.

    Args:
        units, activation, use_bias, ..., seed: As in `rnnkit.cells.FusedCell`, in the order of Keras's cell.
        layer_normalization: Boolean, whether the summed input is normalized over the units. Default `False`.

    Call arguments and returns: as in `rnnkit.cells.FusedCell`; one state (batch, units).

    Example:

    ```python
    import keras
    from rnnkit.cells import SimpleRNNCell

    output, states = SimpleRNNCell(4)(keras.ops.ones((2, 3)), [keras.ops.zeros((2, 4))])  # (2, 4), [(2, 4)]
    ```

    Source: Elman, 1990, "Finding structure in time", Cognitive Science 14. Layer normalization: Ba, Kiros and
    Hinton, 2016, arXiv 1607.06450, equation 4.
    """

    def step(self, projected, recurrent, states):
        return (self.activated(projected, recurrent),)
