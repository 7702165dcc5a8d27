"""The documented example of a user's own cell, as it stands in the documents."""

import inspect
import pathlib
import re

import keras
import numpy as np
import pytest

import rnnkit.cells
import rnnkit.layers

DOCUMENT = pathlib.Path(__file__).parents[2] / "docs" / "cells.md"


def blocks(text):
    """The Python blocks of a Markdown text."""
    return [inspect.cleandoc(block) for block in re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL)]


@pytest.mark.parametrize("number", range(len(blocks(DOCUMENT.read_text()))))
def test_every_block_of_the_document_runs(number):
    blocks_until = blocks(DOCUMENT.read_text())[: number + 1]
    exec("\n".join(blocks_until), {"__name__": "document"})


def test_the_complete_cell_takes_at_most_15_lines():
    first = blocks(DOCUMENT.read_text())[0]
    assert "FusedCell)" in first and len([line for line in first.splitlines() if line.strip()]) <= 15


LAYERS = ["RNN", "RNNStack", "StackedRNNCells", "Bidirectional", "SimpleRNN", "LeakyRNN", "GRU", "LSTM"]


@pytest.mark.parametrize("name", [*rnnkit.cells.__all__, *LAYERS])
def test_every_docstring_has_an_example_that_runs(name):
    examples = blocks(inspect.getdoc(getattr(rnnkit.layers, name)))
    assert examples
    for example in examples:
        exec(example, {"__name__": "docstring"})


def test_the_example_is_trained_saved_and_loaded(tmp_path):
    namespace = {"__name__": "document"}
    exec(blocks(DOCUMENT.read_text())[0], namespace)
    cell = namespace["UpdateGateCell"](4)
    inputs = keras.Input((None, 3))
    model = keras.Model(inputs, rnnkit.layers.RNN(cell)(inputs))
    model.compile("adam", "mse")
    data = np.random.default_rng(0).normal(size=(8, 5, 3)).astype("float32")
    model.fit(data, data[:, 0, :1], verbose=0)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded(data), model(data))
