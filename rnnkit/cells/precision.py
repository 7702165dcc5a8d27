"""Where half precision is not enough."""

import keras
from keras import ops


def at_least_float32(dtype: str) -> str:
    """The dtype to sum, to normalise and to score in: float64 for "float64", float32 for every other."""
    return "float64" if dtype == "float64" else "float32"


def add_bias(rows, bias):
    """Adds a bias (width,) to rows (rows, width), in their dtype.

    In half precision it is subtracted: the addition of a vector has a gradient that TensorFlow sums in half precision,
    where a sum stops growing after some hundred rows.
    """
    half = keras.backend.standardize_dtype(rows.dtype) in ("float16", "bfloat16")
    return ops.subtract(rows, ops.negative(bias)) if half else ops.add(rows, bias)
