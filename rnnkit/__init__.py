"""rnnkit: recurrent networks for Keras 3 and TensorFlow, from layers to served models."""

__version__ = "0.1.0"
