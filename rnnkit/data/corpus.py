"""A corpus: named splits of examples, the same from every source."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Literal

import numpy as np
import tensorflow as tf

from rnnkit.data.skips import Skips
from rnnkit.errors import DataError, UserError

Kind = Literal["text", "tokens"]
_FIELDS = {"text": ("text", "label"), "tokens": ("tokens", "tags")}


class Split:
    """Examples of one role, streamed anew in every pass.

    Args:
        role: `"train"`, `"validation"` or `"test"`.
        kind: `"text"` for `{"text": str, "label": str}`, `"tokens"` for `{"tokens": [str], "tags": [str]}`, whose
            examples may also have the `"text"` that the tokens come from.
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
        """The examples, `size` at a time and in order: strings `(batch,)`, for tokens ragged `(batch, None)`.

        A UserError of a pass ends the dataset early; iterate `with split.errors():` to have it raised.
        """
        flat = {name: tf.TensorSpec((None,), tf.string) for name in _FIELDS[self.kind]}
        if self.kind == "text":
            return tf.data.Dataset.from_generator(lambda: self._texts(size), output_signature=flat)
        signature = (flat, tf.TensorSpec((None,), tf.int64))
        return tf.data.Dataset.from_generator(lambda: self._sentences(size), output_signature=signature).map(_ragged)

    @contextmanager
    def errors(self) -> Iterator[None]:
        """Raises what went wrong in a dataset of this split that was iterated inside."""
        self._failure = None
        yield
        if self._failure is not None:
            raise self._failure

    def _texts(self, size):
        for examples in self._parts(size):
            yield {name: _bytes(example[name] for example in examples) for name in _FIELDS["text"]}

    def _sentences(self, size):
        for examples in self._parts(size):
            fields = {
                name: _bytes(word for example in examples for word in example[name]) for name in _FIELDS["tokens"]
            }
            yield fields, np.array([len(example["tokens"]) for example in examples], np.int64)

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


def _bytes(strings):
    return np.array([string.encode() for string in strings], dtype=object)


def _ragged(fields, lengths):
    return {name: tf.RaggedTensor.from_row_lengths(values, lengths, validate=False) for name, values in fields.items()}


def _left_out(skipped: Counter) -> str:
    reasons = ", ".join(f"{count:,} {reason}" for reason, count in sorted(skipped.items()))
    return f" (left out: {reasons})" if reasons else ""
