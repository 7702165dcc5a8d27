"""Many-to-many, of other lengths: a text in, its translation out."""

from collections.abc import Sequence

import keras

from rnnkit.config.schema import TranslationModel
from rnnkit.layers import RNNStack, Seq2Seq
from rnnkit.layers.tying import SharedEmbedding
from rnnkit.models import encoder, writer
from rnnkit.models.cells import recurrent
from rnnkit.models.writer import Writer

SOURCE = "source"


def build(
    config: TranslationModel,
    source_size: int,
    target_size: int,
    seed: int,
    shared: bool = False,
    cell: type | None = None,
    counts: Sequence[int] | None = None,
) -> Writer:
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
    sizes = source_size, target_size
    return writer.build(lambda cell: Network(config, *sizes, shared, cell, counts), config, seed, cell, "translator")


class Network(writer.Network):
    """The layers of a translator, and what they do with token ids; arguments as for `build`."""

    def __init__(self, config, source_size, target_size, shared, cell, counts):
        self.word_dropout = encoder.word_dropout(config, source_size, counts)
        embedding = keras.layers.Embedding if not shared else SharedEmbedding
        self.embedding = embedding(source_size, config.embedding_size, name="embedding")
        self.dropout = keras.layers.Dropout(config.embedding_dropout, name="embedding_dropout")
        self.seq2seq = Seq2Seq(_encoder(config, cell), writer.decoder_of(config, cell), name="seq2seq")
        super().__init__(config, target_size, self.seq2seq.decoder, self.embedding if shared else None)

    def given(self):
        return keras.Input((None,), dtype="int32", name=SOURCE)

    def read(self, given, training=None):
        """Vectors (B, S, F) of ids (B, S), in training some of them unknown, and which are no padding, (B, S)."""
        dropped = given if self.word_dropout is None else self.word_dropout(given, training=training)
        vectors = self.embedding(dropped)
        vectors = vectors[0] if self.embedding is self.target_embedding else vectors
        return {"source": self.dropout(vectors, training=training), "source_mask": keras.ops.not_equal(given, 0)}

    def decoded(self, given, vectors, training=None, **sampling):
        return self.seq2seq(target=vectors, **self.read(given, training), training=training, **sampling)

    def begin(self, given):
        return self.seq2seq.encode(**self.read(given, training=False))


def _encoder(config: TranslationModel, cell: type) -> RNNStack:
    layers = [recurrent(config, cell, f"encoder_{number}") for number in range(1, config.layers + 1)]
    return RNNStack(layers, connection=writer.connection(config), dropout=config.dropout, name="encoder")
