"""Carrying a trained model's weights into a model with more words and other labels."""

from collections.abc import Sequence

import keras
import numpy as np

from rnnkit.models.parts import parts

LABEL_AXES = {"head": (-1,), "crf": (0, 1)}
GROWING = ("embedding", "target_embedding", "characters")


def carry_over(
    old: keras.Model, old_labels: Sequence[str], new: keras.Model, labels: Sequence[str]
) -> dict[str, tuple]:
    """Sets the weights of `new` to those of `old` wherever they mean the same.

    The rows of an embedding that has grown keep their place; what belongs to a label goes to the label of that name;
    anything else is carried where its shape is the same.

    Args:
        old: the trained model.
        old_labels: its label names, in the order of their ids.
        new: the model to fill in.
        labels: its label names, in the order of their ids.

    Returns:
        (weights carried, weights that stay new) for every part of `new`.
    """
    old_places = {name: place for place, name in enumerate(old_labels)}
    common = [place for place, name in enumerate(labels) if name in old_places]
    label_rows = common, [old_places[labels[place]] for place in common]
    sources, report = parts(old), {}
    for name, layers in parts(new).items():
        variables = [v for layer in layers for v in layer.weights]
        given = [v for layer in sources.get(name, []) for v in layer.weights]
        pairs = zip(variables, given) if len(given) == len(variables) else []
        axes, grows = LABEL_AXES.get(name, ()), name in GROWING
        carried = sum(_carry(variable, source, axes, label_rows, grows) for variable, source in pairs)
        report[name] = (carried, sum(int(np.prod(v.shape)) for v in variables) - carried)
    return report


def _carry(variable, source, label_axes: Sequence[int], label_rows, grows: bool) -> int:
    """Copies what two variables share; returns how many numbers that are."""
    if len(variable.shape) != len(source.shape):
        return 0
    axes = {axis % len(variable.shape) for axis in label_axes if axis < len(variable.shape)}
    to_index, from_index = [], []
    for axis, (size, old_size) in enumerate(zip(variable.shape, source.shape)):
        grown = axis == 0 and grows and size > old_size
        if axis not in axes and size != old_size and not grown:
            return 0
        to_index.append(label_rows[0] if axis in axes else range(old_size))
        from_index.append(label_rows[1] if axis in axes else range(old_size))
    value = variable.numpy().copy()
    value[np.ix_(*to_index)] = source.numpy()[np.ix_(*from_index)]
    variable.assign(value)
    return int(np.prod([len(index) for index in to_index]))
