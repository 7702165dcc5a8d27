"""Gradients made by hand, in graphs that a process can let go of."""

import weakref

import tensorflow as tf

GRADIENTS = "rnnkit/gradients"  # the collection of a graph that holds the gradients used in it


def custom_gradient(function):
    """`tf.custom_gradient` for functions that return a list of tensors, without its hold on every graph.

    Of each use in a graph TensorFlow registers the gradient for as long as the process lives, and with it the graph,
    the layer and the model. Here the graph holds the gradient, and what is registered finds it there while it lives.

    Args:
        function: maps tensors to a list of tensors and a function from their gradients to those of the arguments.
    """

    def run(*arguments):
        if tf.executing_eagerly():
            return tf.custom_gradient(function)(*arguments)
        returned = []

        @tf.custom_gradient
        def held_by_graph(*arguments):
            results, gradient = function(*arguments)
            returned.extend(results)
            results[0].graph.add_to_collection(GRADIENTS, gradient)
            found = weakref.ref(gradient)
            return returned, lambda *upstream: found()(*upstream)

        results = held_by_graph(*arguments)
        returned[:] = [None] * len(returned)  # TensorFlow keeps this list too, but reads only its length from now on
        return results

    return run
