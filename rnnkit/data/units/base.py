"""What every text unit does: texts to ids and back, in TensorFlow operations that export with it."""

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from itertools import islice

import numpy as np
import tensorflow as tf

from rnnkit.data.text import cased, to_dense
from rnnkit.data.tokenizer import valid_utf8

SPECIAL = ("<pad>", "<unk>", "<s>", "</s>")
PADDING_ID, UNKNOWN_ID, START_ID, END_ID = range(len(SPECIAL))

_BATCH = 1024


class Unit(tf.Module):
    """A way to write texts as ids, and ids as texts.

    Ids 0 to 3 are `<pad>`, `<unk>`, `<s>` and `</s>`. No text becomes `<pad>`, `<s>` or `</s>`, whatever is written in
    it; they come from the arguments `start` and `end` and from padding alone.

    Texts are UTF-8; bytes that are not are read as U+FFFD. Strings of any shape below are `tf.string`, ids `int32`.

    Args:
        pieces: What each id stands for, in UTF-8 or parts of it; the four special tokens first.
        lowercase: Whether texts are read in lower case.
    """

    unit: str

    def __init__(self, pieces: Iterable[bytes], lowercase: bool):
        super().__init__()
        self.lowercase = lowercase
        self._pieces = np.array(list(pieces), dtype=object)  # an array: tf.Module would wrap a list of 10,000

    def __len__(self) -> int:
        """The number of ids."""
        return len(self._pieces)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """How each id is shown to a person; bytes that are no characters of their own as `<0xE2><0x80>`."""
        return tuple(_shown(piece) for piece in self._pieces)

    def ragged(self, texts: tf.Tensor, start: bool = False, end: bool = False) -> tf.RaggedTensor:
        """Texts `(batch,)` to ids, ragged `(batch, None)`.

        Args:
            texts: What to read.
            start, end: Whether `<s>` is put before the ids of every text, and `</s>` after them.
        """
        ids = self._ids(self.read(texts))
        if not (start or end):
            return ids
        before = [tf.fill([ids.nrows(), 1], START_ID)] if start else []
        after = [tf.fill([ids.nrows(), 1], END_ID)] if end else []
        return tf.concat([*before, ids, *after], axis=1)

    def encode(self, texts: tf.Tensor, start: bool = False, end: bool = False) -> tuple[tf.Tensor, tf.Tensor]:
        """As `ragged`, padded: ids `(batch, time)`, time at least 1, and how many each text has, `(batch,)`."""
        ids = self.ragged(texts, start, end)
        return to_dense({"ids": ids})["ids"], tf.cast(ids.row_lengths(), tf.int32)

    def decode(self, ids: tf.Tensor | tf.RaggedTensor) -> tf.Tensor:
        """Ids `(..., time)`, or ragged `(batch, None)`, to texts `(...)`.

        `<pad>`, `<s>` and `</s>` add nothing wherever they stand; `<unk>` is written so.

        Raises:
            tf.errors.InvalidArgumentError: At an id that is none of the vocabulary's.
        """
        ids = ids.to_tensor(PADDING_ID) if isinstance(ids, tf.RaggedTensor) else tf.convert_to_tensor(ids)
        shape = tf.shape(ids)
        rows = tf.reshape(ids, [tf.reduce_prod(shape[:-1]), shape[-1]])
        silent = (rows == PADDING_ID) | (rows == START_ID) | (rows == END_ID)
        kept = tf.ragged.boolean_mask(rows, ~silent)
        texts = self.join(kept.with_values(tf.gather(self._constant("_pieces"), kept.values)))
        return tf.ensure_shape(tf.reshape(texts, shape[:-1]), ids.shape[:-1])

    def tokens(self, texts: tf.Tensor) -> tf.RaggedTensor:
        """What stands behind each id of `ragged(texts)`, for a person to read: ragged `(batch, None)` strings."""
        ids = self._ids(self.read(texts))
        return ids.with_values(self.show(ids.values))

    def show(self, ids: tf.Tensor) -> tf.Tensor:
        """`names` of ids of any shape."""
        return tf.gather(self._constant("names"), ids)

    def join(self, tokens: tf.RaggedTensor) -> tf.Tensor:
        """Tokens, ragged `(batch, None)`, to the texts that they make, `(batch,)`."""
        return valid_utf8(tf.strings.reduce_join(tokens, axis=-1))

    def grow(self, texts: Iterable[str], size: int | None = None, min_count: int = 1) -> "Unit":
        """A unit with the same ids, and new ones for what is frequent in further texts; itself where it needs none.

        Args:
            texts: Read once.
            size: New ids at most; None: as many as there are new tokens.
            min_count: Rarer tokens get none.
        """
        return self

    def check(self, texts: Iterable[str]) -> None:
        """Raises a DataError where `ragged` would refuse one of the texts; most units refuse none."""

    def read(self, texts: tf.Tensor) -> tf.Tensor:
        """The texts as they are cut into tokens: valid UTF-8, in lower case where that was asked for."""
        return cased(valid_utf8(texts), self.lowercase)

    def to_config(self) -> dict:
        """Everything that `from_config` needs, JSON-able."""
        raise NotImplementedError

    @classmethod
    def from_config(cls, config: Mapping) -> "Unit":
        """The unit that `to_config` described."""
        raise NotImplementedError

    def _constant(self, name):
        """The strings of an attribute as a tensor: one for all that runs eagerly, one for each graph."""
        if not tf.executing_eagerly():
            return tf.constant(list(getattr(self, name)), tf.string)
        if name not in self._constants:
            self._constants[name] = tf.constant(list(getattr(self, name)), tf.string)
        return self._constants[name]

    @cached_property
    def _constants(self):
        return {}

    def _ids(self, texts):
        """Ids of texts `(batch,)` that were read already: ragged `(batch, None)` int32."""
        raise NotImplementedError


def batches(texts: Iterable[str]) -> Iterator[tf.Tensor]:
    """Texts of Python, lone surrogates included, as string tensors of up to 1024."""
    texts = iter(texts)
    while part := list(islice(texts, _BATCH)):
        yield tf.constant([text.encode("utf-8", "surrogatepass") for text in part], tf.string)


def _shown(piece: bytes) -> str:
    try:
        return piece.decode()
    except UnicodeDecodeError:
        return "".join(f"<0x{byte:02X}>" for byte in piece)
