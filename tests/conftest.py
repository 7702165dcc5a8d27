"""What every test finds: little noise from TensorFlow, and a process that the test before left as it was."""

import gc
import os
import sys

import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")


@pytest.fixture(scope="session", autouse=True)
def _what_was_imported_stays():
    """The collector need not look again and again at the half million objects of what was imported."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="module", autouse=True)
def _models_are_let_go():
    """What a module's models leave behind would fill the memory: graphs that refer to themselves, and a registry.

    TensorFlow's registry of gradients keeps the graph of every update by an optimizer of Keras, which sums over
    replicas by `tf.custom_gradient` also where there is one.
    """
    yield
    if ops := sys.modules.get("tensorflow.python.framework.ops"):  # there is no public way to clear it
        gradients = ops.gradient_registry._registry
        for name in [name for name in gradients if name.startswith("CustomGradient-")]:
            del gradients[name]
        gc.collect()


@pytest.fixture
def op_determinism():
    """Determinism may be switched on inside; it is off again afterwards, so that no other test depends on it."""
    yield
    from tensorflow.python.framework import config  # there is no public way back

    config.disable_op_determinism()
