"""A corpus: named splits of examples, the same from every source."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import islice
from typing import Literal

import numpy as np
import tensorflow as tf

from rnnkit.data.generated import from_generator
from rnnkit.data.skips import Skips
from rnnkit.errors import DataError, UserError

Kind = Literal["text", "tokens", "pair", "caption", "label", "running"]
FIELDS = {
    "text": ("text", "label"),
    "tokens": ("tokens", "tags"),
    "pair": ("source", "target"),
    "caption": ("image", "captions"),
    "label": ("label", "text"),
    "running": ("text",),
}
_LISTS = ("tokens", "tags", "captions")  # fields that hold several strings; all others hold one


def place_of(example: Mapping, number: int) -> str:
    """Where an example was read, as it says itself; `example 12` of its split, from 0, where it does not."""
    return example.get("place", f"example {number}")


class Split:
    """Examples of one role, streamed anew in every pass.

    Args:
        role: `"train"`, `"validation"` or `"test"`.
        kind: `"text"` for `{"text": str, "label": str}`, `"tokens"` for `{"tokens": [str], "tags": [str]}`, whose
            examples may also have the `"text"` that the tokens come from, `"pair"` for `{"source": str, "target":
            str}`, `"caption"` for `{"image": bytes, "captions": [str]}`, the bytes of a picture file, `"label"` as
            `"text"`, for the text to be written about the label, and never empty, `"running"` for `{"text": str}`, the
            documents of a running text in their order. Examples that were read from somewhere have their
            `"place"`, such as `reviews.tsv:12`; a sentence has that of its first line.
        start: Starts a pass; counts what it leaves out.
        on_bad_example: `"stop"` or `"skip"`.

    Attributes:
        skipped: Why and how often examples were left out in the latest whole pass.
        count: Examples of the latest whole pass; None before one.
    """

    def __init__(self, role: str, kind: Kind, start: Callable[[Skips], Iterator[dict]], on_bad_example: str):
        self.role = role
        self.kind = kind
        self.skipped: Counter[str] = Counter()
        self.count: int | None = None
        self._start = start
        self._on_bad_example = on_bad_example
        self._failure: UserError | None = None

    def examples(self) -> Iterator[dict]:
        """The examples, one by one.

        Raises:
            DataError: At a bad example, if such stop a pass, and at the end if there was no example.
        """
        skips = Skips(self._on_bad_example)
        count = 0
        for example in self._start(skips):
            count += 1
            yield example
        self.count, self.skipped = count, skips.counts
        if not count:
            raise DataError(f"{self}: it has no examples{_left_out(self.skipped)}; check data.splits.{self.role}")

    def batches(self, size: int) -> tf.data.Dataset:
        """The examples, `size` at a time and in order: strings `(batch,)`, for lists ragged `(batch, None)`.

        A UserError of a pass ends the dataset early; iterate `with split.errors():` to have it raised.
        """
        fields = FIELDS[self.kind]
        strings, counts = tf.TensorSpec((None,), tf.string), tf.TensorSpec((None,), tf.int64)
        signature = {name: (strings, counts) if name in _LISTS else strings for name in fields}

        def columns():
            for examples in self._parts(size):
                yield {name: _column([example[name] for example in examples], name in _LISTS) for name in fields}

        return from_generator(columns, output_signature=signature).map(_ragged)

    @contextmanager
    def errors(self) -> Iterator[None]:
        """Raises what went wrong in a dataset of this split that was iterated inside."""
        self._failure = None
        yield
        if self._failure is not None:
            raise self._failure

    def _parts(self, size):
        examples = self.examples()
        try:
            while part := list(islice(examples, size)):
                yield part
        except UserError as error:  # raised inside tf.data it would be printed with its stack and lose its type
            self._failure = error

    def __str__(self) -> str:
        return f"{self.role} split"


class Corpus:
    """The splits of a corpus.

    Attributes:
        name: What the corpus is called.
        splits: The splits by their role.
    """

    def __init__(self, name: str, splits: dict[str, Split]):
        self.name = name
        self.splits = splits

    def describe(self) -> str:
        """One line: the number of examples and what was left out, of each split that was read to its end."""
        splits = (
            f"{role} {split.count:,}{_left_out(split.skipped)}"
            for role, split in self.splits.items()
            if split.count is not None
        )
        return f"{self.name}: {', '.join(splits)}"


def _column(values, are_lists):
    """A field of several examples; of lists all strings, and how many each list has."""
    strings = [string for value in values for string in value] if are_lists else values
    encoded = [string if isinstance(string, bytes) else string.encode() for string in strings]
    column = np.array(encoded, dtype=object)
    return (column, np.array([len(value) for value in values], np.int64)) if are_lists else column


def _ragged(fields):
    return {
        name: tf.RaggedTensor.from_row_lengths(*column, validate=False) if isinstance(column, tuple) else column
        for name, column in fields.items()
    }


def _left_out(skipped: Counter) -> str:
    reasons = ", ".join(f"{count:,} {reason}" for reason, count in sorted(skipped.items()))
    return f" (left out: {reasons})" if reasons else ""
