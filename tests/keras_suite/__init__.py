"""Keras's own tests of recurrent layers, run against ours: `python -m tests.keras_suite`."""
