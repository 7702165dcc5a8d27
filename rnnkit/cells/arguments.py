"""Arguments of constructors: handed on, and checked with messages that say what came and what is allowed."""

import inspect
import numbers


def constructor_arguments(scope, taken_by=None):
    """The arguments of the constructor that calls this with its `locals()`, to hand on to a base class.

    Args:
        scope: The `locals()` of a constructor that has `**kwargs`.
        taken_by: Class whose constructor names what it takes; default `None`: all is handed on. `kwargs` always are.

    Returns:
        Dictionary of values by name.
    """
    names = set(scope) if taken_by is None else set(inspect.signature(taken_by.__init__).parameters)
    names -= {"self", "__class__", "kwargs"}
    return {name: value for name, value in scope.items() if name in names} | scope["kwargs"]


def positive_integer(owner, name, value):
    """Returns `value` as an int; a ValueError names `owner` and `name` where it is not an integer above 0."""
    if isinstance(value, bool) or not isinstance(value, numbers.Integral) or value <= 0:
        raise ValueError(f"{owner}: argument `{name}` must be a positive integer. Received: {name}={value!r}")
    return int(value)


def rate(owner, name, value):
    """Returns `value` as a float in [0, 1), the fraction of entries that dropout sets to zero."""
    if isinstance(value, bool) or not isinstance(value, numbers.Real) or not 0.0 <= value < 1.0:
        raise ValueError(f"{owner}: argument `{name}` must be a number in [0, 1). Received: {name}={value!r}")
    return float(value)


def choice(owner, name, value, allowed):
    """Returns `value` if it is one of `allowed`."""
    for option in allowed:
        if value is option or (type(value) is type(option) and value == option):
            return value
    raise ValueError(f"{owner}: argument `{name}` must be one of {list(allowed)}. Received: {name}={value!r}")
