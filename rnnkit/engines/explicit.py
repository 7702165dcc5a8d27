"""A cell's variables as explicit tensors, for a function with a gradient or a compiler of its own."""

import keras
import tensorflow as tf


class _Recorder(keras.StatelessScope):
    """Within it, the Keras variables that are read come into `variables`."""

    def __init__(self):
        super().__init__(initialize_variables=False)
        self.variables = []

    def get_current_value(self, variable):
        if not any(variable is known for known in self.variables):
            self.variables.append(variable)


def variables_of(cell, features):
    """All Keras variables that a cell reads: its weights, and any other that its `project` takes.

    Args:
        cell: Built `FusedCell`.
        features: Integer, the width of its inputs.
    """
    recorder = _Recorder()

    def probe():
        with recorder:
            cell.project(tf.zeros((1, features), cell.compute_dtype))

    tf.function(probe, autograph=False).get_concrete_function()
    owned = {id(weight) for weight in cell.weights}
    return [*cell.weights, *(variable for variable in recorder.variables if id(variable) not in owned)]


def reading(variables, values):
    """A scope within which Keras variables read as the tensors given for them."""
    return keras.StatelessScope(state_mapping=zip(variables, values))
