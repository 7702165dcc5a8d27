"""The gated recurrent unit as a layer."""

import keras

from rnnkit.cells import GRUCell
from rnnkit.cells.arguments import constructor_arguments
from rnnkit.layers.cell_layer import CellLayer, CudnnArgument


@keras.saving.register_keras_serializable(package="rnnkit")
class GRU(CudnnArgument, CellLayer):
    """Gated recurrent unit layer, a drop-in for `keras.layers.GRU`.

        z_t = recurrent_activation(x_t W_z + b_z + h_{t-1} U_z + c_z)
        r_t = recurrent_activation(x_t W_r + b_r + h_{t-1} U_r + c_r)
        g_t = activation(x_t W_h + b_h + r_t * (h_{t-1} U_h + c_h))
        h_t = z_t * h_{t-1} + (1 - z_t) * g_t

    With `reset_after=False`, g_t = activation(x_t W_h + b_h + (r_t * h_{t-1}) U_h), no c, and the general engine. Gates
    in the order z, r, h. Weights: `kernel` W (features, 3 * units), `recurrent_kernel` U (units, 3 * units), `bias` (2,
    3 * units) with rows b and c, or b (3 * units,) where `reset_after=False`.

    Dropout, in training: one mask of x_t and one of h_{t-1} for a sequence, each the same for every gate, which is
    the tied weights of Gal and Ghahramani, 2016, arXiv 1512.05287. With `recurrent_dropout`, Keras's GRU draws a mask
    for every gate (their untied weights), so that the same seed gives other numbers there.

    Args:
        units, ..., recurrent_dropout, seed: As in `rnnkit.cells.GRUCell`.
        activity_regularizer: Regularizer of the output. Default `None`.
        return_sequences, return_state, go_backwards, stateful, unroll, zero_output_for_mask, engine: As in
            `rnnkit.layers.RNN`.
        reset_after: Boolean, whether the reset gate acts after the recurrent matmul. Default `True`.
        use_cudnn: `"auto"` or `True`, cuDNN where it can run; `False`, never. Default `"auto"`.
        implementation: 0, 1 or 2, accepted as in Keras and kept; has no effect. Default 2.
        layer_normalization: Boolean, whether x_t W and h_{t-1} U are normalized, in both forms; the equations are in
            `rnnkit.cells.GRUCell`. Default `False`.

    Call arguments, returns and masks: as in `rnnkit.layers.RNN`; one state (batch, units).

    Raises:
        ValueError: An argument is out of its range; the message names it.

    Example:

    ```python
    import keras
    from rnnkit.layers import GRU

    outputs, state = GRU(4, return_sequences=True, return_state=True)(keras.ops.ones((2, 5, 3)))  # (2, 5, 4), (2, 4)
    ```

    Source: Cho et al., 2014, arXiv 1406.1078; see `rnnkit.cells.GRUCell`.
    """

    cell_class = GRUCell
    cell_name = "gru_cell"

    def __init__(
        self,
        units,
        activation="tanh",
        recurrent_activation="sigmoid",
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
        seed=None,
        return_sequences=False,
        return_state=False,
        go_backwards=False,
        stateful=False,
        unroll=False,
        reset_after=True,
        use_cudnn="auto",
        layer_normalization=False,
        **kwargs,
    ):
        super().__init__(**constructor_arguments(locals()))
