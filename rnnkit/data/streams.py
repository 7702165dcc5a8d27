"""Running text as one long sequence of ids, delivered window by window in rows whose states can be carried on."""

from collections.abc import Iterator
from functools import cached_property
from hashlib import blake2b
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from rnnkit.data.corpus import Split
from rnnkit.data.refusals import explain_refusal
from rnnkit.data.units import PADDING_ID, Unit
from rnnkit.data.units.base import batches
from rnnkit.errors import DataError

NO_TARGET = -1


class Stream(NamedTuple):
    """A split as one sequence.

    Attributes:
        name: What messages call it.
        ids: Int32 `(tokens,)`, the documents one after another.
        characters: How many Unicode characters its texts have.
    """

    name: str
    ids: np.ndarray
    characters: int

    @property
    def characters_per_token(self) -> float:
        """Characters that stand for a token, on average; those that no token has, such as blanks, are shared out."""
        return self.characters / len(self.ids)


def read_stream(split: Split, unit: Unit, end_of_document: bool = False) -> Stream:
    """Reads a split of running text.

    Args:
        split: Its examples are `{"text": str}`.
        unit: Makes ids of texts.
        end_of_document: Whether `</s>` follows every document.

    Raises:
        DataError: If a text cannot be read, there is none, or a character is not in the vocabulary.
    """
    parts, characters = [], 0
    for texts in batches(example["text"] for example in split.examples()):
        try:
            parts.append(unit.ragged(texts, end=end_of_document).values.numpy())
        except tf.errors.InvalidArgumentError:
            explain_refusal(split, unit, lambda example: {"text": example["text"]})
            raise
        characters += int(tf.reduce_sum(tf.strings.length(texts, unit="UTF8_CHAR")))
    return Stream(str(split), np.concatenate(parts), characters)


class Windows:
    """The batches of a stream, each a window of every row; the interface is that of `rnnkit.data.batching.Batches`.

    A batch is `(inputs, targets)`: `{"tokens": (rows, window) int32, "begins": (rows,) bool}`, where `begins` says
    which rows' states are to be forgotten before this window, and int32 `(rows, window)`, the token that follows each,
    -1 for none.

    Args:
        stream: What is read.
        rows: Rows of every batch.
        window: Tokens of a row in every batch.

    Attributes:
        examples: How many tokens there are.
        digest: Stands for all of them in their order.
    """

    things = "tokens"
    cut, note_on_cut, padding_waste, shapes = 0, "", 0.0, 1

    def __init__(self, stream: Stream, rows: int, window: int):
        self.stream, self.rows, self.window = stream, rows, window
        self.examples = len(stream.ids)
        self.digest = blake2b(stream.ids.tobytes(), digest_size=16).hexdigest()

    @property
    def steps_per_epoch(self) -> int:
        """Batches of every epoch."""
        raise NotImplementedError

    def epoch(self, number: int, skip: int = 0) -> Iterator[tuple[dict, tf.Tensor]]:
        """The batches of an epoch (from 0), without the first `skip` ones."""
        tokens, targets, begins = self._laid_out(number)
        for step in range(skip, self.steps_per_epoch):
            part = slice(step * self.window, (step + 1) * self.window)
            inputs = {"tokens": tf.constant(tokens[:, part]), "begins": tf.constant(begins[:, step])}
            yield inputs, tf.constant(targets[:, part])

    def _laid_out(self, number) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Tokens and targets `(rows, time)`, and which rows begin at each window, `(rows, windows)`."""
        raise NotImplementedError


class TrainingWindows(Windows):
    """Full windows, cut at other places in every epoch: the stream is a ring, read from where (seed, epoch) says.

    What does not fill a batch is left out, less than `rows · window + 1` tokens, others in every epoch. No token is
    predicted across the place where the ring closes.

    Args:
        stream, rows, window: As `Windows` takes them.
        seed: Of the places.

    Raises:
        DataError: If the stream does not fill one batch.
    """

    def __init__(self, stream: Stream, rows: int, window: int, seed: int):
        super().__init__(stream, rows, window)
        self._seed = seed
        if not self.steps_per_epoch:
            raise DataError(
                f"{stream.name}: has {self.examples:,} tokens, and one batch needs {rows * window + 1:,}, that is "
                f"train.batch_size ({rows}) × train.window ({window}) and one more; give more text, or lower one of "
                "the two"
            )

    @property
    def steps_per_epoch(self) -> int:
        return (self.examples - 1) // (self.rows * self.window)

    def _laid_out(self, number):
        begin = int(np.random.default_rng([self._seed, number]).integers(self.examples))
        ring = np.roll(self.stream.ids, -begin)
        size = self.rows * self.window * self.steps_per_epoch
        targets = ring[1 : size + 1].copy()
        targets[self.examples - 1 - begin : self.examples - begin] = NO_TARGET  # the last token's successor
        begins = np.zeros((self.rows, self.steps_per_epoch), bool)
        begins[:, 0] = True
        return ring[:size].reshape(self.rows, -1), targets.reshape(self.rows, -1), begins


class ScoringWindows(Windows):
    """Every token but the first is predicted once, in rows side by side.

    A row begins with a window that is only read, the one before its own part, so that no token is predicted from a
    cold state; the first row begins with the stream. With one row nothing is read twice, and scores are exact.

    Args:
        stream: What is read.
        rows: Rows at most; no row is shorter than a window.
        window: Tokens of a window at most.
        carry: Whether states go on from window to window. If not, each window is read on its own.

    Raises:
        DataError: If there is no token to predict.
    """

    def __init__(self, stream: Stream, rows: int, window: int, carry: bool = True):
        predicted = len(stream.ids) - 1
        if predicted < 1:
            raise DataError(f"{stream.name}: has one token; at least two are needed, one to read and one to predict")
        window = min(window, predicted)
        count = -(-predicted // window)
        self._own_steps = -(-count // min(rows, count))  # windows of a row
        super().__init__(stream, -(-count // self._own_steps), window)
        self._carry = carry

    @property
    def steps_per_epoch(self) -> int:
        return self._own_steps + self._warm_up_steps

    @property
    def _warm_up_steps(self) -> int:
        return int(self._carry and self.rows > 1)

    def _laid_out(self, number):
        return self._layout

    @cached_property
    def _layout(self):
        size = self.rows * self._own_steps * self.window
        missing = (0, size - (self.examples - 1))
        tokens = np.pad(self.stream.ids[:-1], missing, constant_values=PADDING_ID).reshape(self.rows, -1)
        targets = np.pad(self.stream.ids[1:], missing, constant_values=NO_TARGET).reshape(self.rows, -1)
        begins = np.zeros((self.rows, self.steps_per_epoch), bool)
        begins[:, 0] = True
        if self._warm_up_steps:
            before = np.concatenate([np.full((1, self.window), PADDING_ID, np.int32), tokens[:-1, -self.window :]])
            tokens = np.concatenate([before, tokens], axis=1)
            targets = np.concatenate([np.full_like(before, NO_TARGET), targets], axis=1)
            begins[0, 1] = True  # what the first row read were no tokens
        return tokens, targets, begins if self._carry else np.ones_like(begins)
