"""Many-to-many, of other lengths: a text in, its translation out."""

from collections.abc import Sequence

import keras
import tensorflow as tf

from rnnkit.cells.precision import at_least_float32
from rnnkit.config.schema import TranslationModel
from rnnkit.layers import AdditiveAttention, Decoder, MultiplicativeAttention, RNNStack, Seq2Seq
from rnnkit.layers.tying import SharedEmbedding, TiedHead
from rnnkit.models import encoder, losses
from rnnkit.models.cells import ConfigErrors, recurrent, resolve_cell
from rnnkit.models.sampling import CoverageLoss, SamplingSchedule
from rnnkit.models.seeding import seeded

SOURCE, TARGET = "source", "target_in"


def build(
    config: TranslationModel,
    source_size: int,
    target_size: int,
    seed: int,
    shared: bool = False,
    cell: type | None = None,
    counts: Sequence[int] | None = None,
) -> "Translator":
    """Embeddings, an encoder, a decoder that reads what the encoder made of the source, a softmax over target tokens.

    `word_dropout` and `rare_word_dropout` are of the source, `embedding_dropout` of both sides, `dropout` between
    layers and before the head.

    Args:
        config: the section `model`.
        source_size, target_size: number of token ids of each side; 0 is padding.
        seed: decides all weights and all dropout.
        shared: whether both sides have the same tokens, and then one embedding.
        cell: class of the cell, in place of what `config.cell` names.
        counts: how often each token id of the source was seen in training.

    Returns:
        A functional model, {"source": (B, S) int32, "target_in": (B, T) int32} -> logits (B, T, target_size) float32,
        those at t of the token that follows target_in up to t. Any B, and any S and T from 1.

    Raises:
        ConfigError: the cell cannot be imported or built as configured.
    """
    with seeded(seed):
        cell = cell or resolve_cell(config.cell)
        with ConfigErrors(f"model.cell: {cell.__name__} cannot be used", kinds=(Exception,)):
            return Translator(Network(config, source_size, target_size, shared, cell, counts))


def loss(model: keras.Model, outputs, targets, label_smoothing: float):
    """Cross-entropy in nats of logits (B, T, tokens) and targets (B, T), -1 for none: (sum, number of targets)."""
    return losses.cross_entropy(outputs, targets, label_smoothing)


class Network:
    """The layers of a translator, and what they do with token ids; arguments as for `build`."""

    def __init__(self, config, source_size, target_size, shared, cell, counts):
        self.word_dropout = encoder.word_dropout(config, source_size, counts)
        sampling = config.scheduled_sampling
        self.schedule = sampling and SamplingSchedule(**sampling.model_dump(), name="scheduled_sampling")
        width = config.target_embedding_size or config.embedding_size
        if shared:
            self.embedding = self.target_embedding = SharedEmbedding(source_size, width, name="embedding")
        else:
            self.embedding = keras.layers.Embedding(source_size, config.embedding_size, name="embedding")
            self.target_embedding = SharedEmbedding(target_size, width, name="target_embedding")
        self.dropout = keras.layers.Dropout(config.embedding_dropout, name="embedding_dropout")
        self.target_dropout = keras.layers.Dropout(config.embedding_dropout, name="target_embedding_dropout")
        self.seq2seq = Seq2Seq(_encoder(config, cell), _decoder(config, cell), name="seq2seq")
        weight = config.attention.coverage_loss
        self.coverage = CoverageLoss(weight, name="coverage_loss") if weight else None
        self.head_dropout = keras.layers.Dropout(config.dropout, name="head_dropout")
        self.projection = None
        if config.tie_weights and self.seq2seq.decoder.output_size != width:
            self.projection = keras.layers.Dense(width, use_bias=False, name="projection")
        dtype = at_least_float32(keras.config.dtype_policy().compute_dtype)
        self.head = (
            TiedHead(dtype=dtype, name="head")
            if config.tie_weights
            else keras.layers.Dense(target_size, dtype=dtype, name="head")
        )

    @property
    def attends(self) -> bool:
        return self.seq2seq.decoder.attention is not None

    def dropped(self, ids, training=None):
        """Ids (B, S) of the source, in training some of them unknown."""
        return ids if self.word_dropout is None else self.word_dropout(ids, training=training)

    def scheduled(self, ids):
        """Ids (B, T) of the target as they are; so the schedule becomes a layer of the functional model."""
        return ids if self.schedule is None else self.schedule(ids)

    def source_vectors(self, ids, training=None):
        """Ids (B, S) to vectors (B, S, F)."""
        vectors = self.embedding(ids)
        vectors = vectors[0] if self.embedding is self.target_embedding else vectors
        return self.dropout(vectors, training=training)

    def target_vectors(self, ids, training=None):
        """Ids (B, T) to vectors (B, T, F), and the embedding's table."""
        vectors, table = self.target_embedding(ids)
        return self.target_dropout(vectors, training=training), table

    def logits(self, source, dropped, target, training=None, **sampling):
        """Logits (B, T, tokens).

        Args:
            source: (B, S) ids, 0 where padding is.
            dropped: the same, some of them unknown.
            target: (B, T) ids that the decoder reads.
            training: as for layers.
            sampling: `feed` and `chances` of `Seq2Seq`.
        """
        vectors, table = self.target_vectors(target, training)
        mask = keras.ops.not_equal(source, 0)
        outputs = self.seq2seq(
            self.source_vectors(dropped, training), vectors, source_mask=mask, training=training, **sampling
        )
        if self.attends:
            outputs, scores = outputs
            if self.coverage is not None:
                outputs = self.coverage(outputs, scores, keras.ops.not_equal(target, 0), training=training)
        return self.scored(outputs, table, training)

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


