"""WordDropout: how many, which, and when."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from rnnkit.layers import WordDropout

IDS = np.tile(np.array([[7, 8, 9, 0]], "int32"), (4000, 1))


def test_replaces_the_given_share_of_words_and_no_padding():
    dropped = WordDropout(0.3, seed=1)(IDS, training=True).numpy()
    assert dropped.dtype == IDS.dtype
    changed = dropped != IDS
    assert np.all(dropped[changed] == 1) and not changed[:, 3].any()
    np.testing.assert_allclose(changed[:, :3].mean(axis=0), 0.3, atol=0.03)


def test_does_nothing_outside_training_or_at_rate_zero():
    np.testing.assert_array_equal(WordDropout(0.9)(IDS), IDS)
    np.testing.assert_array_equal(WordDropout(0.0)(IDS, training=True), IDS)


def test_every_id_has_a_chance_of_its_own_where_a_vocabulary_is_given(tmp_path):
    inputs = keras.Input((None,), dtype="int32")
    layer = WordDropout(vocabulary_size=10, seed=1)
    model = keras.Model(inputs, layer(inputs))
    layer.chances.assign([0.9, 0.9, 0, 0, 0, 0, 0, 0.0, 0.2, 0.7])
    changed = model(IDS, training=True).numpy() != IDS
    np.testing.assert_allclose(changed.mean(axis=0), [0.0, 0.2, 0.7, 0.0], atol=0.03)
    assert model.trainable_variables == []
    model.save(tmp_path / "dropout.keras")
    np.testing.assert_array_equal(keras.saving.load_model(tmp_path / "dropout.keras").layers[-1].chances, layer.chances)


@pytest.mark.parametrize("jit", [False, True], ids=["graph", "xla"])
def test_every_call_draws_anew_and_the_seed_decides(jit):
    runs = []
    for _ in range(2):
        layer = WordDropout(0.5, unknown=2, seed=3)
        call = tf.function(lambda ids, layer=layer: layer(ids, training=True), jit_compile=jit)
        runs.append([call(IDS[:50]).numpy() for _ in range(2)])
    np.testing.assert_array_equal(runs[0], runs[1])
    assert np.any(runs[0][0] != runs[0][1]) and set(np.unique(runs[0])) == {0, 2, 7, 8, 9}


def test_keras_file(tmp_path):
    inputs = keras.Input((None,), dtype="int32")
    model = keras.Model(inputs, WordDropout(0.5, unknown=3, seed=4)(inputs))
    assert model.output_shape == (None, None) and model.outputs[0].dtype == "int32"
    model.save(tmp_path / "dropout.keras")
    loaded = keras.saving.load_model(tmp_path / "dropout.keras")
    assert loaded.layers[-1].get_config() == model.layers[-1].get_config()
    np.testing.assert_array_equal(loaded(IDS), IDS)


@pytest.mark.parametrize("rate", [-0.1, 1.0])
def test_rate_outside_its_range(rate):
    with pytest.raises(ValueError, match=f"rate: a number from 0 to below 1, got {rate}"):
        WordDropout(rate)
