"""The documented example of a user's own cell, as it stands in the documents."""

import pathlib

import keras
import numpy as np

from rnnkit.layers import RNN
from tests.docs.helpers import blocks

CELL = blocks((pathlib.Path(__file__).parents[2] / "docs" / "cells.md").read_text())[0]


def test_the_complete_cell_takes_at_most_15_lines():
    assert "FusedCell)" in CELL and len([line for line in CELL.splitlines() if line.strip()]) <= 15


def test_the_example_is_trained_saved_and_loaded(tmp_path):
    namespace = {"__name__": "document"}
    exec(CELL, namespace)
    cell = namespace["UpdateGateCell"](4)
    inputs = keras.Input((None, 3))
    model = keras.Model(inputs, RNN(cell)(inputs))
    model.compile("adam", "mse")
    data = np.random.default_rng(0).normal(size=(8, 5, 3)).astype("float32")
    model.fit(data, data[:, 0, :1], verbose=0)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded(data), model(data))
