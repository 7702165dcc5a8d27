"""The long short-term memory as a layer."""

import keras

from rnnkit.cells import LSTMCell
from rnnkit.cells.arguments import constructor_arguments
from rnnkit.layers.cell_layer import CellLayer, CudnnArgument


@keras.saving.register_keras_serializable(package="rnnkit")
class LSTM(CudnnArgument, CellLayer):
    """Long short-term memory layer, a drop-in for `keras.layers.LSTM`.

    With sigma = recurrent_activation and the peepholes p only where `peepholes=True`,

        i_t = sigma(x_t W_i + h_{t-1} U_i + b_i + p_i * c_{t-1})
        f_t = sigma(x_t W_f + h_{t-1} U_f + b_f + p_f * c_{t-1})
        g_t = activation(x_t W_g + h_{t-1} U_g + b_g)
        c_t = f_t * c_{t-1} + i_t * g_t
        o_t = sigma(x_t W_o + h_{t-1} U_o + b_o + p_o * c_t)
        h_t = o_t * activation(c_t)

    Gates in the order i, f, g, o; states in the order h, c. Weights: `kernel` W (features, 4 * units),
    `recurrent_kernel` U (units, 4 * units), `bias` b (4 * units,), then `peephole` (3, units) in the order i, f, o.

    Dropout, in training: one mask of x_t and one of h_{t-1} for a sequence, each the same for every gate, which is
    the tied weights of Gal and Ghahramani, 2016, arXiv 1512.05287. With `recurrent_dropout`, Keras's LSTM draws a mask
    for every gate (their untied weights), so that the same seed gives other numbers there.

    Args:
        units, ..., recurrent_dropout, seed: As in `rnnkit.cells.LSTMCell`.
        unit_forget_bias: `True` is `forget_bias=1.0`; `False` leaves b_f to `bias_initializer`. Default `None`: as
            `forget_bias` says.
        activity_regularizer: Regularizer of the output. Default `None`.
        return_sequences, return_state, go_backwards, stateful, unroll, zero_output_for_mask, engine: As in
            `rnnkit.layers.RNN`.
        use_cudnn: `"auto"` or `True`, cuDNN where it can run; `False`, never. Default `"auto"`.
        forget_bias: Number, initial value of b_f. Default `None`: 1.0, unless `unit_forget_bias=False`.
        peepholes: Boolean, whether the gates see the memory c. Default `False`.
        layer_normalization: Boolean, whether x_t W, h_{t-1} U and the c_t that the output shows are normalized; the
            equations are in `rnnkit.cells.LSTMCell`. Default `False`.
        implementation: 0, 1 or 2, accepted as in Keras and kept; has no effect. Default 2.

    Call arguments, returns and masks: as in `rnnkit.layers.RNN`; two states (batch, units), h and c.

    Raises:
        ValueError: An argument is out of its range, or `forget_bias` contradicts `unit_forget_bias`.

    Example:

    ```python
    import keras
    from rnnkit.layers import LSTM

    outputs, h, c = LSTM(4, return_sequences=True, return_state=True)(keras.ops.ones((2, 5, 3)))
    print(outputs.shape, h.shape, c.shape)  # (2, 5, 4) (2, 4) (2, 4)
    ```

    Source: Hochreiter and Schmidhuber, 1997; Graves, 2013, arXiv 1308.0850; see `rnnkit.cells.LSTMCell`.
    """

    cell_class = LSTMCell
    cell_name = "lstm_cell"

    def __init__(
        self,
        units,
        activation="tanh",
        recurrent_activation="sigmoid",
        use_bias=True,
        kernel_initializer="glorot_uniform",
        recurrent_initializer="orthogonal",
        bias_initializer="zeros",
        unit_forget_bias=None,
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
        use_cudnn="auto",
        forget_bias=None,
        peepholes=False,
        layer_normalization=False,
        **kwargs,
    ):
        super().__init__(**constructor_arguments(locals()))
