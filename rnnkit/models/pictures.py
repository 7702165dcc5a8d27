"""From a picture to a map of it: at each place a vector of what is there."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import keras
import numpy as np
from keras import ops

from rnnkit.config.paths import expand
from rnnkit.config.schema import Image, Picture
from rnnkit.models.cells import ConfigErrors


@keras.saving.register_keras_serializable(package="rnnkit")
class Convolutions(keras.layers.Layer):
    """Convolutions, each with batch normalization and a rectifier: some that halve height and width, then some that
    keep them.

    Args:
        channels: filters of each that halves.
        kernel_size: height and width of their windows.
        further: filters of each that keeps.

    Call arguments:
        images: (B, height, width, channels) float.
        training: bool.

    Returns:
        (B, height / 2^n, width / 2^n, last channels), rounded up, of n that halve.
    """

    def __init__(self, channels, kernel_size=3, further=(), **kwargs):
        super().__init__(**kwargs)
        self.channels, self.kernel_size, self.further = list(channels), kernel_size, list(further)
        filters = [*((count, 2) for count in self.channels), *((count, 1) for count in self.further)]
        options = {"padding": "same", "use_bias": False, "dtype": self.dtype_policy}
        self.stages = [
            [
                keras.layers.Conv2D(count, kernel_size, strides, name=f"convolution_{number}", **options),
                keras.layers.BatchNormalization(momentum=0.95, name=f"norm_{number}", dtype=self.dtype_policy),
            ]
            for number, (count, strides) in enumerate(filters, 1)
        ]

    def build(self, images_shape):
        for convolution, norm in self.stages:
            convolution.build(images_shape)
            images_shape = convolution.compute_output_shape(images_shape)
            norm.build(images_shape)

    def call(self, images, training=False):
        for convolution, norm in self.stages:
            images = ops.relu(norm(convolution(images), training=training))
        return images

    def compute_output_shape(self, images_shape):
        for convolution, _ in self.stages:
            images_shape = convolution.compute_output_shape(images_shape)
        return images_shape

    def get_config(self):
        own = {"channels": self.channels, "kernel_size": self.kernel_size, "further": self.further}
        return {**super().get_config(), **own}


@keras.saving.register_keras_serializable(package="rnnkit")
class Backbone(keras.layers.Layer):
    """A network of `keras.applications` without its classifier, with the preprocessing that it was made for.

    Args:
        network: its name there.
        input_shape: (height, width, 3) of the pictures.

    Call arguments:
        images: (B, height, width, 3) float, from 0 to 1.
        training: bool.

    Returns:
        Its last map, (B, rows, columns, features).

    Raises:
        ValueError: the pictures are too small for it.
    """

    def __init__(self, network, input_shape, **kwargs):
        super().__init__(**kwargs)
        self.network, self.image_shape = network, tuple(input_shape)
        self.model = self.made(None)

    def made(self, weights):
        """A new model of this network, with `weights` as `keras.applications` takes them."""
        make = getattr(keras.applications, self.network)
        return make(include_top=False, weights=weights, input_shape=self.image_shape, name=self.network)

    def begin_with(self, weights):
        """Takes over the weights that a new model has, with `weights` as `keras.applications` takes them.

        An EfficientNet of "imagenet" has a Rescaling behind its Normalization that others do not have; here the
        variance takes it in.
        """
        source = self.made(weights)
        self.model.set_weights(source.get_weights())
        for rescaling in _layers(source, keras.layers.Rescaling)[len(_layers(self.model, keras.layers.Rescaling)) :]:
            for variable in _layers(self.model, keras.layers.Normalization)[0].weights:
                if variable.name == "variance":
                    variable.assign(variable / np.square(rescaling.scale))
        for normalization in _layers(self.model, keras.layers.Normalization):
            normalization.finalize_state()

    def call(self, images, training=False):
        module = getattr(keras.applications, self.network).__module__.rpartition(".")[2]
        prepared = getattr(keras.applications, module).preprocess_input(images * 255.0)
        with _as_its_variables_are(self.model):
            return self.model(prepared, training=training and self.model.trainable)

    def compute_output_shape(self, images_shape):
        return self.model.compute_output_shape(images_shape)

    def get_config(self):
        return {**super().get_config(), "network": self.network, "input_shape": self.image_shape}


@keras.saving.register_keras_serializable(package="rnnkit")
class PictureEncoder(keras.layers.Layer):
    """A map of a picture, and a summary of the map.

    With f a network's map and p the row and column of a place, each from -1 to 1,

        m_place = relu([f_place, p] W + b)                          without `positions` m_place = relu(f_place W + b)
        c = mean over places of m, or tanh([m_1, m_2, …] V + d)     `summary` "mean" or "all"

    Args:
        body: layer from images to f, such as `Convolutions` or `Backbone`.
        units: width of m, and of c.
        positions: bool.
        summary: "mean" or "all".

    Call arguments:
        images: (B, height, width, 3) float, from 0 to 1.
        training: bool.

    Returns:
        m, (B, rows · columns, units), row by row, and c, (B, units).

    Attributes:
        grid: (rows, columns) of the built layer.

    Source: places as an attention's memory Xu et al., 2015, arXiv 1502.03044; positions Liu et al., 2018,
    arXiv 1807.03247.
    """

    def __init__(self, body, units, positions=True, summary="mean", **kwargs):
        super().__init__(**kwargs)
        self.body, self.units, self.positions, self.summary = body, units, positions, summary
        self.places = keras.layers.Dense(units, "relu", name="places", dtype=self.dtype_policy)
        self.whole = None
        if summary == "all":
            self.whole = keras.layers.Dense(units, "tanh", name="whole", dtype=self.dtype_policy)

    def build(self, images_shape):
        if not self.body.built:
            self.body.build(images_shape)
        *_, rows, columns, features = self.body.compute_output_shape(images_shape)
        self.grid = rows, columns
        self.places.build((None, rows, columns, features + 2 * self.positions))
        if self.whole is not None:
            self.whole.build((None, rows * columns * self.units))

    def call(self, images, training=False):
        found = self.body(images, training=training)  # (B, rows, columns, F)
        if self.positions:
            where = ops.cast(_positions(*self.grid), found.dtype)
            where = ops.broadcast_to(where, (ops.shape(found)[0], *self.grid, 2))
            found = ops.concatenate([found, where], axis=-1)
        rows, columns = self.grid
        memory = ops.reshape(self.places(found), (-1, rows * columns, self.units))
        if self.whole is None:
            return memory, ops.mean(memory, axis=1)
        return memory, self.whole(ops.reshape(memory, (-1, rows * columns * self.units)))

    def compute_output_shape(self, images_shape):
        *_, rows, columns, _ = self.body.compute_output_shape(images_shape)
        return (images_shape[0], rows * columns, self.units), (images_shape[0], self.units)

    def get_config(self):
        own = {"units": self.units, "positions": self.positions, "summary": self.summary}
        return {**super().get_config(), "body": keras.saving.serialize_keras_object(self.body), **own}

    @classmethod
    def from_config(cls, config, custom_objects=None):
        body = keras.saving.deserialize_keras_object(config["body"], custom_objects=custom_objects)
        return cls(**{**config, "body": body})


def picture_encoder(config: Picture, image: Image, units: int) -> PictureEncoder:
    """The layer `picture` as `config` describes it, its weights drawn, for pictures of the size that `image` says.

    Raises:
        ConfigError: the pictures are too small for the network.
    """
    if config.backbone == "cnn":
        body = Convolutions(config.channels, config.kernel_size, config.further_channels, name="cnn")
    else:
        with ConfigErrors(f"model.picture.backbone: {config.backbone} does not take image.height and image.width"):
            body = Backbone(config.backbone, (image.height, image.width, 3), name="backbone")
        body.trainable = not config.frozen
    return PictureEncoder(body, units, config.positions, config.summary, name="picture")


def begin_with(layer: PictureEncoder, weights: str) -> None:
    """Gives a backbone the weights that it begins with.

    Args:
        layer: made by `picture_encoder`.
        weights: imagenet, or the path of a file.

    Raises:
        ConfigError: the weights cannot be had, or do not fit.
    """
    backbone = layer.body
    source = weights if weights == "imagenet" else str(expand(weights))
    if weights == "imagenet":
        said = f"those of imagenet cannot be had for {backbone.network} (the first time they are downloaded)"
    else:
        said = f"{weights} is of no use for {backbone.network}"
    wrong = ConfigErrors(f"model.picture.weights: {said}", kinds=(Exception,))
    with wrong, warnings.catch_warnings(action="ignore"):  # Keras warns of every layer that a file does not have
        backbone.begin_with(source)


@contextmanager
def _as_its_variables_are(model: keras.Model) -> Iterator[None]:
    """Inside, Normalization layers read their mean and variance; else they keep those that they were built with."""
    layers = _layers(model, keras.layers.Normalization)
    kept = [(layer.mean, layer.variance) for layer in layers]
    try:
        for layer in layers:
            layer.finalize_state()
        yield
    finally:  # a graph's tensors must not stay
        for layer, (mean, variance) in zip(layers, kept):
            layer.mean, layer.variance = mean, variance


def _layers(model: keras.Model, kind: type) -> list[keras.layers.Layer]:
    return [layer for layer in model.layers if isinstance(layer, kind)]


def _positions(rows: int, columns: int) -> np.ndarray:
    """The row and column of every place, from -1 to 1: (rows, columns, 2) float32."""
    axes = (np.linspace(-1.0, 1.0, count) if count > 1 else np.zeros(1) for count in (rows, columns))
    return np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).astype("float32")
