"""From token ids to a vector for each token: what every model of the kit begins with."""

from collections.abc import Sequence

import keras
import numpy as np

from rnnkit.cells.precision import at_least_float32
from rnnkit.config.schema import Model
from rnnkit.layers import RNNStack, WordDropout
from rnnkit.models.cells import ConfigErrors, recurrent, resolve_cell


def embed(config: Model, ids, vocabulary_size: int, counts: Sequence[int] | None = None):
    """Word dropout and embedding of ids, of which 0 is padding.

    Args:
        config: of the model.
        ids: (B, T) int.
        vocabulary_size: number of ids.
        counts: how often each id was seen in training, for `rare_word_dropout`; None: never.

    Returns:
        vectors: (B, T, embedding_size).
        mask: (B, T) bool, False where padding is. It is handed on by hand: masks that Keras carries along are computed
            again by every layer, for every feature where vectors are concatenated.
    """
    mask = keras.ops.not_equal(ids, 0)
    ids = drop_words(config, ids, vocabulary_size, counts)
    return keras.layers.Embedding(vocabulary_size, config.embedding_size, name="embedding")(ids), mask


def drop_words(config: Model, ids, vocabulary_size: int, counts: Sequence[int] | None = None):
    """Ids (B, T), some of them unknown in training, as `config` says; arguments as for `embed`."""
    layer = word_dropout(config, vocabulary_size, counts)
    return ids if layer is None else layer(ids)


def word_dropout(config: Model, vocabulary_size: int, counts: Sequence[int] | None = None) -> WordDropout | None:
    """The layer `word_dropout` as `config` says, or None; arguments as for `embed`."""
    if config.word_dropout:
        return WordDropout(config.word_dropout, name="word_dropout")
    if not config.rare_word_dropout:
        return None
    layer = WordDropout(vocabulary_size=vocabulary_size, name="word_dropout")
    seen = np.zeros(vocabulary_size) if counts is None else np.asarray(counts)
    layer.chances.assign(config.rare_word_dropout / (config.rare_word_dropout + seen))
    return layer


def run_over_time(config: Model, vectors, mask, cell: type | None = None):
    """Dropout and the recurrent layers `recurrent_1` … `recurrent_N`, in a stack named `recurrent`.

    Args:
        config: of the model.
        vectors: (B, T, F).
        mask: (B, T) bool, False where padding is.
        cell: class of the cell; None: what `config.cell` names.

    Returns:
        (B, T, units), or (B, T, 2 · units) in two directions.

    Raises:
        ConfigError: the cell cannot be imported or built as configured, or breaks the contract of a cell.
    """
    cell = cell or resolve_cell(config.cell)
    vectors = drop_entries(config, vectors)
    layers = layers_of(config, cell)
    with ConfigErrors(f"model.cell: {cell.__name__} cannot be used", kinds=(Exception,)):
        return stacked(config, layers)(vectors, mask=mask)


def run_from_states(config: Model, vectors, cell: type | None = None):
    """As `run_over_time`, in one direction and without padding, from states that are inputs of the model.

    Args:
        config: of the model, not bidirectional.
        vectors: (B, T, F).
        cell: class of the cell; None: what `config.cell` names.

    Returns:
        vectors: (B, T, units).
        given: the states before, keras.Input (B, width) by name: `state_1_1`, `state_1_2` of the first layer, ….
        kept: the states after, under the same names. Both are float32 in half precision.
    """
    cell = cell or resolve_cell(config.cell)
    vectors = drop_entries(config, vectors)
    layers = layers_of(config, cell, return_state=True)
    dtype = at_least_float32(keras.config.dtype_policy().compute_dtype)
    states = [
        keras.Input((width,), dtype=dtype, name=f"state_{number}_{place}")
        for number, layer in enumerate(layers, 1)
        for place, width in enumerate(layer.state_size, 1)
    ]
    with ConfigErrors(f"model.cell: {cell.__name__} cannot be used", kinds=(Exception,)):
        vectors, *after = stacked(config, layers)(vectors, initial_state=states)
    ended = [keras.ops.cast(state, dtype) for state in after]
    return vectors, {state.name: state for state in states}, {state.name: end for state, end in zip(states, ended)}


def drop_entries(config: Model, vectors):
    """Dropout of the vectors that enter the first layer."""
    if not config.embedding_dropout:
        return vectors
    return keras.layers.Dropout(config.embedding_dropout, name="embedding_dropout")(vectors)


def layers_of(config: Model, cell: type, return_state: bool = False) -> list[keras.layers.Layer]:
    """The recurrent layers `recurrent_1` … `recurrent_N`."""
    return [recurrent(config, cell, f"recurrent_{number}", return_state) for number in range(1, config.layers + 1)]


def stacked(config: Model, layers: list[keras.layers.Layer]) -> RNNStack:
    """Recurrent layers on one another, as `config` says, in a stack named `recurrent`."""
    connection = None if config.connection == "none" else config.connection
    return RNNStack(layers, connection=connection, dropout=config.dropout, name="recurrent")
