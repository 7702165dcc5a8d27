"""Carrying a trained model's weights into a model with more words and other labels, or into one of another kind."""

from collections.abc import Sequence

import keras
import numpy as np

from rnnkit.models.parts import parts

LABEL_AXES = {"head": (-1,), "crf": (0, 1)}
GROWING = ("embedding", "class_embedding", "target_embedding", "characters")


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


def carry_encoder(old: keras.Model, new: keras.Model, rows: np.ndarray) -> dict[str, tuple]:
    """Sets the embedding and the recurrent layers of a classifier or tagger to those of a language model.

    A word that the language model does not know begins as the mean of those that it does. A layer that reads more than
    the language model's (characters, outputs of the other direction) begins with weights of 0 for it: forwards, the
    outputs are at first those of the language model. The other direction and all other parts stay new.

    Args:
        old: the language model, with embedded input.
        new: the model to fill in, of the same cell, layers, units and embedding size.
        rows: (words of `new`,) int, the row of the old embedding for each; -1 where there is none.

    Returns:
        As `carry_over`.

    Source: Howard and Ruder, 2018, arXiv 1801.06146, section 3; the mean is that of their code.
    """
    sources, report = parts(old), {}
    for name, layers in parts(new).items():
        carried = 0
        if name == "embedding":
            carried = _carry_rows(layers[0].weights[0], sources[name][0].weights[0], rows)
        elif name.startswith("recurrent_"):
            forwards = getattr(layers[0], "forward_layer", layers[0])
            pairs = zip(forwards.weights, sources[name][0].weights, strict=True)
            carried = sum(_carry_first(variable, source) for variable, source in pairs)
        total = sum(int(np.prod(v.shape)) for layer in layers for v in layer.weights)
        report[name] = (carried, total - carried)
    return report


def _carry_rows(variable, source, rows: np.ndarray) -> int:
    """Rows of a table by their places in another; -1 is the mean of the others but padding and the unknown word."""
    table, known = source.numpy(), rows >= 0
    words = rows[2:][known[2:]]
    mean = table[words if len(words) else rows[known]].mean(0)
    variable.assign(np.where(known[:, None], table[rows], mean))
    return int(known.sum()) * table.shape[1]


def _carry_first(variable, source) -> int:
    """A weight whose first rows are those of another, and 0 below."""
    value = np.zeros(variable.shape, source.numpy().dtype)
    value[: source.shape[0]] = source.numpy()
    variable.assign(value)
    return int(np.prod(source.shape))


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
