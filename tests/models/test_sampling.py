"""Scheduled sampling's chances and the loss on coverage."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from rnnkit.models.sampling import CoverageLoss, SamplingSchedule

EXPECTED = {
    "constant": lambda i: 0.5,
    "linear": lambda i: 0.5 * min(1.0, i / 4),
    "inverse_sigmoid": lambda i: 0.5 * (1.0 - 4 / (4 + np.exp(i / 4))),
}


@pytest.mark.parametrize("schedule", EXPECTED)
def test_chances(schedule):
    layer = SamplingSchedule(schedule, 0.5, 4)
    found = [float(layer.next_chance()) for _ in range(9)]
    np.testing.assert_allclose(found, [EXPECTED[schedule](i) for i in range(9)], rtol=1e-6)
    assert int(layer.count.value) == 9


@pytest.mark.parametrize("schedule", EXPECTED)
def test_graph_equals_eager_and_counts_on(schedule):
    eager, traced = SamplingSchedule(schedule, 0.5, 4), SamplingSchedule(schedule, 0.5, 4)
    function = tf.function(traced.next_chance)
    np.testing.assert_allclose([float(function()) for _ in range(5)], [float(eager.next_chance()) for _ in range(5)])


def test_no_chance_is_too_large_after_very_many_steps():
    layer = SamplingSchedule("inverse_sigmoid", 0.5, 2)
    layer.count.assign(10**12)
    assert float(layer.next_chance()) == 0.5


def test_the_schedule_hands_its_input_on():
    layer = SamplingSchedule("linear", 0.5, 4)
    np.testing.assert_array_equal(layer(np.array([[3, 0]])), [[3, 0]])
    assert SamplingSchedule.from_config(layer.get_config()).get_config() == layer.get_config()


def test_coverage_loss_counts_no_padding_and_only_in_training():
    inputs = [keras.Input((None, 2)), keras.Input((None, 2)), keras.Input((None,), dtype="bool")]
    model = keras.Model(inputs, CoverageLoss(2.0)(*inputs))
    outputs = np.ones((1, 3, 2), "float32")
    scores = np.array([[[0.9, 0.1], [0.7, 0.3], [0.9, 0.1]]], "float32")
    mask = np.array([[True, True, False]])
    np.testing.assert_array_equal(model([outputs, scores, mask], training=True), outputs)
    np.testing.assert_allclose(float(model.losses[0]), 2.0 * 0.8 / 2, rtol=1e-6)
    model([outputs, scores, mask], training=False)
    assert model.losses == []
