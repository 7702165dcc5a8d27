"""What is known of a graph while it is made: where it will run, and for what shapes."""

import contextlib
import contextvars

_portable = contextvars.ContextVar("portable", default=False)
_few_shapes = contextvars.ContextVar("few_shapes", default=False)


@contextlib.contextmanager
def portable():
    """Within it, layers with `engine="auto"` put into a graph only what every TensorFlow runs: no XLA, no cuDNN.

    For a graph that is exported: an operation compiled by XLA is refused by TensorFlow Serving, and one of cuDNN fails
    on a machine without a GPU.

    Example:

    ```python
    import tensorflow as tf
    from rnnkit.engines import portable
    from rnnkit.layers import GRU

    layer = GRU(4)
    with portable():
        run = tf.function(layer).get_concrete_function(tf.TensorSpec((1, 5, 3)))
    print(layer.engine_used)  # fused
    ```
    """
    with _set(_portable):
        yield


@contextlib.contextmanager
def few_shapes():
    """Within it, layers with `engine="auto"` compile with XLA in training even where the length is left open.

    For a graph that runs often for each of the few shapes that it meets: XLA compiles once for each.
    """
    with _set(_few_shapes):
        yield


def making_portable():
    """Whether a portable graph is being made."""
    return _portable.get()


def meeting_few_shapes():
    """Whether the graph that is being made meets few shapes."""
    return _few_shapes.get()


@contextlib.contextmanager
def _set(variable):
    token = variable.set(True)
    try:
        yield
    finally:
        variable.reset(token)
