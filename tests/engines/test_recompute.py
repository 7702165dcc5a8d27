"""Recomputation: the same numbers from the states of every sqrt(T)-th step."""

import numpy as np
import pytest
import tensorflow as tf

from rnnkit.engines.recompute import Cut
from rnnkit.layers import GRU, LSTM, LeakyRNN
from tests.engines.test_compiled import arrays, everything, inputs_of
from tests.engines.test_fused import user_cell
from tests.layers.helpers import FEATURES, UNITS, assert_close, built

LAYERS = {
    "LSTM": lambda **o: LSTM(UNITS, peepholes=True, **o),
    "GRU": lambda **o: GRU(UNITS, dropout=0.2, recurrent_dropout=0.3, zoneout=0.2, seed=1, **o),
    "LeakyRNN": lambda **o: LeakyRNN(UNITS, learn_alpha=True, go_backwards=True, **o),
    "user's": lambda **o: user_cell(UNITS, **o),
}


@pytest.mark.parametrize("make", LAYERS.values(), ids=LAYERS)
@pytest.mark.parametrize(
    "time, known, return_sequences, masked",
    [
        pytest.param(12, True, True, False, marks=pytest.mark.slow),
        (13, True, False, True),
        pytest.param(13, False, True, False, marks=pytest.mark.slow),
        (7, False, True, True),
        (1, True, False, False),
        (0, False, True, False),
    ],
)
def test_the_numbers_are_the_same(make, time, known, return_sequences, masked):
    options = {"return_sequences": return_sequences, "return_state": True, "dtype": "float64"}
    mask = np.random.default_rng(2).random((4, time)) > 0.3 if masked else None
    inputs = inputs_of(4, time, "float64")
    signature = [tf.TensorSpec((4, time if known else None, FEATURES), tf.float64)]
    results = []
    for recompute in (True, False):
        layer = built(make(recompute=recompute, **options))
        run = tf.function(lambda inputs, layer=layer: everything(layer, inputs, mask=mask), input_signature=signature)
        results.append(arrays(run(inputs)))
    assert_close(*results, 1e-11)


@pytest.mark.parametrize("known", [16, 4000, 17, 1, 0, None])
def test_segments_cover_the_sequence(known):
    length = 17 if known is None else known
    cut = Cut(tf.constant(length) if known is None else length, known)
    sequence = np.arange(length * 6.0).reshape(length, 2, 3)
    segments = cut(tf.constant(sequence))
    assert segments.shape[1] <= 2 * max(1, length**0.5)
    assert cut.even == (known in (16, 4000, 1))
    np.testing.assert_array_equal(cut.joined(segments), sequence)


def test_the_gradient_stores_no_state_of_every_step():
    """Every tensor that a training step keeps for the way back is shorter than the sequence."""
    time = 900
    layer = LSTM(UNITS, recompute=True)

    @tf.function
    def train(inputs):
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(layer(inputs, training=True))
        return tape.gradient(loss, [each.value for each in layer.trainable_variables])

    graph = train.get_concrete_function(tf.TensorSpec((4, time, FEATURES))).graph
    shapes = [output.shape for node in graph.get_operations() for output in node.outputs]
    widths = {shape[-1] for shape in shapes if shape.rank and shape.rank > 1 and shape.num_elements()}
    assert UNITS in widths
    states = [shape for shape in shapes if shape.rank and shape.rank > 1 and shape[-1] in (UNITS, 4 * UNITS)]
    assert max(shape.num_elements() or 0 for shape in states) < time * UNITS


def test_the_configuration_keeps_it():
    assert LSTM.from_config(LSTM(2, recompute=True).get_config()).recompute is True
