"""The unit `word`: what a pattern matches is a token; punctuation and newlines too, where asked."""

import tensorflow as tf

from rnnkit.config.schema.model import PUNCTUATION, WORD
from rnnkit.data.tokenizer import Tokenizer
from rnnkit.data.units.listed import ListedUnit
from rnnkit.data.vocabulary import Vocabulary

NEWLINE = r"\n"

_EVERY = 2**31 - 1
_CLOSING = (r" ([.,;:!?%…)\]}’”])", r"\1")
_OPENING = (r"([(\[{¿¡‘“]) ", r"\1")
_LINES = (" ?\n ?", "\n")


class Words(ListedUnit):
    """Words, and what stands between them.

    `decode` does not give a text back as it was, for white space is not kept. Tokens are joined by these rules:
    one space between two tokens; none before `. , ; : ! ? % … ) ] } ’ ”`; none after `( [ { ¿ ¡ ‘ “`; none on either
    side of a newline. With `detokenize=False` only the first and the last hold, as in corpora that come tokenised.

    Args:
        vocabulary: The tokens, as `listed` makes it.
        pattern: RE2 regular expression of a word.
        punctuation: Whether every other visible character is a token of its own; if not, it is left out.
        newlines: Whether every newline is a token; if not, it is white space.
        lowercase: Whether texts are read in lower case.
        detokenize: Whether punctuation is put next to words again.

    Raises:
        ConfigError: If `pattern` is no RE2 expression, or matches where there is no character.
    """

    unit = "word"

    def __init__(
        self,
        vocabulary: Vocabulary,
        pattern: str = WORD,
        punctuation: bool = True,
        newlines: bool = False,
        lowercase: bool = False,
        detokenize: bool = True,
    ):
        super().__init__(vocabulary, lowercase)
        self.pattern = pattern
        self.punctuation = punctuation
        self.newlines = newlines
        self.detokenize = detokenize
        Tokenizer("word", pattern, _EVERY)  # an error shows the pattern as it was given
        tokens = [pattern, *[PUNCTUATION] * punctuation, *[NEWLINE] * newlines]
        self._tokenizer = Tokenizer("word", "|".join(tokens), _EVERY)

    def join(self, tokens: tf.RaggedTensor) -> tf.Tensor:
        texts = tf.strings.reduce_join(tokens, axis=-1, separator=" ")
        for pattern, rewrite in (_CLOSING, _OPENING, _LINES) if self.detokenize else (_LINES,):
            texts = tf.strings.regex_replace(texts, pattern, rewrite)
        return texts

    def _cut(self, texts):
        return self._tokenizer(texts).tokens

    def _options(self):
        return {
            "pattern": self.pattern,
            "punctuation": self.punctuation,
            "newlines": self.newlines,
            "lowercase": self.lowercase,
            "detokenize": self.detokenize,
        }
