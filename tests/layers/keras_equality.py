"""Equality with a Keras layer under copied weights, option by option."""

from types import MappingProxyType

import numpy as np
import pytest
import tensorflow as tf

from tests.layers.helpers import (
    BATCH,
    FEATURES,
    MASKS,
    TIME,
    UNITS,
    assert_close,
    assert_same,
    randomize,
    sequences,
    states,
)

OPTIONS = {
    "last output": {},
    "sequences and states": {"return_sequences": True, "return_state": True},
    "backwards": {"return_sequences": True, "return_state": True, "go_backwards": True},
    "zero output": {"return_sequences": True, "return_state": True, "zero_output_for_mask": True},
    "zero last output": {"zero_output_for_mask": True},
    "unrolled": {"return_sequences": True, "unroll": True},
    "no bias": {"use_bias": False, "return_state": True},
}


class KerasEquality:
    """Tests that a layer's test class inherits; it names `ours`, `theirs`, `state_count` and perhaps `options`."""

    ours = None
    theirs = None
    state_count = 1
    options = MappingProxyType({})

    def pair(self, **options):
        """Our layer and Keras's with the same weights."""
        batch = BATCH if options.get("stateful") else None
        layers = [make(UNITS, **{**self.options, **options}) for make in (self.ours, self.theirs)]
        for layer in layers:
            layer.build((batch, TIME, FEATURES))
        layers[0].set_weights(randomize(layers[1]))
        return layers

    @pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
    def test_equals_keras_with_every_mask(self, options):
        ours, theirs = self.pair(**options)
        for number, mask in enumerate(MASKS.values()):
            initial_state = states(self.state_count) if number % 2 else None
            assert_same(ours, theirs, sequences(), mask=mask, initial_state=initial_state)

    def test_equals_keras_when_stateful(self):
        ours, theirs = self.pair(stateful=True)
        for seed in range(2):
            assert_close([ours(sequences(seed))], [np.asarray(theirs(sequences(seed)))], 1e-5)
        for layer in (ours, theirs):
            layer.reset_state()
        assert_close([ours(sequences(2))], [np.asarray(theirs(sequences(2)))], 1e-5)

    @pytest.mark.parametrize("dtype", ["mixed_float16", "mixed_bfloat16", "float64"])
    def test_equals_keras_in_precision(self, dtype):
        ours, theirs = self.pair(dtype=dtype, return_sequences=True)
        tolerance = {"mixed_float16": 1e-2, "mixed_bfloat16": 6e-2, "float64": 1e-12}[dtype]
        assert ours(sequences()).dtype == theirs(sequences()).dtype
        inputs = sequences(dtype="float64" if dtype == "float64" else "float32")
        assert_same(ours, theirs, inputs, outputs=tolerance, gradients=3 * tolerance, mask=MASKS["holes"])

    def test_equals_keras_with_dynamic_batch_and_time(self):
        ours, theirs = self.pair(return_sequences=True)
        run = tf.function(ours, input_signature=[tf.TensorSpec((None, None, FEATURES))])
        for time in (1, 3, 7):
            inputs = sequences(time=time)
            np.testing.assert_allclose(run(inputs), theirs(inputs), atol=1e-5)

    def test_equals_keras_with_dropout_of_the_same_seed(self):
        ours, theirs = self.pair(dropout=0.5, seed=7, return_sequences=True)
        for _ in range(2):
            assert_same(ours, theirs, sequences(), training=True)

    def test_has_the_variables_and_attributes_of_keras(self):
        ours, theirs = self.pair()
        assert [weight.path.split("/", 1)[1] for weight in ours.weights] == [
            weight.path.split("/", 1)[1] for weight in theirs.weights
        ]
        assert len(ours.variables) == len(theirs.variables)
        for name in theirs.get_config():
            assert hasattr(ours, name) or name in ("seed", "dtype"), name

    def test_takes_the_config_of_keras(self):
        config = self.theirs(UNITS, dropout=0.25, **self.options).get_config()
        ours = self.ours.from_config(config).get_config()
        assert {name: ours[name] for name in config} == config

    def test_keeps_the_activity_regularizer(self):
        layer = self.ours.from_config(self.ours(UNITS, activity_regularizer="l2", **self.options).get_config())
        layer(sequences())
        assert len(layer.losses) == 1
