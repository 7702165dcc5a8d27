"""Units whose tokens are cut out of a text and looked up in a list, as they are written."""

from collections import Counter
from collections.abc import Iterable, Mapping

import tensorflow as tf

from rnnkit.data.units.base import END_ID, SPECIAL, UNKNOWN_ID, Unit, batches
from rnnkit.data.vocabulary import Vocabulary
from rnnkit.errors import ConfigError, DataError

_START, _END = SPECIAL[2:]  # Vocabulary itself has the first two


class ListedUnit(Unit):
    """A unit with a list of tokens; any other is `<unk>`.

    Args:
        vocabulary: The tokens, as `listed` makes it.
        lowercase: Whether texts are read in lower case.
    """

    def __init__(self, vocabulary: Vocabulary, lowercase: bool):
        super().__init__((token.encode() for token in vocabulary.tokens), lowercase)
        self.vocabulary = vocabulary

    @classmethod
    def fit(cls, texts: Iterable[str], size: int | None = None, min_count: int = 1, **options) -> "ListedUnit":
        """Learns the most frequent tokens of the texts; ties in the order of the strings.

        Args:
            texts: Training texts, read once.
            size: Ids at most, the four special ones included; None: as many as there are tokens.
            min_count: Rarer tokens are left out.
            options: Arguments of the constructor after `vocabulary`.

        Raises:
            ConfigError: If `size` leaves no room for a token, or `min_count` leaves none.
            DataError: If there is no token in the texts.
        """
        counts = _count(texts, cls(listed({}), **options))
        unit = cls(listed(counts, size, min_count), **options)
        unit._accept(counts)
        if len(unit) == len(SPECIAL):
            raise ConfigError(f"min_count: got {min_count}, but no token of the training texts occurs as often")
        return unit

    def grow(self, texts: Iterable[str], size: int | None = None, min_count: int = 1) -> "ListedUnit":
        counts = _count(texts, self)
        grown = self.vocabulary.grow(counts, len(counts) if size is None else size, min_count)
        return type(self)(grown, **self._options())

    def tokens(self, texts: tf.Tensor) -> tf.RaggedTensor:
        """The tokens of texts `(batch,)` as they are written, unknown ones too: ragged `(batch, None)`."""
        return self._cut(self.read(texts))

    def to_config(self) -> dict:
        return {"unit": self.unit, "vocabulary": self.vocabulary.state(), **self._options()}

    @classmethod
    def from_config(cls, config: Mapping) -> "ListedUnit":
        options = {name: value for name, value in config.items() if name not in ("unit", "vocabulary")}
        return cls(Vocabulary.from_state(config["vocabulary"]), **options)

    def _ids(self, texts):
        return self._look_up(self._cut(texts))

    def _look_up(self, tokens):
        ids = self.vocabulary.lookup(tokens.values)
        return tokens.with_values(tf.where(ids <= END_ID, UNKNOWN_ID, ids))  # a word may be written <s>

    def _accept(self, counts):
        """Raises a ConfigError if the unit cannot read the texts that it was learnt from."""

    def _cut(self, texts):
        """Tokens of texts `(batch,)` that were read already: ragged `(batch, None)` string."""
        raise NotImplementedError

    def _options(self) -> dict:
        """The constructor's arguments after `vocabulary`."""
        raise NotImplementedError


def listed(counts: Mapping[str, int], size: int | None = None, min_count: int = 1) -> Vocabulary:
    """A vocabulary that begins with the four special tokens; see `ListedUnit.fit`."""
    if size is not None and size <= len(SPECIAL):
        raise ConfigError(f"size: got {size}; it must be above {len(SPECIAL)}, for {' '.join(SPECIAL)} are among them")
    plain = {token: count for token, count in counts.items() if token not in SPECIAL}
    room = len(plain) + len(SPECIAL) if size is None else size
    found = Vocabulary.fit(plain, room - 2, min_count)
    return Vocabulary([_START, _END, *found.tokens[2:]], [0, 0, *found.counts[2:].tolist()])


def _count(texts, unit):
    counts = Counter()
    for batch in batches(texts):
        counts.update(unit.tokens(batch).values.numpy().tolist())
    if not counts:
        raise DataError(f"the training texts have no token (unit {unit.unit}); there is nothing to learn from")
    return {token.decode(): count for token, count in counts.items()}
