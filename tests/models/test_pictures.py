"""What makes a map of a picture: beside NumPy, networks of Keras, and the weights that they begin with."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras.src.applications import efficientnet

from rnnkit.config.schema import Image, Picture
from rnnkit.errors import ConfigError
from rnnkit.models.pictures import Backbone, Convolutions, PictureEncoder, begin_with, picture_encoder

IMAGES = np.random.default_rng(0).random((2, 8, 6, 3)).astype("float32")
SMALL = Image(height=32, width=32)


def randomised(layer, scale=0.7):
    for seed, variable in enumerate(layer.trainable_variables):
        variable.assign(tf.random.stateless_normal(variable.shape, [seed, 1], stddev=scale, dtype=variable.dtype))
    return layer


def encoder(**options):
    layer = PictureEncoder(Convolutions([4, 5], name="cnn"), 3, **options)
    layer(IMAGES)
    return randomised(layer)


@pytest.fixture(scope="module")
def mobile():
    """A small backbone, drawn."""
    layer = picture_encoder(Picture(backbone="MobileNetV2", frozen=True), SMALL, 4)
    layer.build((None, 32, 32, 3))
    return layer


@pytest.mark.parametrize("summary", ["mean", "all"])
@pytest.mark.parametrize("positions", [True, False])
def test_the_map_and_its_summary_equal_numpy(positions, summary):
    layer = encoder(positions=positions, summary=summary)
    assert layer.grid == (2, 2)
    found = layer.body(IMAGES).numpy()
    if positions:
        corners = np.array([[[-1, -1], [-1, 1]], [[1, -1], [1, 1]]], "float32")
        found = np.concatenate([found, np.broadcast_to(corners, (2, 2, 2, 2))], axis=-1)
    kernel, bias = (variable.numpy() for variable in layer.places.weights)
    memory = np.maximum(found @ kernel + bias, 0.0).reshape(2, 4, 3)
    context = memory.mean(1)
    if summary == "all":
        kernel, bias = (variable.numpy() for variable in layer.whole.weights)
        context = np.tanh(memory.reshape(2, 12) @ kernel + bias)
    for one, other in zip(layer(IMAGES), (memory, context)):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-5)


def test_convolutions_halve_and_rectify():
    layer = Convolutions([4, 5, 6], kernel_size=5)
    found = layer(IMAGES, training=True).numpy()
    assert found.shape == (2, 1, 1, 6) == layer.compute_output_shape((2, 8, 6, 3)) and found.min() == 0.0
    assert Convolutions([4])(IMAGES).shape == (2, 4, 3, 4)
    further = Convolutions([4], further=[5, 6])
    assert further(IMAGES).shape == (2, 4, 3, 6) == further.compute_output_shape(IMAGES.shape)
    assert Convolutions.from_config(further.get_config()).further == [5, 6]


def test_a_picture_alone_gives_what_it_gives_among_others():
    layer = encoder()
    together = layer(IMAGES)[0]
    np.testing.assert_allclose(layer(IMAGES[1:])[0][0], together[1], atol=1e-5)
    np.testing.assert_allclose(tf.function(layer)(IMAGES)[0], together, atol=1e-5)


def test_gradients_in_float64():
    keras.config.set_dtype_policy("float64")
    try:
        layer = PictureEncoder(Convolutions([3]), 3, summary="all")
        images = IMAGES[:, :4, :4].astype("float64")
        layer(images)
    finally:
        keras.config.set_dtype_policy("float32")
    randomised(layer)

    def loss():
        memory, context = layer(images, training=True)
        return tf.reduce_sum(memory**2) + tf.reduce_sum(context)

    variables = layer.trainable_variables
    with tf.GradientTape() as tape:
        total = loss()
    gradients = tape.gradient(total, [variable.value for variable in variables])
    generator = np.random.default_rng(0)
    for variable, gradient in zip(variables, gradients):
        direction, value, ends = generator.normal(size=variable.shape), variable.numpy(), []
        for sign in (1, -1):
            variable.assign(value + sign * 1e-6 * direction)
            ends.append(float(loss()))
        variable.assign(value)
        expected = pytest.approx(np.sum(gradient.numpy() * direction), rel=1e-4, abs=1e-6)
        assert (ends[0] - ends[1]) / 2e-6 == expected, variable.path


def test_configurations_come_back():
    layer = encoder(summary="all")
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(layer))
    again(IMAGES)
    again.set_weights(layer.get_weights())
    np.testing.assert_array_equal(again(IMAGES)[0], layer(IMAGES)[0])


def test_a_network_of_keras_sees_what_it_was_made_for(mobile):
    images = np.random.default_rng(1).random((1, 32, 32, 3)).astype("float32")
    prepared = keras.applications.mobilenet_v2.preprocess_input(images * 255.0)
    expected = mobile.body.model(prepared, training=False)
    np.testing.assert_allclose(mobile.body(images), expected, atol=1e-5)
    assert mobile.grid == (1, 1) and mobile(images)[0].shape == (1, 1, 4)


def test_a_frozen_network_is_not_trained(mobile):
    assert len(mobile.trainable_variables) == 2
    images = np.random.default_rng(1).random((2, 32, 32, 3)).astype("float32")
    before = mobile.body.get_weights()
    mobile(images, training=True)
    for one, other in zip(before, mobile.body.get_weights()):
        np.testing.assert_array_equal(one, other)


def test_weights_from_a_file(mobile, tmp_path):
    path = tmp_path / "mobile.weights.h5"
    made = mobile.body.made(None)
    made.save_weights(path)
    begin_with(mobile, str(path))
    for one, other in zip(made.get_weights(), mobile.body.get_weights()):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("weights", ["imagenet", pytest.param("file", marks=pytest.mark.slow)])
def test_what_an_efficient_net_knows_of_its_pictures_is_taken_over(weights, tmp_path, monkeypatch):
    """Its mean and variance, and the Rescaling that the network of imagenet has and others have not."""
    layer = picture_encoder(Picture(backbone="EfficientNetB0"), SMALL, 4)
    layer.build((None, 32, 32, 3))
    path = str(tmp_path / "net.weights.h5")
    given = layer.body.made(None)
    normalization = next(each for each in given.layers if isinstance(each, keras.layers.Normalization))
    normalization.set_weights([np.array(value) for value in ([0.4, 0.5, 0.6], [0.2, 0.3, 0.4], 0)])
    given.save_weights(path)
    monkeypatch.setattr(efficientnet.file_utils, "get_file", lambda *_, **__: path)
    source = weights if weights == "imagenet" else path
    expected = layer.body.made(source)
    begin_with(layer, source)
    images = np.random.default_rng(1).random((1, 32, 32, 3)).astype("float32")
    for call in (layer.body, tf.function(layer.body)):
        np.testing.assert_allclose(call(images), expected(images * 255.0), rtol=1e-4, atol=1e-5)


def test_a_normalization_follows_its_variables(tmp_path, monkeypatch):
    """Keras's own goes on with the mean and variance of before, and a traced call must leave no tensor behind."""

    def made(self, weights):
        images = keras.Input(self.image_shape)
        return keras.Model(images, keras.layers.Normalization()(images))

    monkeypatch.setattr(Backbone, "made", made)
    layer, images = Backbone("EfficientNetB0", (2, 2, 3)), tf.random.uniform((1, 2, 2, 3), maxval=0.1)
    traced = tf.function(layer)
    for mean, variance in (([0.0, 0.0, 0.0], [1.0, 1.0, 1.0]), ([1.0, 2.0, 3.0], [4.0, 9.0, 16.0])):
        layer.model.set_weights([np.array(mean), np.array(variance), np.array(0)])
        expected = (255.0 * images - mean) / np.sqrt(variance)
        np.testing.assert_allclose(traced(images), expected, rtol=1e-5)
        np.testing.assert_allclose(layer(images), expected, rtol=1e-5)
    tf.saved_model.save(layer, tmp_path / "saved")
    assert layer.model(images).shape == images.shape


def test_weights_that_cannot_be_downloaded(mobile, monkeypatch):
    def made(source):
        raise OSError("no connection")

    monkeypatch.setattr(mobile.body, "made", made)
    message = r"^model.picture.weights: those of imagenet cannot be had for MobileNetV2 .*no connection"
    with pytest.raises(ConfigError, match=message):
        begin_with(mobile, "imagenet")


@pytest.mark.parametrize("content", [b"no weights", None], ids=["text", "of another network"])
def test_weights_that_do_not_fit(mobile, tmp_path, content):
    path = tmp_path / "other.weights.h5"
    if content is None:
        other = keras.Sequential([keras.layers.Dense(3)])
        other.build((None, 2))
        other.save_weights(path)
    else:
        path.write_bytes(content)
    with pytest.raises(
        ConfigError, match=r"model\.picture\.weights: .*other\.weights\.h5 is of no use for MobileNetV2: "
    ):
        begin_with(mobile, str(path))


def test_pictures_that_are_too_small_for_a_network():
    with pytest.raises(
        ConfigError, match=r"model\.picture\.backbone: InceptionV3 does not take image\.height and .*75"
    ):
        picture_encoder(Picture(backbone="InceptionV3"), SMALL, 4)
