"""XLA for one function inside an otherwise uncompiled model."""

import contextvars
import functools

import tensorflow as tf

from rnnkit.engines.gradients import custom_gradient

_compiling = contextvars.ContextVar("compiling", default=False)


def compiled(function):
    """`function`, of tensors to a list of float tensors, compiled by XLA once for every shape that it meets.

    Its gradient is that of the uncompiled function: XLA cannot hand the stack of a loop to another cluster.
    """

    def alone(*arguments):
        token = _compiling.set(True)
        try:
            return function(*arguments)
        finally:
            _compiling.reset(token)

    return with_gradient_of(function, tf.function(alone, jit_compile=True, autograph=False))


def compiling():
    """Whether what is being traced is a function of `compiled`, which nobody differentiates."""
    return _compiling.get()


def with_gradient_of(other, function):
    """`function` with the gradient, for the arguments that are floats, of `other`, which computes the same."""

    @custom_gradient
    def run(*arguments):
        results = function(*(tf.stop_gradient(argument) for argument in arguments))  # no tape looks into it

        def gradient(*upstream):
            sources = [argument for argument in arguments if argument.dtype.is_floating]
            with tf.GradientTape(watch_accessed_variables=False) as tape:
                tape.watch(sources)
                again = other(*arguments)
            gradients = tape.gradient(
                again, sources, output_gradients=upstream, unconnected_gradients=tf.UnconnectedGradients.ZERO
            )
            return [gradients.pop(0) if argument.dtype.is_floating else None for argument in arguments]

        return results, gradient

    return run


@functools.cache
def why_not_compiled():
    """Why this installation of TensorFlow cannot compile with XLA, as a sentence, or `None` where it can."""
    with tf.init_scope():
        try:
            tf.function(lambda: tf.zeros(()) + 1.0, jit_compile=True, autograph=False)()
        except tf.errors.OpError as error:
            return f"this TensorFlow does not compile with XLA: {error.message.splitlines()[0]}"
    return None
