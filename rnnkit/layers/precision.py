"""Where half precision is not enough."""


def at_least_float32(dtype: str) -> str:
    """The dtype to sum, to normalise and to score in: float64 for "float64", float32 for every other."""
    return "float64" if dtype == "float64" else "float32"
