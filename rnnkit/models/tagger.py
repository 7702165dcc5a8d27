"""Many-to-many: a tag for every word of a sentence."""

from collections.abc import Sequence

import keras
import tensorflow as tf

from rnnkit.config.schema import TaggerModel
from rnnkit.layers import CRF, CharacterEncoder, TagChain
from rnnkit.models import encoder, losses
from rnnkit.models.cells import ConfigErrors
from rnnkit.models.heads import head
from rnnkit.models.seeding import seeded


def build(
    config: TaggerModel,
    vocabulary_size: int,
    character_vocabulary_size: int,
    tags: Sequence[str],
    seed: int,
    cell: type | None = None,
    counts: Sequence[int] | None = None,
) -> keras.Model:
    """Embeddings of words, with vectors from their characters, recurrent layers, a linear head, a CRF if asked for.

    Args:
        config: the section `model`.
        vocabulary_size: number of word ids; 0 is padding, 1 the unknown word.
        character_vocabulary_size: number of character ids; 0 is padding.
        tags: names of the tags, in the order of their ids.
        seed: decides all weights and all dropout.
        cell: class of the cell, in place of what `config.cell` names.
        counts: how often each word id was seen in training.

    Returns:
        A functional model, {"words": (B, T) int32, "characters": (B, T, C) int32} -> potentials (B, T, tags) float32.
        Any B, and any T and C from 1. Without `config.characters` the model
        takes the characters and does not read them.

    Raises:
        ConfigError: the cell cannot be imported or built as configured, or a tag is not of the scheme.
    """
    with seeded(seed):
        words = keras.Input((None,), dtype="int32", name="words")
        characters = keras.Input((None, None), dtype="int32", name="characters")
        vectors, mask = encoder.embed(config, words, vocabulary_size, counts)
        if config.characters is not None:
            spelled = _characters(config, character_vocabulary_size)(characters)
            vectors = keras.layers.Concatenate(name="word_vectors")([vectors, spelled])
        vectors = encoder.run_over_time(config, vectors, mask, cell)
        potentials = head(config, vectors, len(tags))
        if config.crf:
            potentials = _chain_of(CRF, config, tags, "crf")(potentials)
        elif config.tag_scheme != "none":
            potentials = _chain_of(TagChain, config, tags, "tag_scheme")(potentials)
        return keras.Model({"words": words, "characters": characters}, potentials, name="tagger")


def loss(model: keras.Model, outputs, targets, label_smoothing: float):
    """Cross-entropy of every tag, or a CRF's negative log-likelihood of every sentence; padding counts in neither.

    Args:
        model: the tagger.
        outputs: (B, T, tags) potentials.
        targets: (B, T) int, -1 where there is no tag.
        label_smoothing: in [0, 1), 0 with a CRF.

    Returns:
        total: (), summed.
        weight: (), number of tags.

    Raises:
        ValueError: label smoothing together with a CRF.
    """
    chain = _chain(model)
    if not isinstance(chain, CRF):
        return losses.cross_entropy(outputs, targets, label_smoothing)
    if label_smoothing:
        raise ValueError(f"label_smoothing: has to be 0 with a CRF, got {label_smoothing}")
    mask = targets >= 0
    return -tf.reduce_sum(chain.log_likelihood(outputs, targets, mask)), tf.reduce_sum(tf.cast(mask, outputs.dtype))


def decode(model: keras.Model, outputs, words):
    """The tags of every sentence and how sure of each the model is.

    With a CRF or a tag scheme the best sequence as a whole (Viterbi), and each tag's marginal probability; otherwise
    each word's most probable tag and its probability.

    Args:
        model: the tagger.
        outputs: (B, T, tags) potentials.
        words: (B, T) int, 0 where there is no word.

    Returns:
        tags: (B, T) int32, 0 where there is no word.
        confidences: (B, T) float, 0 where there is no word.
    """
    chain, mask = _chain(model), words != 0
    if chain is None:
        tags, probabilities = tf.argmax(outputs, axis=-1, output_type=tf.int32), tf.nn.softmax(outputs)
    else:
        (tags, _), probabilities = chain.decode(outputs, mask), chain.marginals(outputs, mask)
    confidences = tf.gather(probabilities, tags, batch_dims=2)
    return tf.where(mask, tags, 0), tf.where(mask, confidences, tf.zeros([], confidences.dtype))


def _characters(config: TaggerModel, vocabulary_size: int) -> CharacterEncoder:
    section = config.characters
    return CharacterEncoder(
        vocabulary_size,
        section.embedding_size,
        section.units,
        encoder=section.encoder,
        widths=section.widths,
        dropout=section.dropout,
        name="character_encoder",
    )


def _chain_of(layer: type[TagChain], config: TaggerModel, tags: Sequence[str], name: str) -> TagChain:
    with ConfigErrors("model.tag_scheme"):
        return layer(tags, config.tag_scheme, name=name)


def _chain(model: keras.Model) -> TagChain | None:
    """The layer that scores tag sequences, if the model has one."""
    return next((layer for layer in model.layers if isinstance(layer, TagChain)), None)
