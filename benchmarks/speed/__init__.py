"""Speed of the layers beside Keras's own, PyTorch's and the matmuls alone: `python -m benchmarks.speed`."""
