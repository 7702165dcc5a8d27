"""Recurrent layers taken one step at a time, for what gives a sequence out while it makes it."""

import contextlib

import keras
from keras import ops, tree

from rnnkit.cells.dropout import KerasMixin, SequenceDropout


def step_of(layer, inputs, states, training):
    """What a recurrent layer does at one step.

    Args:
        layer: `keras.layers.RNN` or of a class on it.
        inputs: Tensor (batch, features).
        states: Flat list of tensors (batch, width).
        training: Boolean; where it is true, `one_mask` has to be around.

    Returns:
        `(output, states)`: tensor (batch, units) and states as they came, in the layer's compute dtype.
    """
    options = {"training": training} if isinstance(layer.cell, keras.layers.Layer) else {}
    output, new_states = layer.cell(inputs, packed_states(layer, states), **options)
    cast = [ops.cast(tensor, layer.compute_dtype) for tensor in (output, *tree.flatten(new_states))]
    return cast[0], cast[1:]


def state_sizes(layer):
    """Widths of all states of a recurrent layer, those of `Bidirectional` forward then backward."""
    return [size for one in directions(layer) for size in tree.flatten(one.state_size)]


def packed_states(layer, states):
    """A flat list of states, one for each of `state_sizes`, as the layer and its cell take them."""
    structure = [entry for one in directions(layer) for entry in one.state_size]
    return tree.pack_sequence_as(structure, list(states))


def directions(layer):
    """The layers over time that a recurrent layer is: itself, or the two of `Bidirectional`."""
    bidirectional = isinstance(layer, keras.layers.Bidirectional)
    return (layer.forward_layer, layer.backward_layer) if bidirectional else (layer,)


def cells_of(layer):
    """The cells of one layer over time, those that are stacked one by one."""
    return layer.cell.cells if isinstance(layer.cell, keras.layers.StackedRNNCells) else [layer.cell]


def draw_masks(layer, training):
    """Says to the cells of a layer over time whether they draw masks of dropout."""
    for cell in cells_of(layer):
        if isinstance(cell, SequenceDropout):
            cell.draws_masks = bool(training)


@contextlib.contextmanager
def one_mask(layers, first_step, training):
    """Within it, layers taken step by step drop the same entries at every step, as they do over a whole sequence.

    Args:
        layers: Layers over time.
        first_step: Function without arguments that takes a step in training, by which the masks are drawn, outside of
            any loop. What it returns is of no matter.
        training: Boolean, whether dropout applies; if not, nothing happens.
    """
    cells = [cell for layer in layers for cell in cells_of(layer) if isinstance(cell, KerasMixin)]
    if not training or not any(cell.dropout or cell.recurrent_dropout for cell in cells):
        yield
        return
    for layer in layers:
        draw_masks(layer, training)
    try:
        first_step()
        yield
    finally:
        for cell in cells:
            cell.reset_dropout_mask()
            cell.reset_recurrent_dropout_mask()
