"""Speed of the layers beside Keras's own, measured in the same process: `python -m benchmarks.speed`."""
