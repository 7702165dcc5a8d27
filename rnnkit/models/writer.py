"""Models that write a text about something: their decoder, head and steps, whatever it is that they read."""

import abc
from collections.abc import Callable

import keras
import tensorflow as tf

from rnnkit.cells.precision import at_least_float32
from rnnkit.config.schema import AttendingModel, WriterModel
from rnnkit.layers import AdditiveAttention, Decoder, MultiplicativeAttention
from rnnkit.layers.tying import SharedEmbedding, TiedHead
from rnnkit.models import losses
from rnnkit.models.cells import ConfigErrors, recurrent, resolve_cell
from rnnkit.models.sampling import CoverageLoss, SamplingSchedule
from rnnkit.models.seeding import seeded

TARGET = "target_in"


def build(network: Callable, config: WriterModel, seed: int, cell: type | None, name: str) -> "Writer":
    """A model of the network that `network(cell)` makes.

    Args:
        network: from the class of the cell to a `Network`.
        config: the section `model`.
        seed: decides all weights and all dropout.
        cell: class of the cell, in place of what `config.cell` names.
        name: of the model.

    Raises:
        ConfigError: the cell cannot be imported or built as configured.
    """
    with seeded(seed):
        cell = cell or resolve_cell(config.cell)
        with ConfigErrors(f"model.cell: {cell.__name__} cannot be used", kinds=(Exception,)):
            return Writer(network(cell), name)


def loss(model: keras.Model, outputs, targets, label_smoothing: float):
    """Cross-entropy in nats of logits (B, T, tokens) and targets (B, T), -1 for none: (sum, number of targets)."""
    return losses.cross_entropy(outputs, targets, label_smoothing)


class Network(abc.ABC):
    """The layers that write, and what they do with token ids. A subclass says what is written about: `given` and
    `read`, and `decoder` where that is within another layer.

    Args:
        config: the section `model`.
        tokens: number of token ids that can be written; 0 is padding.
        decoder: the recurrent layers that write, as `decoder_of` makes them.
        embedding: of the target, where something else has the same; else it gets its own, `target_embedding`.
        word_dropout: layer that the ids (B, T) go through that are read of the target, all but the first.
    """

    def __init__(
        self,
        config: WriterModel,
        tokens: int,
        decoder: Decoder,
        embedding: SharedEmbedding | None = None,
        word_dropout: keras.layers.Layer | None = None,
    ):
        width = config.written_size
        sampling = config.scheduled_sampling
        self.schedule = sampling and SamplingSchedule(**sampling.model_dump(), name="scheduled_sampling")
        self.target_embedding = embedding or SharedEmbedding(tokens, width, name="target_embedding")
        self.target_word_dropout = word_dropout
        self.target_dropout = keras.layers.Dropout(config.embedding_dropout, name="target_embedding_dropout")
        self.decoder = decoder
        weight = config.attention.coverage_loss if self.attends else 0.0
        self.coverage = CoverageLoss(weight, name="coverage_loss") if weight else None
        self.head_dropout = keras.layers.Dropout(config.dropout, name="head_dropout")
        self.projection = None
        if config.tie_weights and decoder.output_size != width:
            self.projection = keras.layers.Dense(width, use_bias=False, name="projection")
        dtype = at_least_float32(keras.config.dtype_policy().compute_dtype)
        self.head = (
            TiedHead(dtype=dtype, name="head")
            if config.tie_weights
            else keras.layers.Dense(tokens, dtype=dtype, name="head")
        )

    # === What is written about ===

    @abc.abstractmethod
    def given(self) -> keras.KerasTensor:
        """A new `keras.Input`, named, of what is written about: (B, ...)."""

    @abc.abstractmethod
    def read(self, given, training=None) -> dict:
        """What the decoder reads of it, by the names of its arguments: context, memory, memory_mask."""

    def decoded(self, given, vectors, training=None, **sampling):
        """What the decoder puts out over a whole target: (B, T, U), with attention also its scores (B, T, S).

        Args:
            given: (B, ...), what is written about.
            vectors: (B, T, F), what the decoder's steps read.
            training: as for layers.
            sampling: `feed` and `chances` of `Decoder`.
        """
        return self.decoder(vectors, **self.read(given, training), training=training, **sampling)

    def begin(self, given):
        """The state before the first step: a nest of tensors whose first axis is B."""
        return self.decoder.begin(**self.read(given, training=False))

    # === What is written ===

    @property
    def attends(self) -> bool:
        return self.decoder.attention is not None

    def scheduled(self, ids):
        """Ids (B, T) of the target as they are; so the schedule becomes a layer of the functional model."""
        return ids if self.schedule is None else self.schedule(ids)

    def dropped(self, ids, training=None):
        """Ids (B, T) of the target, in training some of them unknown; never the first, with which a text begins."""
        if self.target_word_dropout is None:
            return ids
        return keras.ops.concatenate([ids[:, :1], self.target_word_dropout(ids[:, 1:], training=training)], axis=1)

    def target_vectors(self, ids, training=None):
        """Ids (B, T) or (B,) to vectors (..., F), and the embedding's table."""
        vectors, table = self.target_embedding(ids)
        return self.target_dropout(vectors, training=training), table

    def logits(self, given, target, training=None, **sampling):
        """Logits (B, T, tokens).

        Args:
            given: (B, ...), what is written about.
            target: (B, T) ids that the decoder reads.
            training, sampling: as in `decoded`.
        """
        vectors, table = self.target_vectors(self.dropped(target, training), training)
        outputs = self.decoded(given, vectors, training, **sampling)
        if self.attends:
            outputs, scores = outputs
            if self.coverage is not None:
                outputs = self.coverage(outputs, scores, keras.ops.not_equal(target, 0), training=training)
        return self.scored(outputs, table, training)

    def step(self, tokens, state):
        """One step of the decoder, see `Writer.step`."""
        vectors, table = self.target_vectors(tokens, training=False)
        outputs, state, scores = self.decoder.step(vectors, state)
        return self.scored(outputs, table, training=False), state, scores

    def scored(self, outputs, table, training=None):
        """What the decoder put out (..., U), and the target embedding's table, to logits (..., tokens)."""
        outputs = self.head_dropout(outputs, training=training)
        outputs = outputs if self.projection is None else self.projection(outputs)
        return self.head(outputs, table) if isinstance(self.head, TiedHead) else self.head(outputs)

    def likeliest(self, outputs):
        """Vectors (B, F) of the likeliest tokens after what the decoder put out, (B, U)."""
        table = tf.convert_to_tensor(self.target_embedding.embeddings)
        logits = self.scored(outputs, table, training=False)
        return self.target_embedding(tf.argmax(logits, axis=-1, output_type=tf.int32))[0]