class Translator(keras.Model):
    """A network as a functional model that can also be asked step by step, and trained with scheduled sampling.

    Args:
        network: its layers.
    """

    def __init__(self, network: Network):
        source, target = (keras.Input((None,), dtype="int32", name=name) for name in (SOURCE, TARGET))
        logits = network.logits(source, network.dropped(source), network.scheduled(target))
        super().__init__({SOURCE: source, TARGET: target}, logits, name="translator")
        self.network = network

    @property
    def attends(self) -> bool:
        """Whether steps give scores of attention."""
        return self.network.attends

    def call(self, inputs, training=None, mask=None):
        network = self.network
        if not training or network.schedule is None:
            return super().call(inputs, training=training)
        source, target = inputs[SOURCE], inputs[TARGET]
        sampling = {"feed": network.likeliest, "chances": network.schedule.next_chance()}
        return network.logits(source, network.dropped(source, training=True), target, training=True, **sampling)

    def begin(self, source):
        """The state before the first step, for source ids (B, S): a nest of tensors whose first axis is B."""
        network = self.network
        return network.seq2seq.encode(network.source_vectors(source, training=False), source != 0)

    def step(self, tokens, state):
        """One step, as `rnnkit.decoding` takes it.

        Args:
            tokens: (B,) int32, the last token of every text; `<s>` at first.
            state: what `begin` or the step before returned.

        Returns:
            logits (B, target tokens) float32, the state, and the attention's scores (B, S), () where there is none.
        """
        network = self.network
        vectors, table = network.target_vectors(tokens, training=False)
        outputs, state, scores = network.seq2seq.step(vectors, state)
        return network.scored(outputs, table, training=False), state, scores


def _encoder(config: TranslationModel, cell: type) -> RNNStack:
    layers = [recurrent(config, cell, f"encoder_{number}") for number in range(1, config.layers + 1)]
    return RNNStack(layers, connection=_connection(config), dropout=config.dropout, name="encoder")


def _decoder(config: TranslationModel, cell: type) -> Decoder:
    changed = {"bidirectional": False, "units": config.decoder_units or config.units}
    one_way = config.model_copy(update=changed)
    count = config.decoder_layers or config.layers
    return Decoder(
        [recurrent(one_way, cell, f"decoder_{number}") for number in range(1, count + 1)],
        context=config.context,
        attention=_attention(config),
        input_feeding=config.context == "attention" and config.attention.input_feeding,
        return_scores=config.context == "attention",
        connection=_connection(config),
        dropout=config.dropout,
        name="decoder",
    )


def _attention(config: TranslationModel):
    if config.context != "attention":
        return None
    kind, coverage = config.attention.kind, config.attention.coverage
    if kind == "additive":
        return AdditiveAttention(coverage=coverage, name="attention")
    return MultiplicativeAttention(kind, coverage=coverage, name="attention")


def _connection(config: TranslationModel) -> str | None:
    return None if config.connection == "none" else config.connection
