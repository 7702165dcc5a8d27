"""The leaky recurrent network: simple units with a memory of chosen length."""

import math
import numbers

import keras
import numpy as np
from keras import ops

from rnnkit.cells.base import FusedCell

DEFAULT_ALPHA = 0.5


@keras.saving.register_keras_serializable(package="rnnkit")
class LeakyRNNCell(FusedCell):
    """One step of a leaky recurrent network.

        v_t = activation(x_t W + u_{t-1} U + b)
        u_t = alpha * u_{t-1} + (1 - alpha) * v_t

    One gate, one state; the output is u_t, and alpha = 0 is the simple recurrent network. Weights: `kernel` W
    (features, units), `recurrent_kernel` U (units, units), `bias` b (units,) and, where alpha is learned,
    `alpha_logit` (units,) with alpha = sigmoid(alpha_logit).

    Args:
        units, activation, use_bias, ..., seed: As in `rnnkit.cells.FusedCell`.
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
    temporal structure".
    """

    def __init__(self, units, *args, alpha=None, time_constants=None, learn_alpha=False, **kwargs):
        super().__init__(units, *args, **kwargs)
        if alpha is not None and time_constants is not None:
            raise ValueError(
                "LeakyRNN: arguments `alpha` and `time_constants` exclude each other, since each sets the leak. "
                f"Received: alpha={alpha!r}, time_constants={time_constants!r}"
            )
        if not isinstance(learn_alpha, bool):
            raise ValueError(f"LeakyRNN: argument `learn_alpha` must be a boolean. Received: {learn_alpha!r}")
        self.time_constants = _checked_time_constants(time_constants)
        self.alpha = _checked_alpha(alpha, self.units)
        if self.alpha is None and self.time_constants is None:
            self.alpha = DEFAULT_ALPHA
        self.learn_alpha = learn_alpha
        if learn_alpha and np.any(self._initial_alpha() == 0.0):
            raise ValueError(
                "LeakyRNN: a learned alpha must start inside (0, 1), since 0 and 1 are never left. "
                f"Received: alpha={alpha!r}, time_constants={time_constants!r}"
            )

    def build(self, input_shape):
        super().build(input_shape)
        if self.learn_alpha:
            self.alpha_logit = self.add_weight(
                shape=(self.units,), name="alpha_logit", initializer=self._initial_alpha_logit
            )

    def current_alpha(self):
        """The leak in use: a tensor (units,), or () where one number serves every unit, in the compute dtype."""
        if self.learn_alpha:
            return ops.sigmoid(self.alpha_logit)
        return ops.convert_to_tensor(self._initial_alpha(), dtype=self.compute_dtype)

    def step(self, projected, recurrent, states):
        (previous,) = states
        alpha = self.current_alpha()
        return (alpha * previous + (1 - alpha) * self.activation(projected + recurrent),)

    def _initial_alpha(self):
        if self.time_constants is None:
            return np.asarray(self.alpha, dtype="float64")
        return np.exp(-1.0 / np.geomspace(*self.time_constants, num=self.units))

    def _initial_alpha_logit(self, shape, dtype=None):
        alpha = np.broadcast_to(self._initial_alpha(), shape)
        return ops.convert_to_tensor(np.log(alpha) - np.log1p(-alpha), dtype=dtype)

    def get_config(self):
        config = {"alpha": self.alpha, "time_constants": self.time_constants, "learn_alpha": self.learn_alpha}
        return {**super().get_config(), **config}


def _is_number(value):
    return isinstance(value, numbers.Real) and not isinstance(value, bool) and math.isfinite(value)


def _checked_alpha(alpha, units):
    """Returns alpha as `None`, a float or a list of floats."""
    if alpha is None:
        return None
    values = [alpha] if isinstance(alpha, numbers.Real) else list(alpha)
    if not all(_is_number(value) and 0.0 <= value < 1.0 for value in values):
        raise ValueError(f"LeakyRNN: argument `alpha` must lie in [0, 1). Received: alpha={alpha!r}")
    if isinstance(alpha, numbers.Real):
        return float(alpha)
    if len(values) != units:
        raise ValueError(
            f"LeakyRNN: argument `alpha` must be a number or a list of `units` = {units} numbers. "
            f"Received {len(values)} numbers: alpha={alpha!r}"
        )
    return [float(value) for value in values]


def _checked_time_constants(time_constants):
    """Returns the time constants as `None` or a list of two floats."""
    if time_constants is None:
        return None
    pair = list(time_constants) if isinstance(time_constants, (list, tuple, np.ndarray)) else []
    if len(pair) != 2 or not all(_is_number(value) for value in pair) or not 0.0 < pair[0] <= pair[1]:
        raise ValueError(
            "LeakyRNN: argument `time_constants` must be two lengths in steps, (shortest, longest) with "
            f"0 < shortest <= longest. Received: time_constants={time_constants!r}"
        )
    return [float(value) for value in pair]