class Writer(keras.Model):
    """A network as a functional model that can also be asked step by step, and trained with scheduled sampling.

    {<given>: (B, ...), "target_in": (B, T) int32} -> logits (B, T, tokens) float32, those at t of the token that
    follows target_in up to t. Any B, and any T from 1.

    Args:
        network: its layers.
        name: of the model.
    """

    def __init__(self, network: Network, name: str):
        given, target = network.given(), keras.Input((None,), dtype="int32", name=TARGET)
        logits = network.logits(given, network.scheduled(target))
        super().__init__({given.name: given, TARGET: target}, logits, name=name)
        self.network, self.given = network, given.name

    @property
    def attends(self) -> bool:
        """Whether steps give scores of attention."""
        return self.network.attends

    def call(self, inputs, training=None, mask=None):
        network = self.network
        if not training or network.schedule is None:
            return super().call(inputs, training=training)
        sampling = {"feed": network.likeliest, "chances": network.schedule.next_chance()}
        return network.logits(inputs[self.given], inputs[TARGET], training=True, **sampling)

    def begin(self, given):
        """The state before the first step, of what is written about: a nest of tensors whose first axis is B."""
        return self.network.begin(given)

    def step(self, tokens, state):
        """One step, as `rnnkit.decoding` takes it.

        Args:
            tokens: (B,) int32, the last token of every text; `<s>` at first.
            state: what `begin` or the step before returned.

        Returns:
            logits (B, tokens) float32, the state, and the attention's scores (B, S), () where there is none.
        """
        return self.network.step(tokens, state)


def decoder_of(config: WriterModel, cell: type) -> Decoder:
    """The recurrent layers `decoder_1` … that write, with their attention, in a layer named `decoder`."""
    layers = config.decoder
    attends = config.context == "attention"
    return Decoder(
        [recurrent(layers, cell, f"decoder_{number}") for number in range(1, layers.layers + 1)],
        context=config.context,
        attention=_attention(config) if attends else None,
        attend_after=config.attention.after_layer if attends else None,
        input_feeding=attends and config.attention.input_feeding,
        return_scores=attends,
        connection=connection(config),
        dropout=config.dropout,
        name="decoder",
    )


def connection(config: WriterModel) -> str | None:
    """How stacked layers are connected, as `RNNStack` has it."""
    return None if config.connection == "none" else config.connection


def _attention(config: AttendingModel):
    kind, coverage = config.attention.kind, config.attention.coverage
    if kind == "additive":
        return AdditiveAttention(coverage=coverage, name="attention")
    return MultiplicativeAttention(kind, coverage=coverage, name="attention")
