"""How a translator writes: from texts to translations, in operations that export."""

from typing import NamedTuple

import tensorflow as tf

from rnnkit.config.schema import TranslationDecoding
from rnnkit.config.schema.translation import MORE_THAN_RATIO
from rnnkit.data.pairs import PairVectorizer
from rnnkit.data.text import to_dense
from rnnkit.data.units import END_ID, PADDING_ID, UNKNOWN_ID, Unit
from rnnkit.decoding import Decoded
from rnnkit.models.writer import Writer
from rnnkit.tasks import text_out
from rnnkit.tasks.text_out import attended, served, target_tokens


class Sources(NamedTuple):
    """Texts as they are read.

    Attributes:
        ids: (B, S) int32, padded with 0; S at least 1.
        lengths: (B,) int32.
        tokens: (B, S) string, what each id stands for, as it is written.
        cut: (B,) bool, whether there was more text.
    """

    ids: tf.Tensor
    lengths: tf.Tensor
    tokens: tf.Tensor
    cut: tf.Tensor


def read_sources(vectorizer: PairVectorizer, texts: tf.Tensor) -> Sources:
    """Texts (B,) as the encoder reads them."""
    ragged, cut = vectorizer.ragged(texts)
    ids = to_dense(ragged)["source"]
    tokens = vectorizer.source.tokens(texts)[:, : vectorizer.text.source.max_tokens]
    tokens = tokens.to_tensor("", shape=tf.stack([tf.cast(-1, tf.int64), tf.shape(ids, tf.int64)[1]]))
    return Sources(ids, tf.cast(ragged["source"].row_lengths(), tf.int32), tokens, cut)


def write(model: Writer, vectorizer: PairVectorizer, ids: tf.Tensor, config: TranslationDecoding) -> Decoded:
    """Target tokens for sources.

    Args:
        model: the network.
        vectorizer: has the units of both sides.
        ids: (B, S) int32, 0 where padding is.
        config: how to decode.

    Returns:
        Decoded; `extras` are the attention's scores (B, n, T, S), or () where there is none.
    """
    limits = None
    if config.length_ratio is not None:
        lengths = tf.math.count_nonzero(ids, axis=1, dtype=tf.float32)
        limits = tf.cast(tf.math.ceil(config.length_ratio * lengths), tf.int32) + MORE_THAN_RATIO
    return text_out.write(model, ids, config, vectorizer.text.target.max_tokens, limits)


def texts_of(unit: Unit, found: Decoded, source_tokens: tf.Tensor | None = None) -> tf.Tensor:
    """Translations (B, n) as texts.

    Args:
        unit: of the target.
        found: what `write` returned.
        source_tokens: (B, S); where given, the one that was attended to most is written in the place of each `<unk>`.
    """
    if source_tokens is None:
        return unit.decode(found.tokens)
    tokens = target_tokens(unit, found)
    places = tf.argmax(found.extras, axis=-1, output_type=tf.int32)  # (B, n, T)
    meant = tf.gather(source_tokens, places, batch_dims=1)
    tokens = tf.where(found.tokens == UNKNOWN_ID, meant, tokens)
    written = (found.tokens != PADDING_ID) & (found.tokens != END_ID)
    shape = tf.shape(tokens)
    rows = tf.ragged.boolean_mask(*(tf.reshape(each, [shape[0] * shape[1], shape[2]]) for each in (tokens, written)))
    return tf.reshape(unit.join(rows), shape[:2])


def translate(
    model: Writer, vectorizer: PairVectorizer, texts: tf.Tensor, config: TranslationDecoding
) -> dict[str, tf.Tensor]:
    """What is served for texts (B,): see `Translation.signatures`."""
    sources = read_sources(vectorizer, texts)
    found = write(model, vectorizer, sources.ids, config)
    written = texts_of(vectorizer.target, found, sources.tokens if config.replace_unknown else None)
    answer = served("translations", written, found)
    answer |= {"token_count": sources.lengths, "truncated": sources.cut}
    if not model.attends:
        return answer
    return answer | {"source_tokens": sources.tokens} | attended(vectorizer.target, found)
