"""Many-to-many: after every token of a text, the chances of the next one."""

from collections.abc import Mapping, Sequence

import keras
import tensorflow as tf

from rnnkit.config.schema import LanguageModel
from rnnkit.layers.tying import SharedEmbedding
from rnnkit.models import encoder, losses
from rnnkit.models.heads import head, tied_head
from rnnkit.models.seeding import seeded

TOKENS, LOGITS = "tokens", "logits"


def build(
    config: LanguageModel,
    vocabulary_size: int,
    seed: int,
    cell: type | None = None,
    counts: Sequence[int] | None = None,
) -> keras.Model:
    """Embedding or one-hot vectors, recurrent layers or a window with a tanh layer, a softmax over all tokens.

    Its states are inputs and outputs, so that a text can be read in parts: those after one part are those before the
    next. The recurrent network has the states of its layers, the window model the ids of its last tokens.

    Args:
        config: the section `model`.
        vocabulary_size: number of token ids; 0 is padding, which the window model reads before a text begins.
        seed: decides all weights and all dropout.
        cell: class of the cell, in place of what `config.cell` names.
        counts: how often each token id was seen in training.

    Returns:
        A functional model, {"tokens": (B, T) int32, <state>: (B, width), …} -> {"logits": (B, T, vocabulary_size)
        float32, <state>: (B, width), …}; `initial_states` gives the first ones. Any B, and any T from 1.

    Raises:
        ConfigError: the cell cannot be imported or built as configured.

    Source:
        Mikolov et al. (2010), Recurrent neural network based language model; Bengio et al. (2003), A neural
        probabilistic language model, JMLR 3, equations 1 and 2, without the direct connections unless asked for.
    """
    with seeded(seed):
        tokens = keras.Input((None,), dtype="int32", name=TOKENS)
        if config.kind == "window":
            read, given, kept = _context(config, tokens)
        else:
            read = tokens
        vectors, table = _vectors(config, read, vocabulary_size, counts)
        if config.kind == "window":
            vectors = _hidden(config, vectors)
        else:
            vectors, given, kept = encoder.run_from_states(config, vectors, cell)
        logits = head(config, vectors, vocabulary_size) if table is None else tied_head(config, vectors, table)
        return keras.Model({TOKENS: tokens, **given}, {LOGITS: logits, **kept}, name="language_model")


def initial_states(model: keras.Model, rows) -> dict[str, tf.Tensor]:
    """The states before any text, by name: zeros (rows, width)."""
    states = [tensor for tensor in model.inputs if tensor.name != TOKENS]
    return {state.name: tf.zeros([rows, state.shape[-1]], state.dtype) for state in states}


def read(model: keras.Model, tokens, states: Mapping, training: bool = False) -> tuple[tf.Tensor, dict]:
    """(logits (B, T, vocabulary), states after them) of tokens (B, T) that follow on `states`."""
    outputs = model({TOKENS: tf.convert_to_tensor(tokens), **states}, training=training)
    return outputs[LOGITS], {name: outputs[name] for name in states}


def loss(model: keras.Model, outputs, targets, label_smoothing: float):
    """Cross-entropy in nats of the model's outputs and targets (B, T), -1 for none: (sum, number of targets)."""
    return losses.cross_entropy(outputs[LOGITS], targets, label_smoothing)


def _vectors(config, ids, vocabulary_size, counts):
    """What enters the network for ids (…): vectors (…, features), and the embedding's table where the head is tied."""
    ids = encoder.drop_words(config, ids, vocabulary_size, counts)
    if config.input == "one_hot":
        return keras.ops.one_hot(ids, vocabulary_size, dtype=keras.config.dtype_policy().compute_dtype), None
    if config.tie_weights:
        return SharedEmbedding(vocabulary_size, config.embedding_size, name="embedding")(ids)
    return keras.layers.Embedding(vocabulary_size, config.embedding_size, name="embedding")(ids), None


# === the window model ===


@keras.saving.register_keras_serializable(package="rnnkit")
class ContextWindows(keras.layers.Layer):
    """The last tokens up to each token.

    Args:
        size: how many, itself among them.

    Call arguments:
        tokens: (B, T) int.
        history: (B, size - 1) int, the tokens before them.

    Returns:
        windows: (B, T, size), oldest first.
        history: (B, size - 1), the tokens before what comes next.
    """

    def __init__(self, size, **kwargs):
        super().__init__(**kwargs)
        self.size = size

    def call(self, tokens, history):
        every = tf.concat([history, tokens], axis=1)
        time = tf.shape(tokens)[1]
        windows = tf.stack([every[:, place : place + time] for place in range(self.size)], axis=-1)
        return windows, tf.ensure_shape(every[:, time:], [None, self.size - 1])

    def compute_output_spec(self, tokens, history):
        windows = keras.KerasTensor((*tokens.shape, self.size), dtype=tokens.dtype)
        return windows, keras.KerasTensor(history.shape, dtype=history.dtype)

    def get_config(self):
        return {**super().get_config(), "size": self.size}


def _context(config, tokens):
    history = keras.Input((config.context - 1,), dtype="int32", name="history")
    windows, after = ContextWindows(config.context, name="windows")(tokens, history)
    return windows, {"history": history}, {"history": after}


def _hidden(config, vectors):
    """tanh(d + Hx) of the concatenated vectors x of each window, (B, T, n, F) -> (B, T, units), with x if asked for."""
    vectors = keras.layers.Reshape((-1, vectors.shape[-2] * vectors.shape[-1]), name="context")(vectors)
    vectors = encoder.drop_entries(config, vectors)
    hidden = keras.layers.Dense(config.units, activation="tanh", name="hidden")(vectors)
    if not config.direct_connections:
        return hidden
    return keras.layers.Concatenate(name="with_direct_connections")([hidden, vectors])
