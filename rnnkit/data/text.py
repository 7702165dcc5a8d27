"""Vectorizers: texts or tokens to the ids that a model reads, in TensorFlow operations that export with it."""

from collections.abc import Mapping

import tensorflow as tf

from rnnkit.config.schema import ClassifierText, TaggerText
from rnnkit.data.tokenizer import Tokenizer, valid_utf8
from rnnkit.data.vectorizer import Vectorizer
from rnnkit.data.vocabulary import Vocabulary


class TextVectorizer(Vectorizer):
    """Texts to token ids.

    Args:
        text: How a text becomes tokens.
        vocabulary: Ids of the tokens.
    """

    sides = ("tokens",)

    def __init__(self, text: ClassifierText, vocabulary: Vocabulary):
        super().__init__()
        self.text = text
        self.vocabulary = vocabulary
        self.tokenizer = Tokenizer(text.unit, text.pattern, text.max_tokens)

    def __call__(self, texts: tf.Tensor) -> dict[str, tf.Tensor]:
        """Texts `(batch,)` string to `{"tokens": (batch, time) int32}`, padded with 0; time is at least 1."""
        return to_dense(self.ragged(texts)[0])

    def ragged(self, texts: tf.Tensor) -> tuple[dict[str, tf.RaggedTensor], tf.Tensor]:
        """The same without padding, `{"tokens": (batch, None) int32}`, and which texts were cut, `(batch,)` bool."""
        found = self.tokenizer(texts)
        return self.look_up(found.tokens), found.truncated

    def examples(self, batch, training):
        """As `Vectorizer.examples`, of `"text"` and `"label"` strings `(batch,)`; the targets are the labels."""
        inputs, cut = self.ragged(batch["text"])
        return inputs, batch["label"], cut

    @property
    def limits(self) -> str:
        return _limits(self.text)

    def look_up(self, tokens: tf.RaggedTensor) -> dict[str, tf.RaggedTensor]:
        """Ids of tokens that are cut out already, ragged `(batch, None)` string: `{"tokens": (batch, None) int32}`."""
        return {"tokens": self.vocabulary.lookup(cased(tokens, self.text.lowercase))}

    def state(self) -> dict:
        """What `from_state` needs besides the configuration, JSON-able."""
        return {"vocabulary": self.vocabulary.state()}

    @classmethod
    def from_state(cls, text: ClassifierText, state: Mapping) -> "TextVectorizer":
        return cls(text, Vocabulary.from_state(state["vocabulary"]))


class TokenVectorizer(Vectorizer):
    """Tokens to word ids and the ids of each word's characters, which keep their case.

    Of a word longer than `text.max_characters` the first and the last characters are read, half of each: prefixes
    and suffixes tell most about a word.

    Args:
        text: How tokens are read.
        words: Ids of the words.
        characters: Ids of the characters.
    """

    sides = ("words",)

    def __init__(self, text: TaggerText, words: Vocabulary, characters: Vocabulary):
        super().__init__()
        self.text = text
        self.words = words
        self.characters = characters
        self.tokenizer = Tokenizer("word", text.pattern, text.max_tokens)

    def __call__(self, tokens: tf.RaggedTensor) -> dict[str, tf.Tensor]:
        """Tokens to padded ids; a sentence is cut after `text.max_tokens` tokens.

        Args:
            tokens: Ragged `(batch, None)` string.

        Returns:
            `{"words": (batch, time) int32, "characters": (batch, time, max_characters) int32}`, padded with 0; time is
            that of the longest row, at least 1.
        """
        return to_dense(self.ragged(tokens)[0])

    def ragged(self, tokens: tf.RaggedTensor) -> tuple[dict[str, tf.RaggedTensor], tf.Tensor]:
        """The same without padding, `{"words": (batch, None), "characters": (batch, None, max_characters)}`, and which
        sentences were cut, `(batch,)` bool."""
        cut = tokens.row_lengths() > self.text.max_tokens
        tokens = tokens[:, : self.text.max_tokens]
        tokens = tokens.with_values(valid_utf8(tokens.values))
        features = {
            "words": self.words.lookup(cased(tokens, self.text.lowercase)),
            "characters": tokens.with_values(self._spell(tokens.values)),
        }
        return features, cut

    def examples(self, batch, training):
        """As `Vectorizer.examples`, of `"tokens"` and `"tags"`, ragged strings `(batch, None)`; targets are the tags.

        For scoring, tags of tokens beyond `text.max_tokens`, which the model does not read, are kept, so that they
        count.
        """
        inputs, cut = self.ragged(batch["tokens"])
        return inputs, batch["tags"][:, : self.text.max_tokens] if training else batch["tags"], cut

    @property
    def limits(self) -> str:
        return _limits(self.text)

    def _spell(self, tokens):
        """Ids of the characters of each token: `(tokens,)` string to `(tokens, max_characters)` int32."""
        size = self.text.max_characters
        head = (size + 1) // 2
        spelled = tf.strings.unicode_split(tokens, "UTF-8")
        lengths = spelled.row_lengths()[:, None]  # (tokens, 1)
        positions = tf.range(size, dtype=tf.int64)[None, :]  # (1, size)
        inside = positions < lengths
        skipped = tf.where(positions < head, tf.constant(0, tf.int64), tf.maximum(lengths - size, 0))
        places = tf.where(inside, spelled.row_starts()[:, None] + positions + skipped, 0)
        ids = tf.concat([self.characters.lookup(spelled.values), [0]], axis=0)  # never empty
        return tf.where(inside, tf.gather(ids, places), 0)

    def state(self) -> dict:
        """What `from_state` needs besides the configuration, JSON-able."""
        return {"words": self.words.state(), "characters": self.characters.state()}

    @classmethod
    def from_state(cls, text: TaggerText, state: Mapping) -> "TokenVectorizer":
        return cls(text, *(Vocabulary.from_state(state[name]) for name in ("words", "characters")))


def cased(tokens: tf.Tensor | tf.RaggedTensor, lowercase: bool) -> tf.Tensor | tf.RaggedTensor:
    """Tokens as they are looked up: in lower case, where the configuration says so."""
    if not lowercase:
        return tokens
    if isinstance(tokens, tf.RaggedTensor):
        return tokens.with_flat_values(tf.strings.lower(tokens.flat_values, encoding="utf-8"))
    return tf.strings.lower(tokens, encoding="utf-8")


def to_dense(features: Mapping[str, tf.RaggedTensor], time: int | tf.Tensor = 1, padding: int = 0) -> dict:
    """Pads each `(batch, None, …)` to its longest row, and to `time` steps where all are shorter."""
    return {name: padded(value, time, padding) for name, value in features.items()}


def padded(ragged: tf.RaggedTensor, time: int | tf.Tensor = 1, padding: int = 0) -> tf.Tensor:
    """As `to_dense`, of one feature."""
    dense = ragged.to_tensor(default_value=padding)
    missing = tf.maximum(time - tf.shape(dense)[1], 0)
    paddings = [[0, 0], [0, missing]] + [[0, 0]] * (dense.shape.rank - 2)
    return tf.pad(dense, paddings, constant_values=padding)


def _limits(text):
    return f"text.max_tokens ({text.max_tokens})"
