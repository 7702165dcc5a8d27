"""The parts of a model by name, bottom to top: what is frozen, unfrozen and given a learning rate of its own."""

from collections.abc import Iterable

import keras

from rnnkit.errors import ConfigError
from rnnkit.layers import RNNStack, Seq2Seq

# Part and its layer, bottom to top. An input is named "characters", and Keras wants each name once.
LAYERS = {
    "embedding": "embedding",
    "target_embedding": "target_embedding",
    "characters": "character_encoder",
    "recurrent": "recurrent",
    "seq2seq": "seq2seq",
    "pooling": "pooling",
    "hidden": "hidden",
    "projection": "projection",
    "head": "head",
    "crf": "crf",
}


def parts(model: keras.Model) -> dict[str, list[keras.layers.Layer]]:
    """The layers that have weights, by part: embedding, target_embedding, characters, recurrent_1 …, encoder_1 …,
    bridge, decoder_1 …, attention, pooling, hidden, projection, head, crf."""
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
    if not isinstance(layer, Seq2Seq):
        return {part: [layer]}
    decoder = layer.decoder
    attending = [] if decoder.attention is None else [decoder.attention, decoder.attentional]
    ends = _within("encoder", layer.encoder), _within("decoder", decoder.stack)
    return {**ends[0], "bridge": decoder.bridge, **ends[1], "attention": attending}


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
            raise ConfigError(
                f"{key}: the model has no part {name!r} with weights; it has {', '.join(available)}, "
                "and recurrent for all recurrent layers"
            )
        chosen |= matching
    return {name: layers for name, layers in available.items() if name in chosen}
