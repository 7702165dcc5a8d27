"""Which parts of a model are trained in which epoch, and how fast."""

import keras

from rnnkit.config.schema import Finetune
from rnnkit.models.parts import parts, select

BOTTOM = ("embedding", "target_embedding", "characters")
TOP = ("pooling", "hidden", "projection", "head", "crf")


def learning_rates(model: keras.Model, config: Finetune) -> dict[str, float]:
    """Factor of the learning rate by part; of a name and its prefix, the longer one counts."""
    factors = {}
    for name in sorted(config.learning_rates, key=len):
        factors |= dict.fromkeys(select(model, [name], "finetune.learning_rates"), config.learning_rates[name])
    return factors


def trained_parts(model: keras.Model, config: Finetune, epoch: int) -> list[str]:
    """Names of the parts that are trained in an epoch (from 0), bottom to top."""
    frozen = set(select(model, config.freeze, "finetune.freeze"))
    groups = _groups(list(parts(model)))
    groups = [[name for name in group if name not in frozen] for group in groups]
    groups = [group for group in groups if group]
    if config.gradual_unfreezing:
        groups = groups[-(epoch + 1) :]
    return [name for group in groups for name in group]


def first_epochs(model: keras.Model, config: Finetune) -> dict[str, int]:
    """The epoch (from 0) in which each part is first trained; parts that stay frozen are missing."""
    first: dict[str, int] = {}
    for epoch in range(len(parts(model))):
        for name in trained_parts(model, config, epoch):
            first.setdefault(name, epoch)
    return first


def set_trained(model: keras.Model, names: list[str]) -> bool:
    """Makes exactly these parts trainable; returns whether that changed anything."""
    changed = False
    for name, layers in parts(model).items():
        for layer in layers:
            changed |= layer.trainable != (name in names)
            layer.trainable = name in names
    return changed


def _groups(names: list[str]) -> list[list[str]]:
    """Parts as they unfreeze: embeddings together, each recurrent layer alone, all above them together."""
    middle = [[name] for name in names if name not in BOTTOM + TOP]
    return [[name for name in names if name in BOTTOM], *middle, [name for name in names if name in TOP]]
