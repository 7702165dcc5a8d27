"""Batches of similar length, in an order that is a function of (seed, epoch) alone."""

from collections.abc import Iterator
from functools import cached_property
from hashlib import blake2b

import numpy as np
import tensorflow as tf

from rnnkit.config.schema import Data
from rnnkit.data.blocks import dense, examples_of, gathered, owners, update
from rnnkit.data.corpus import Split, place_of
from rnnkit.data.generated import from_generator
from rnnkit.data.planning import Planned, boundaries, by_length, padded_cells, shuffled
from rnnkit.data.vectorizer import Vectorizer
from rnnkit.data.vocabulary import Labels
from rnnkit.errors import DataError

_READ, _READ_PICTURES = 1024, 32  # examples vectorized at a time


class Batches:
    """The padded batches of a split.

    With `data.cache` the vectorized corpus stays in memory and is shuffled as a whole. Otherwise every epoch streams
    it in parts of `data.shuffle_buffer` examples, and batches are made within a part. Shuffled training batches are
    drawn from buckets of similar length (of every side, where there are a source and a target) and padded to the
    bucket's limits, so that few shapes come; batches for scoring go from short to long texts and never change. Pictures
    are held as the bytes of their files, each once, and become numbers batch by batch.

    Args:
        split: The examples.
        vectorize: Makes a model's inputs of them.
        labels: The ids of labels or tags; None where the vectorizer's targets are ids already.
        data_config: Says how to cache, shuffle and bucket.
        batch_size: Examples of a batch; one batch of a part may have fewer, for scoring any.
        seed: Seed of the order.
        training: Whether to shuffle.

    Attributes:
        examples: How many examples there are; in training every caption of a picture is one.
        cut: How many of them are longer than `text.max_tokens`, or the like of a side.
        digest: Stands for everything that they hold, in their order, as the model reads it.

    Raises:
        DataError: If an example cannot be read, there is none, or one has a label that `labels` does not know.
    """

    things = "examples"

    def __init__(
        self,
        split: Split,
        vectorize: Vectorizer,
        labels: Labels | None,
        data_config: Data,
        batch_size: int,
        seed: int,
        training: bool,
    ):
        self._split = split
        self._vectorize = vectorize
        self._labels = labels
        self._batch_size = batch_size
        self._seed = seed
        self._training = training
        self._chunk = None
        self.cut = 0
        blocks, lengths, counts, digest = [], [], [], blake2b(digest_size=16)
        with split.errors():
            for block, named, cut in self._explained(self._blocks()):
                self._check_labels(*named)
                lengths.append(self._lengths_of(block[0]))
                counts.append(np.bincount(owners(block).numpy()))
                self.cut += int(cut.numpy().sum())
                for part in tf.nest.flatten(block, expand_composites=True):
                    update(digest, part.numpy())
                blocks += [block] if data_config.cache else []
        self.digest = digest.hexdigest()
        self._lengths = np.concatenate(lengths or [np.zeros((0, len(vectorize.sides)), np.int64)])
        self.examples = len(self._lengths)
        self._begins = np.cumsum(np.concatenate([[0], *counts])).astype(np.int64)  # where a row's examples begin
        self._chunk_size = len(self._begins) if data_config.cache else data_config.shuffle_buffer
        if blocks:
            self._chunk = tf.nest.map_structure(lambda *parts: tf.concat(parts, axis=0), *blocks)
        self._boundaries = boundaries(self._lengths, data_config.buckets)
        self._coming: Iterator[tuple] = iter(())

    @property
    def steps_per_epoch(self) -> int:
        """Batches of every epoch."""
        return sum(len(batches) for batches in self._first_plans)

    @property
    def padding_waste(self) -> float:
        """Fraction of the cells of epoch 0 that hold padding."""
        return 1.0 - float(self._lengths.sum()) / sum(map(padded_cells, self._first_plans))

    @property
    def shapes(self) -> int:
        """How many shapes (batch, times) the batches of epoch 0 have; those of other epochs hardly have others."""
        return len({(len(batch.rows), batch.times) for batches in self._first_plans for batch in batches})

    @property
    def note_on_cut(self) -> str:
        """How many examples are read in part, to be said after how many there are; nothing where all are whole."""
        limit = f"longer than {self._vectorize.limits} and not read to their end"
        return f", {self.cut:,} of them {limit}" if self.cut else ""

    def epoch(self, number: int, skip: int = 0) -> Iterator[tuple[dict, tf.Tensor]]:
        """The batches of an epoch, without the first `skip` ones.

        Args:
            number: The epoch, from 0.
            skip: Batches that were already trained on.

        Yields:
            `(inputs, targets)`: the vectorizer's tensors, padded with 0 or "", and int32 `(batch,)` for labels or
            `(batch, time)` for tags and texts, padded with -1.

        Raises:
            DataError: If the split is streamed and an example can no longer be read, or some are gone.
        """
        plans = _without_first(self._plans(number) if self._training else self._first_plans, skip)
        missing = sum(map(len, plans))
        with self._split.errors():
            for batch in self._planned(plans):
                missing -= 1
                yield batch
        if missing:
            raise DataError(
                f"{self._split}: has fewer examples than the {self.examples:,} that were read at first; "
                "leave its files as they are while a run reads them, or set data.cache: true"
            )

    def _planned(self, plans) -> Iterator[tuple[dict, tf.Tensor]]:
        self._coming = (_flat(batches, len(self._vectorize.sides)) for batches in plans)
        return iter(self._dataset)

    @cached_property
    def _dataset(self) -> tf.data.Dataset:
        """The batches of the plans in `_coming` when it is iterated. To build it takes longer than many an epoch."""
        sides = len(self._vectorize.sides)
        shapes = (((None,), tf.int32), ((None,), tf.int64), ((None, sides), tf.int32))
        signature = tuple(tf.TensorSpec(*shape) for shape in shapes)
        plans = from_generator(lambda: self._coming, output_signature=signature)
        dataset = tf.data.Dataset.zip(self._chunks, plans).flat_map(self._batches_of_chunk)
        options = tf.data.Options()
        options.deterministic = True
        return dataset.with_options(options).prefetch(2)

    @cached_property
    def _first_plans(self):
        return self._plans(0)

    def _plans(self, epoch) -> list[list[Planned]]:
        """For every chunk its batches."""
        return [self._plan(epoch, number) for number in range(-(-(len(self._begins) - 1) // self._chunk_size))]

    def _plan(self, epoch, number):
        lengths = self._chunk_lengths(number)
        if not self._training:
            return by_length(lengths, self._batch_size)
        generator = np.random.default_rng([self._seed, epoch, number])
        return shuffled(lengths, self._boundaries, self._batch_size, generator)

    def _chunk_lengths(self, number):
        ends = self._begins[number * self._chunk_size : (number + 1) * self._chunk_size + 1]
        return self._lengths[ends[0] : ends[-1]]

    @cached_property
    def _chunks(self) -> tf.data.Dataset:
        """Vectorized, unpadded parts of the split: one if it is cached."""
        if self._chunk is not None:
            return tf.data.Dataset.from_tensors(self._chunk)
        return self._blocks().map(lambda block, *_: block).unbatch().ragged_batch(self._chunk_size)

    def _blocks(self) -> tf.data.Dataset:
        """Vectorized, unpadded examples in order: `((inputs, targets), (ids, names), whether they were cut)`.

        Ids and names are those of labels; where there are none, both are the targets.
        """

        def vectorized(batch):
            inputs, targets, cut = self._vectorize.examples(batch, self._training)
            ids = self._labels.encode(targets) if targets.dtype == tf.string else targets
            named = (ids, targets) if self._vectorize.labels is None else (inputs["label"], batch["label"])
            return (inputs, ids), named, cut

        size = _READ_PICTURES if self._split.kind == "caption" else _READ
        return self._split.batches(size).map(vectorized, tf.data.AUTOTUNE, deterministic=True).prefetch(2)

    def _explained(self, blocks):
        """The blocks; where the vectorizer refuses an example, the DataError that says why."""
        try:
            yield from blocks
        except tf.errors.InvalidArgumentError:
            self._vectorize.explain(self._split)
            raise

    def _batches_of_chunk(self, chunk, plan):
        rows, sizes, times = plan
        rows = tf.RaggedTensor.from_row_lengths(rows, sizes, validate=False)
        owning = owners(chunk)
        examples = tf.size(owning)

        def batch(chosen, times):
            chosen_rows = tf.gather(owning, chosen)
            inputs, targets = tf.nest.map_structure(lambda feature: gathered(feature, chosen, chosen_rows), chunk)
            return self._padded(inputs, targets, times)

        planned = tf.data.Dataset.from_tensor_slices((rows, times))
        there = planned.take_while(lambda chosen, _: tf.reduce_all(chosen < examples))
        return there.map(batch, tf.data.AUTOTUNE)

    def _padded(self, inputs, targets, times):
        times = tf.unstack(times, num=len(self._vectorize.sides))
        of_side = dict(zip(self._vectorize.sides, times))
        inputs = {name: dense(value, of_side.get(name, times[0]), 0) for name, value in inputs.items()}
        return self._vectorize.finished(inputs), dense(targets, times[-1], -1)

    def _lengths_of(self, inputs):
        """Of every side of every example, `(examples, sides)`."""
        lengths = [examples_of(inputs[side]).row_lengths() for side in self._vectorize.sides]
        return np.stack([part.numpy() for part in lengths], axis=1)

    def _check_labels(self, ids, names):
        if names.dtype != tf.string:
            return
        ids, names = (getattr(part, "values", part).numpy() for part in (ids, names))
        unknown = sorted({name.decode() for name in names[ids < 0]})
        labels = self._labels if self._vectorize.labels is None else self._vectorize.labels
        if unknown:
            raise DataError(
                f"{self._split}: the model does not know the label{'s' * (len(unknown) > 1)} "
                f"{', '.join(map(repr, unknown))}{self._first_of(unknown)}; "
                f"it knows {', '.join(map(repr, labels.names))}. "
                "Rename or drop labels with data.label_map."
            )

    def _first_of(self, labels):
        """In brackets, which of some labels comes first, and where."""
        for number, example in enumerate(self._split.examples()):
            tagged = "tags" in example
            for label in example["tags"] if tagged else [example["label"]]:
                if label in labels:
                    return f" ({label!r} first {'in the sentence ' * tagged}at {place_of(example, number)})"
        return ""


def _without_first(plans, skip):
    kept = []
    for batches in plans:
        kept.append(batches[skip:])
        skip = max(0, skip - len(batches))
    return kept


def _flat(batches, sides):
    """A chunk's batches as one array of rows, the number of rows of each, and its times."""
    rows = np.concatenate([*(batch.rows for batch in batches), np.zeros(0, np.int64)]).astype(np.int32)
    sizes, times = [len(batch.rows) for batch in batches], [batch.times for batch in batches]
    return rows, np.array(sizes, np.int64), np.array(times, np.int32).reshape(-1, sides)
