"""The unit `char`: every Unicode character is a token, white space and newlines too."""

from collections.abc import Iterable

import tensorflow as tf

from rnnkit.data.units.base import END_ID, UNKNOWN_ID, batches
from rnnkit.data.units.listed import ListedUnit
from rnnkit.data.vocabulary import Vocabulary
from rnnkit.errors import ConfigError, DataError

_POLICIES = ("error", "<unk>")


class Characters(ListedUnit):
    """Unicode characters (code points).

    A text of known characters comes back from its ids as it was read.

    Args:
        vocabulary: The characters, as `listed` makes it.
        unknown: What becomes of a character that the vocabulary lacks: `"error"` refuses the text, `"<unk>"` gives it
            the id of `<unk>`. The refusal of a graph is a `tf.errors.InvalidArgumentError` with the code point and its
            place; `check` names the character itself.
        lowercase: Whether texts are read in lower case.

    Raises:
        ConfigError: If `unknown` is neither, and from `fit`, if `size` or `min_count` leaves out characters of the
            training texts though unknown ones are an error.
    """

    unit = "char"

    def __init__(self, vocabulary: Vocabulary, unknown: str = "error", lowercase: bool = False):
        if unknown not in _POLICIES:
            raise ConfigError(f"unknown: got {unknown!r}; it must be one of {', '.join(map(repr, _POLICIES))}")
        super().__init__(vocabulary, lowercase)
        self.unknown = unknown

    def check(self, texts: Iterable[str]) -> None:
        """Raises a DataError that names the first character that the vocabulary lacks, unless it becomes `<unk>`."""
        if self.unknown != "error":
            return
        rows = 0
        for batch in batches(texts):
            tokens = self.tokens(batch)
            found = _first_unknown(tokens, super()._look_up(tokens))
            for row, position, character in zip(*(part.numpy().tolist() for part in found)):
                character = character.decode()
                raise DataError(
                    f"text {rows + row}, position {position} (from 0): the character {character!r} "
                    f"(U+{ord(character):04X}) is not among the {len(self) - END_ID - 1:,} of the vocabulary; "
                    'take it out, or train with unknown set to "<unk>"'
                )
            rows += len(batch)

    def _cut(self, texts):
        return tf.strings.unicode_split(texts, "UTF-8")

    def _look_up(self, tokens):
        ids = super()._look_up(tokens)
        if self.unknown != "error":
            return ids
        found = _first_unknown(tokens, ids)
        with tf.control_dependencies([tf.debugging.Assert(tf.size(found[0]) == 0, [_complaint(*found)])]):
            return ids.with_values(tf.identity(ids.values))

    def _accept(self, counts):
        left_out = sorted(counts.keys() - set(self.vocabulary.tokens))
        if self.unknown == "error" and left_out:
            raise ConfigError(
                f"size, min_count: they leave out {len(left_out):,} of the {len(counts):,} characters of the training "
                f"texts, such as {left_out[0]!r}, and unknown characters are an error; "
                'keep them all, or set unknown to "<unk>"'
            )

    def _options(self):
        return {"unknown": self.unknown, "lowercase": self.lowercase}


def _first_unknown(tokens, ids):
    """Row, position and string of the first token that is `<unk>`: vectors of one element, or of none."""
    place = tf.where(ids.values == UNKNOWN_ID)[:1, 0]
    row = tf.math.count_nonzero(ids.row_splits[1:] <= place[:, None], axis=1)  # the rows that end before it
    return row, place - tf.gather(ids.row_splits, row), tf.gather(tokens.values, place)


def _complaint(row, position, character):
    """One ASCII line, as TensorFlow escapes all else in the message of an assertion."""
    where = ["text ", tf.strings.as_string(row), ", position ", tf.strings.as_string(position), " (from 0): "]
    return tf.strings.reduce_join(
        tf.strings.join([*where, "the character ", _code_point(character), " is not in the vocabulary"])
    )


def _code_point(characters):
    """Names of characters `(n,)`: U+00E9, U+1F600."""
    codes = tf.strings.unicode_decode(characters, "UTF-8").values
    shifted = tf.bitwise.right_shift(codes[:, None], tf.constant([[20, 16, 12, 8, 4, 0]]))
    digits = tf.gather(tf.constant(list("0123456789ABCDEF")), tf.bitwise.bitwise_and(shifted, 15))
    return tf.strings.regex_replace(tf.strings.reduce_join(digits, axis=1), "^0{0,2}", "U+")
