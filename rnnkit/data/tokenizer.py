"""Raw text to tokens with character offsets, in TensorFlow operations only: the same in training and in an export."""

from typing import NamedTuple

import tensorflow as tf

from rnnkit.errors import ConfigError

_SEPARATOR = "\x1f"
_PROBES = ("", "a", " a b, 1.")


class Tokens(NamedTuple):
    """Tokens of a batch of texts.

    Attributes:
        tokens: Ragged `(batch, None)` string, as written in the text.
        starts: Ragged `(batch, None)` int32, offset of a token's first character.
        ends: Ragged `(batch, None)` int32, offset after its last character.
        truncated: `(batch,)` bool, whether the text had more than `max_tokens` tokens.
    """

    tokens: tf.RaggedTensor
    starts: tf.RaggedTensor
    ends: tf.RaggedTensor
    truncated: tf.Tensor


class Tokenizer:
    """Splits texts into words (what matches a pattern) or characters (every one, spaces too).

    Offsets count Unicode characters, not bytes. Bytes that are not UTF-8 are read as U+FFFD, one character.

    Args:
        unit: `"word"` or `"char"`.
        pattern: RE2 regular expression of a word; ignored for characters.
        max_tokens: Tokens kept of each text.

    Raises:
        ConfigError: If `pattern` is no RE2 expression, or matches where there is no character.
    """

    def __init__(self, unit: str, pattern: str, max_tokens: int):
        self.unit = unit
        self.pattern = pattern
        self.max_tokens = max_tokens
        if unit == "word":
            self._check_pattern()

    def __call__(self, texts: tf.Tensor) -> Tokens:
        """Splits `texts`, `(batch,)` string."""
        texts = valid_utf8(texts)
        tokens, starts, ends = self._words(texts) if self.unit == "word" else self._characters(texts)
        truncated = tokens.row_lengths() > self.max_tokens
        cut = [part[:, : self.max_tokens] for part in (tokens, starts, ends)]
        return Tokens(*cut, truncated)

    def _words(self, texts):
        texts = tf.strings.regex_replace(texts, _SEPARATOR, " ")  # one character for one: offsets stay right
        marked = tf.strings.regex_replace(texts, f"({self.pattern})", rf"{_SEPARATOR}\1{_SEPARATOR}")
        pieces = tf.strings.split(marked, _SEPARATOR)  # gap, token, gap, token, …, gap
        lengths = pieces.with_values(tf.strings.length(pieces.values, unit="UTF8_CHAR"))
        starts, ends = _offsets(lengths)
        return tuple(part[:, 1::2] for part in (pieces, starts, ends))

    def _characters(self, texts):
        characters = tf.strings.unicode_split(texts, "UTF-8")
        starts, ends = _offsets(tf.ones_like(characters, tf.int32))
        return characters, starts, ends

    def _check_pattern(self):
        try:
            found = [self._words(tf.constant([probe]))[0].values for probe in _PROBES]
        except tf.errors.InvalidArgumentError as error:
            reason = error.message.split("error: ")[-1].split(" [Op:")[0]
            raise ConfigError(
                f"text.pattern: {self.pattern!r} is not a regular expression that RE2 reads: {reason}; "
                "see github.com/google/re2/wiki/Syntax (no look-around, no back references)"
            ) from None
        if any(token == b"" for tokens in found for token in tokens.numpy()):
            raise ConfigError(
                f"text.pattern: {self.pattern!r} matches where there is no character; "
                "it must match at least one, such as \\S+"
            )


def valid_utf8(strings: tf.Tensor) -> tf.Tensor:
    """The strings, with U+FFFD for bytes that are not UTF-8."""
    return tf.strings.unicode_transcode(strings, "UTF-8", "UTF-8", errors="replace")


def _offsets(lengths: tf.RaggedTensor) -> tuple[tf.RaggedTensor, tf.RaggedTensor]:
    """Where pieces of these lengths start and end, counted from the beginning of their row."""
    flat = tf.cast(lengths.values, tf.int64)
    before = tf.cumsum(flat, exclusive=True)
    all_before = tf.concat([before, [tf.reduce_sum(flat)]], axis=0)  # a row may begin after the last piece
    row_begins = tf.gather(tf.gather(all_before, lengths.row_starts()), lengths.value_rowids())
    starts = tf.cast(before - row_begins, tf.int32)
    return lengths.with_values(starts), lengths.with_values(starts + tf.cast(flat, tf.int32))
