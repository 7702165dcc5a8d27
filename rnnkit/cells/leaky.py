"""The leaky recurrent network: simple units with a memory of chosen length."""

import keras

from rnnkit.cells.leak import Leak
from rnnkit.cells.normalization import NormalizableSumCell


@keras.saving.register_keras_serializable(package="rnnkit")
class LeakyRNNCell(Leak, NormalizableSumCell):
    """One step of a leaky recurrent network.

        v_t = activation(x_t W + u_{t-1} U + b)
        u_t = alpha * u_{t-1} + (1 - alpha) * v_t

    With `layer_normalization=True`, v_t = activation(LN(x_t W + u_{t-1} U; gain, b)), LN as in
    `rnnkit.cells.normalization.normalize`; what is carried over, u_t, stays as it is.

    One gate, one state; the output is u_t, and alpha = 0 is the simple recurrent network. Weights: `kernel` W
    (features, units), `recurrent_kernel` U (units, units), `bias` b (units,), with layer normalization `gain`
    (units,), from one, and, where alpha is learned, `alpha_logit` (units,) with alpha = sigmoid(alpha_logit).

    Args:
        units, activation, use_bias, ..., seed: As in `rnnkit.cells.FusedCell`.
        layer_normalization: Boolean, whether the summed input is normalized over the units. Default `False`.
        alpha: Number in [0, 1), or a list of `units` such numbers, one per unit. Default `None`: 0.5 unless
            `time_constants` is given.
        time_constants: Pair `(shortest, longest)` of lengths in steps, 0 < shortest <= longest. Unit k gets
            alpha = exp(-1 / tau_k), the tau_k spaced evenly in their logarithm. Default `None`. Not with `alpha`.
        learn_alpha: Boolean, whether alpha is learned, one per unit, from the values above, which then must not be 0.
            Default `False`.

    Call arguments and returns: as in `rnnkit.cells.FusedCell`; one state (batch, units).

    Raises:
        ValueError: `alpha` or `time_constants` is out of range or of a wrong length, or both are given.

    Example:

    ```python
    import keras
    from rnnkit.cells import LeakyRNNCell

    cell = LeakyRNNCell(4, time_constants=(1, 100), learn_alpha=True)
    output, states = cell(keras.ops.ones((2, 3)), [keras.ops.zeros((2, 4))])  # (2, 4), [(2, 4)]
    ```

    Source: Jaeger, Lukosevicius, Popovici and Siewert, 2007, "Optimization and applications of echo state networks with
    leaky-integrator neurons", Neural Networks 20; the time constants as in Mozer, 1992, "Induction of multiscale
    temporal structure"; layer normalization of v_t as in Ba, Kiros and Hinton, 2016, arXiv 1607.06450, equation 4.
    """

    def step(self, projected, recurrent, states):
        (previous,) = states
        alpha = self.current_alpha()
        return (alpha * previous + (1 - alpha) * self.activated(projected, recurrent),)
