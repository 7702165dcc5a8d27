"""The parts of a model by name, bottom to top: what is frozen, unfrozen and given a learning rate of its own."""

from collections.abc import Iterable

import keras

from rnnkit.errors import ConfigError
from rnnkit.layers import RNNStack

# Part and its layer, bottom to top. An input is named "characters", and Keras wants each name once.
LAYERS = {
    "embedding": "embedding",
    "characters": "character_encoder",
    "recurrent": "recurrent",
    "pooling": "pooling",
    "hidden": "hidden",
    "head": "head",
    "crf": "crf",
}


def parts(model: keras.Model) -> dict[str, list[keras.layers.Layer]]:
    """The layers that have weights, by part: embedding, characters, recurrent_1 …, pooling, hidden, head, crf."""
    layers = {layer.name: layer for layer in model.layers}
    found = {}
    for part, name in LAYERS.items():
        layer = layers.get(name)
        named = {inner.name: inner for inner in layer.layers} if isinstance(layer, RNNStack) else {part: layer}
        found |= {key: [value] for key, value in named.items() if value is not None and value.weights}
    return found


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
