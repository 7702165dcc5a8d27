"""The unit `bpe`: parts of words, merged from the bytes of the texts."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain

import numpy as np
import tensorflow as tf

from rnnkit.data.units import training
from rnnkit.data.units.base import SPECIAL, Unit, batches
from rnnkit.data.units.merging import BYTES, PairMerging, pieces_of
from rnnkit.errors import ConfigError, DataError

_SPACES = r"\x00- \x7f"
_SYMBOLS = (
    r"!-/:-@\[-`{-~"  # ASCII
    "\u0080-\u00bf×÷"
    "\u2000-\u2bff\u2e00-\u2e7f"  # punctuation, arrows, mathematics, dingbats
    "\u3000-\u303f\ufe00-\ufe1f\ufe30-\ufe6f"  # East Asian punctuation, variation selectors
    "\uff00-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65\uffe0-\uffff"  # the same in full width, U+FFFD
    "\U0001f000-\U0001fbff\U000e0000-\U000e0fff"  # emoji and their tags
)
_LETTERS = f"[^{_SPACES}{_SYMBOLS}0-9]"
_MANY = "{1,64}"
PATTERN = f"[ '’]?{_LETTERS}{_MANY}| ?[0-9]{_MANY}| ?[{_SYMBOLS}]{_MANY}|[{_SPACES}]{_MANY}"

_SEPARATOR = b"\xff"  # in no UTF-8


class Subwords(Unit):
    """Byte-pair encoding (Sennrich et al. 2016, arXiv:1508.07909) of the bytes of words, as in GPT-2.

    Every text has ids, and comes back from them as it was read. `<unk>` is never used.

    A text is cut into letters with the space or apostrophe before them, digits, symbols, and other white space, up to
    64 of a kind; no token reaches over such a cut. All that is neither ASCII nor in a block of symbols counts as
    letters: the classes are ranges of code points, so that no version of Unicode moves them.

    Args:
        merges: Pairs of ids by rank: 4 to 259 are the bytes, a merge has the next id.
        pattern: RE2 regular expression of what is encoded on its own; it must match every character.
        lowercase: Whether texts are read in lower case.
    """

    unit = "bpe"

    def __init__(self, merges: Sequence[tuple[int, int]], pattern: str = PATTERN, lowercase: bool = False):
        pieces, results = pieces_of(merges)
        super().__init__(pieces, lowercase)
        self._merges = np.array(merges, np.int32).reshape(-1, 2)  # an array: tf.Module would wrap 10,000 tuples
        self.pattern = pattern
        self._merging = PairMerging(merges, results, len(pieces))

    @classmethod
    def fit(cls, texts: Iterable[str], size: int, min_count: int = 2, lowercase: bool = False) -> "Subwords":
        """Learns merges from training texts; the same texts give the same ones.

        Args:
            texts: Training texts, read once.
            size: Ids at most: the four special ones, the 256 bytes and the merges.
            min_count: Rarer pairs are not merged.
            lowercase: Whether texts are read in lower case.

        Raises:
            ConfigError: If `size` has no room for the bytes.
            DataError: If there is no character in the texts.
            UserError: If the package tokenizers, which does this, is not installed.
        """
        least = len(SPECIAL) + BYTES
        if size < least:
            raise ConfigError(f"size: got {size}; it must be at least {least}, the special tokens and every byte")
        reader = cls((), lowercase=lowercase)
        read = (text.decode() for batch in batches(texts) for text in reader.read(batch).numpy().tolist())
        first = next(filter(None, read), None)
        if first is None:
            raise DataError("the training texts have no character; there is nothing to learn from")
        tokenizer = training.learn(chain([first], read), size - len(SPECIAL), min_count, PATTERN)
        return cls(training.merges_of(tokenizer), PATTERN, lowercase)

    def to_config(self) -> dict:
        return {
            "unit": self.unit,
            "merges": self._merges.tolist(),
            "pattern": self.pattern,
            "lowercase": self.lowercase,
        }

    @classmethod
    def from_config(cls, config: Mapping) -> "Subwords":
        return cls(config["merges"], config["pattern"], config["lowercase"])

    def _ids(self, texts):
        marked = tf.strings.regex_replace(texts, self.pattern, rb"\0" + _SEPARATOR)
        words = tf.strings.split(marked, _SEPARATOR)[:, :-1]  # nothing follows the last separator
        distinct, places = tf.unique(words.values)
        return words.with_values(tf.gather(self._merging(distinct), places)).merge_dims(1, 2)
