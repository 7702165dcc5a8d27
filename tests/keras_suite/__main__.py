"""Runs the recurrent tests of the Keras wheel on our classes: `python -m tests.keras_suite [pytest options]`."""

import os
import sys

import pytest

MODULES = ("lstm", "gru", "simple_rnn", "rnn", "bidirectional", "stacked_rnn_cells", "dropout_rnn_cell")


def main():
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    modules = [f"keras.src.layers.rnn.{module}_test" for module in MODULES]
    options = ["-p", "tests.keras_suite.plugin", "-p", "no:cacheprovider", "-c", os.devnull, "-rs"]
    return pytest.main([*options, "--pyargs", *modules, *sys.argv[1:]])


if __name__ == "__main__":
    sys.exit(main())
