"""What every test finds: little noise from TensorFlow, and a process that the test before left as it was."""

import os

import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")


@pytest.fixture
def op_determinism():
    """Determinism may be switched on inside; it is off again afterwards, so that no other test depends on it."""
    yield
    from tensorflow.python.framework import config  # there is no public way back

    config.disable_op_determinism()
