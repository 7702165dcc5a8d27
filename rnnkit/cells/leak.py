"""The leak of a unit, which sets the length of its memory: the arguments of every leaky cell."""

import math
import numbers

import numpy as np
from keras import ops

from rnnkit.cells.precision import at_least_float32
from rnnkit.cells.projected import ProjectedCell

DEFAULT_ALPHA = 0.5


class Leak(ProjectedCell):
    """A cell with the options `alpha`, `time_constants` and `learn_alpha`, beside those of the base it is mixed into.

    `rnnkit.cells.LeakyRNNCell` documents them. Where alpha is learned, the weight `alpha_logit` (units,) comes last.
    """

    def __init__(self, units, *args, alpha=None, time_constants=None, learn_alpha=False, **kwargs):
        super().__init__(units, *args, **kwargs)
        owner = type(self).__name__.removesuffix("Cell")
        if alpha is not None and time_constants is not None:
            raise ValueError(
                f"{owner}: arguments `alpha` and `time_constants` exclude each other, since each sets the leak. "
                f"Received: alpha={alpha!r}, time_constants={time_constants!r}"
            )
        if not isinstance(learn_alpha, bool):
            raise ValueError(f"{owner}: argument `learn_alpha` must be a boolean. Received: {learn_alpha!r}")
        self.time_constants = _checked_time_constants(owner, time_constants)
        self.alpha = _checked_alpha(owner, alpha, self.units)
        if self.alpha is None and self.time_constants is None:
            self.alpha = DEFAULT_ALPHA
        self.learn_alpha = learn_alpha
        if learn_alpha and np.any(self._initial_alpha() == 0.0):
            raise ValueError(
                f"{owner}: a learned alpha must start inside (0, 1), since 0 and 1 are never left. "
                f"Received: alpha={alpha!r}, time_constants={time_constants!r}"
            )

    def build(self, input_shape):
        super().build(input_shape)
        if self.learn_alpha:
            self.alpha_logit = self.add_weight(
                shape=(self.units,), name="alpha_logit", initializer=self._initial_alpha_logit
            )

    def current_alpha(self):
        """The leak in use: a tensor (units,), or () where one number serves every unit, in at least float32."""
        if self.learn_alpha:
            return ops.sigmoid(self.alpha_logit)
        return ops.convert_to_tensor(self._initial_alpha(), dtype=at_least_float32(self.compute_dtype))

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


def _checked_alpha(owner, alpha, units):
    """Returns alpha as `None`, a float or a list of floats."""
    if alpha is None:
        return None
    values = [alpha] if isinstance(alpha, numbers.Real) else list(alpha)
    if not all(_is_number(value) and 0.0 <= value < 1.0 for value in values):
        raise ValueError(f"{owner}: argument `alpha` must lie in [0, 1). Received: alpha={alpha!r}")
    if isinstance(alpha, numbers.Real):
        return float(alpha)
    if len(values) != units:
        raise ValueError(
            f"{owner}: argument `alpha` must be a number or a list of `units` = {units} numbers. "
            f"Received {len(values)} numbers: alpha={alpha!r}"
        )
    return [float(value) for value in values]


def _checked_time_constants(owner, time_constants):
    """Returns the time constants as `None` or a list of two floats."""
    if time_constants is None:
        return None
    pair = list(time_constants) if isinstance(time_constants, (list, tuple, np.ndarray)) else []
    if len(pair) != 2 or not all(_is_number(value) for value in pair) or not 0.0 < pair[0] <= pair[1]:
        raise ValueError(
            f"{owner}: argument `time_constants` must be two lengths in steps, (shortest, longest) with "
            f"0 < shortest <= longest. Received: time_constants={time_constants!r}"
        )
    return [float(value) for value in pair]
