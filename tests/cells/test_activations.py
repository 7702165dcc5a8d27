"""Activations of blocks of columns, against one function after the other."""

import keras
import numpy as np
import pytest
from keras import ops

from rnnkit.cells import activate_blocks


@pytest.mark.parametrize(
    "functions",
    [
        [ops.sigmoid, ops.sigmoid, ops.tanh, ops.sigmoid],
        [keras.activations.tanh, keras.activations.sigmoid],
        [ops.sigmoid, keras.activations.relu, ops.tanh],
    ],
)
def test_every_block_has_its_function(functions):
    values = np.random.default_rng(1).normal(scale=4.0, size=(5, 3 * len(functions)))
    blocks = activate_blocks(ops.convert_to_tensor(values), functions)
    assert len(blocks) == len(functions)
    for block, function, part in zip(blocks, functions, np.split(values, len(functions), axis=-1)):
        np.testing.assert_allclose(block, function(ops.convert_to_tensor(part)), atol=1e-12)


def test_far_out_they_saturate():
    low, high = activate_blocks(ops.convert_to_tensor([[-1e4, 1e4]]), [ops.sigmoid, ops.sigmoid])
    assert (float(low[0, 0]), float(high[0, 0])) == (0.0, 1.0)
