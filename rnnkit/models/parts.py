"""The parts of a model by name, bottom to top: what is frozen, unfrozen and given a learning rate of its own."""

from collections.abc import Iterable

import keras

from rnnkit.errors import ConfigError
from rnnkit.layers import Decoder, RNNStack, Seq2Seq
from rnnkit.models.pictures import Backbone, Convolutions, PictureEncoder

# Part and its layer, bottom to top. An input is named "characters", and Keras wants each name once.
LAYERS = {
    "embedding": "embedding",
    "class_embedding": "class_embedding",
    "target_embedding": "target_embedding",
    "characters": "character_encoder",
    "recurrent": "recurrent",
    "picture": "picture",
    "seq2seq": "seq2seq",
    "decoder": "decoder",
    "pooling": "pooling",
    "hidden": "hidden",
    "projection": "projection",
    "head": "head",
    "crf": "crf",
}


def parts(model: keras.Model) -> dict[str, list[keras.layers.Layer]]:
    """The layers that have weights, by part: embedding, class_embedding, target_embedding, characters, recurrent_1 …,
    backbone or picture_1 …, picture, encoder_1 …, bridge, decoder_1 …, attention, the decoder's layers after it,
    pooling, hidden, projection, head, crf."""
    layers = {layer.name: layer for layer in model.layers}
    found = {}
    for part, name in LAYERS.items():
        if name in layers:
            found |= _within(part, layers[name])
    return {part: inner for part, inner in found.items() if any(layer.weights for layer in inner)}


def _within(part: str, layer: keras.layers.Layer) -> dict[str, list[keras.layers.Layer]]:
    """The parts that a layer is made of."""
    if isinstance(layer, RNNStack):
        return {inner.name: [inner] for inner in layer.layers}
    if isinstance(layer, Seq2Seq):
        return _within("encoder", layer.encoder) | _within("decoder", layer.decoder)
    if isinstance(layer, Decoder):
        attending = [] if layer.attention is None else [layer.attention, layer.attentional]
        above = {} if layer.upper is None else _within(part, layer.upper)
        return {"bridge": layer.bridge, **_within(part, layer.stack), "attention": attending, **above}
    if isinstance(layer, PictureEncoder):
        above = [layer.places, *([] if layer.whole is None else [layer.whole])]
        return {**_within(part, layer.body), part: above}
    if isinstance(layer, Convolutions):
        return {f"{part}_{number}": stage for number, stage in enumerate(layer.stages, 1)}
    return {layer.name if isinstance(layer, Backbone) else part: [layer]}


def select(
    model: keras.Model, names: Iterable[str], key: str = "finetune.freeze"
) -> dict[str, list[keras.layers.Layer]]:
    """The parts that `names` name, bottom to top; `recurrent` names all of `recurrent_1`, `recurrent_2` ….

    Args:
        model: built by this package.
        names: of parts, or what stands before their number.
        key: the configuration's key that the names come from, for the message.

    Raises:
        ConfigError: a name that the model has no part for.
    """
    available = parts(model)
    chosen = set()
    for name in names:
        matching = {part for part in available if part == name or part.startswith(f"{name}_")}
        if not matching:
            groups = sorted({part.rpartition("_")[0] for part in available if part[-1].isdigit()} - set(available))
            raise ConfigError(
                f"{key}: the model has no part {name!r} with weights; it has {', '.join(available)}"
                + "".join(f", and {group} for all {group}_…" for group in groups)
            )
        chosen |= matching
    return {name: layers for name, layers in available.items() if name in chosen}
