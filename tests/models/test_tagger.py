"""The tagger: with and without characters, CRF and tag scheme."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from rnnkit.config.schema import Characters, TaggerModel
from rnnkit.errors import ConfigError
from rnnkit.layers.constraints import allowed_transitions
from rnnkit.models import tagger

TAGS = ["O", "B-x", "I-x"]
INPUTS = {
    "words": np.array([[2, 3, 4], [5, 1, 0], [0, 0, 0]], "int32"),
    "characters": np.array([[[1, 2], [3, 0], [4, 4]], [[2, 1], [3, 4], [0, 0]], [[0, 0]] * 3], "int32"),
}
TARGETS = np.array([[0, 1, 2], [1, 0, -1], [-1, -1, -1]], "int32")
CHARACTERS = {
    "cnn": Characters(units=2, embedding_size=3, widths=[2, 3]),
    "rnn": Characters(units=2, embedding_size=3, encoder="rnn", dropout=0.2),
    "none": None,
}
DECODERS = [(False, "none"), (False, "iob2"), (True, "none"), (True, "iob2")]


def make(seed=1, **options):
    options = {"units": 3, "embedding_size": 4, "characters": CHARACTERS["cnn"], **options}
    return tagger.build(TaggerModel(**options), 6, 5, TAGS, seed)


def padded(words=2, characters=3):
    return {
        "words": np.pad(INPUTS["words"], [(0, 0), (0, words)]),
        "characters": np.pad(INPUTS["characters"], [(0, 0), (0, words), (0, characters)]),
    }


def gradients(model, training=True):
    with tf.GradientTape() as tape:
        total, weight = tagger.loss(model, model(INPUTS, training=training), TARGETS, 0.0)
        mean = total / weight
    return mean, tape.gradient(mean, [w.value for w in model.trainable_variables])


@pytest.mark.parametrize("characters", CHARACTERS)
@pytest.mark.parametrize(("crf", "tag_scheme"), DECODERS)
def test_loss_gradients_and_padding(characters, crf, tag_scheme):
    model = make(characters=CHARACTERS[characters], crf=crf, tag_scheme=tag_scheme)
    potentials = model(INPUTS)
    assert potentials.shape == (3, 3, 3) and potentials.dtype == tf.float32
    total, weight = tagger.loss(model, potentials, TARGETS, 0.0)
    assert float(weight) == 5 and np.isfinite(total)
    more = model(padded())
    targets = np.pad(TARGETS, [(0, 0), (0, 2)], constant_values=-1)
    np.testing.assert_allclose(tagger.loss(model, more, targets, 0.0)[0], total, rtol=1e-5)
    tags, confidences = tagger.decode(model, potentials, INPUTS["words"])
    more_tags, more_confidences = tagger.decode(model, more, padded()["words"])
    np.testing.assert_array_equal(more_tags, np.pad(tags, [(0, 0), (0, 2)]))
    np.testing.assert_allclose(more_confidences, np.pad(confidences, [(0, 0), (0, 2)]), atol=1e-6)
    for gradient, variable in zip(gradients(model)[1], model.trainable_variables):
        assert np.any(tf.convert_to_tensor(gradient)), variable.path


@pytest.mark.parametrize(("crf", "tag_scheme"), DECODERS)
def test_decode_gives_a_tag_and_a_probability_to_every_word(crf, tag_scheme):
    model = make(crf=crf, tag_scheme=tag_scheme)
    rng = np.random.default_rng(0)
    words = np.where(np.arange(6) < rng.integers(0, 7, size=(20, 1)), 2, 0).astype("int32")
    potentials = rng.normal(scale=3.0, size=(20, 6, 3)).astype("float32")
    tags, confidences = (x.numpy() for x in tagger.decode(model, potentials, words))
    assert tags.dtype == np.int32 and np.all(tags[words == 0] == 0) and np.all(confidences[words == 0] == 0)
    assert np.all((confidences[words != 0] > 0) & (confidences <= 1 + 1e-6)[words != 0])
    allowed = allowed_transitions(TAGS, "iob2")
    legal = all(
        allowed.start[row[0]] and all(allowed.transitions[row[i], row[i + 1]] for i in range(count - 1))
        for row, count in zip(tags, (words != 0).sum(1))
    )
    assert legal == (tag_scheme == "iob2")
    if not crf and tag_scheme == "none":
        np.testing.assert_array_equal(tags, np.where(words != 0, potentials.argmax(-1), 0))


def test_labels_are_smoothed_without_a_crf_and_refused_with_one():
    model = make()
    potentials = model(INPUTS)
    assert tagger.loss(model, potentials, TARGETS, 0.2)[0] != tagger.loss(model, potentials, TARGETS, 0.0)[0]
    with pytest.raises(ValueError, match=r"label_smoothing: has to be 0 with a CRF, got 0.2"):
        tagger.loss(make(crf=True), potentials, TARGETS, 0.2)


@pytest.mark.parametrize("crf", [False, True])
def test_seed_decides_weights_and_dropout(crf):
    options = {"crf": crf, "characters": CHARACTERS["rnn"], "word_dropout": 0.3, "dropout": 0.3, "layers": 2}
    one, same, other = (make(seed, **options) for seed in (5, 5, 6))
    for first, second in zip(one.variables, same.variables):
        np.testing.assert_array_equal(first.numpy(), second.numpy())
    np.testing.assert_array_equal(one(INPUTS, training=True), same(INPUTS, training=True))
    assert np.any(one(INPUTS) != other(INPUTS))


def test_mixed_precision_gives_float32_potentials():
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = make(crf=True)
    finally:
        keras.config.set_dtype_policy(before)
    potentials = model(INPUTS)
    assert potentials.dtype == tf.float32
    assert np.isfinite(tagger.loss(model, potentials, TARGETS, 0.0)[0])


def test_training_step_compiles_with_xla():
    model = make(crf=True, tag_scheme="iob2", cell="simple", bidirectional=False)
    found = tf.function(lambda: gradients(model), jit_compile=True)()
    for one, other in zip(tf.nest.flatten(found), tf.nest.flatten(gradients(model))):
        np.testing.assert_allclose(tf.convert_to_tensor(one), tf.convert_to_tensor(other), atol=1e-5)


def test_keras_file(tmp_path):
    model = make(crf=True, tag_scheme="iob2")
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    potentials = loaded(INPUTS)
    np.testing.assert_array_equal(potentials, model(INPUTS))
    for one, other in zip(*(tagger.decode(m, potentials, INPUTS["words"]) for m in (loaded, model))):
        np.testing.assert_array_equal(one, other)


def test_tags_of_another_scheme():
    with pytest.raises(ConfigError, match=r"model\.tag_scheme: 'NOUN' is no tag of bioes"):
        tagger.build(TaggerModel(tag_scheme="bioes"), 6, 5, ["O", "NOUN"], 1)
