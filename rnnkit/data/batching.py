"""Batches of similar length, in an order that is a function of (seed, epoch) alone."""

from collections.abc import Iterator
from functools import cached_property
from hashlib import blake2b

import numpy as np
import tensorflow as tf

from rnnkit.config.schema import Data
from rnnkit.data.corpus import Split
from rnnkit.data.planning import Planned, boundaries, by_length, padded_cells, shuffled
from rnnkit.data.text import TextVectorizer, TokenVectorizer, to_dense
from rnnkit.data.vocabulary import Labels
from rnnkit.errors import DataError

_READ = 1024  # examples vectorized at a time


class Batches:
    """The padded batches of a split.

    With `data.cache` the vectorized corpus stays in memory and is shuffled as a whole. Otherwise every epoch streams
    it in parts of `data.shuffle_buffer` examples, and batches are made within a part. Shuffled training batches are
    drawn from buckets of similar length and padded to the bucket's limit, so that few shapes come; batches for scoring
    go from short to long texts and never change. For scoring, sentences keep the tags of tokens beyond
    `text.max_tokens`, which the model does not read, so that they count.

    Args:
        split: The examples.
        vectorize: Makes a model's inputs of them.
        labels: The ids of labels or tags.
        data_config: Says how to cache, shuffle and bucket.
        batch_size: Examples of a batch; one batch of a part may have fewer, for scoring any.
        seed: Seed of the order.
        training: Whether to shuffle.

    Attributes:
        examples: How many examples there are.
        cut: How many of them are longer than `text.max_tokens`.
        digest: Stands for everything that they hold, in their order, as the model reads it.

    Raises:
        DataError: If an example cannot be read, there is none, or one has a label that `labels` does not know.
    """

    def __init__(
        self,
        split: Split,
        vectorize: TextVectorizer | TokenVectorizer,
        labels: Labels,
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
        blocks, lengths, digest = [], [], blake2b(digest_size=16)
        with split.errors():
            for block, names, cut in self._blocks():
                self._check_labels(block[1], names)
                lengths.append(_lengths(block[0]))
                self.cut += int(cut.numpy().sum())
                for part in tf.nest.flatten(block, expand_composites=True):
                    digest.update(part.numpy().tobytes())
                blocks += [block] if data_config.cache else []
        self.digest = digest.hexdigest()
        self._lengths = np.concatenate(lengths) if lengths else np.zeros(0, np.int64)
        self.examples = len(self._lengths)
        self._chunk_size = self.examples if data_config.cache else data_config.shuffle_buffer
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
        """How many shapes (batch, time) the batches of epoch 0 have; those of other epochs hardly have others."""
        return len({(len(batch.rows), batch.time) for batches in self._first_plans for batch in batches})

    @property
    def note_on_cut(self) -> str:
        """How many examples are read in part, to be said after how many there are; nothing where all are whole."""
        limit = f"longer than text.max_tokens ({self._vectorize.text.max_tokens}) and not read to their end"
        return f", {self.cut:,} of them {limit}" if self.cut else ""

    def epoch(self, number: int, skip: int = 0) -> Iterator[tuple[dict, tf.Tensor]]:
        """The batches of an epoch, without the first `skip` ones.

        Args:
            number: The epoch, from 0.
            skip: Batches that were already trained on.

        Yields:
            `(inputs, targets)`: the vectorizer's tensors, and int32 `(batch,)` for labels or `(batch, time)` for tags,
            padded with -1.

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
        self._coming = map(_flat, plans)
        return iter(self._dataset)

    @cached_property
    def _dataset(self) -> tf.data.Dataset:
        """The batches of the plans in `_coming` when it is iterated. To build it takes longer than many an epoch."""
        vectors = (tf.TensorSpec((None,), tf.int32), tf.TensorSpec((None,), tf.int64), tf.TensorSpec((None,), tf.int32))
        plans = tf.data.Dataset.from_generator(lambda: self._coming, output_signature=vectors)
        dataset = tf.data.Dataset.zip(self._chunks, plans).flat_map(_batches_of_chunk)
        options = tf.data.Options()
        options.deterministic = True
        return dataset.with_options(options).prefetch(2)

    @cached_property
    def _first_plans(self):
        return self._plans(0)

    def _plans(self, epoch) -> list[list[Planned]]:
        """For every chunk its batches."""
        return [self._plan(epoch, number) for number in range(-(-self.examples // self._chunk_size))]

    def _plan(self, epoch, number):
        lengths = self._chunk_lengths(number)
        if not self._training:
            return by_length(lengths, self._batch_size)
        generator = np.random.default_rng([self._seed, epoch, number])
        return shuffled(lengths, self._boundaries, self._batch_size, generator)

    def _chunk_lengths(self, number):
        return self._lengths[number * self._chunk_size : (number + 1) * self._chunk_size]

    @cached_property
    def _chunks(self) -> tf.data.Dataset:
        """Vectorized, unpadded parts of the split: one if it is cached."""
        if self._chunk is not None:
            return tf.data.Dataset.from_tensors(self._chunk)
        return self._blocks().map(lambda block, *_: block).unbatch().ragged_batch(self._chunk_size)

    def _blocks(self) -> tf.data.Dataset:
        """Vectorized, unpadded examples in order: `((inputs, targets), label names, whether they were cut)`."""
        source, target = ("text", "label") if self._split.kind == "text" else ("tokens", "tags")

        def vectorized(batch):
            inputs, cut = self._vectorize.ragged(batch[source])
            names = batch[target]
            if self._training and isinstance(names, tf.RaggedTensor):
                names = names[:, : self._vectorize.text.max_tokens]
            return (inputs, self._labels.encode(names)), names, cut

        return self._split.batches(_READ).map(vectorized, tf.data.AUTOTUNE, deterministic=True).prefetch(2)

    def _check_labels(self, targets, names):
        targets, names = (getattr(part, "values", part).numpy() for part in (targets, names))
        unknown = sorted({name.decode() for name in names[targets < 0]})
        if unknown:
            raise DataError(
                f"{self._split}: the model does not know the label{'s' * (len(unknown) > 1)} "
                f"{', '.join(map(repr, unknown))}; it knows {', '.join(map(repr, self._labels.names))}. "
                "Rename or drop labels with data.label_map."
            )


def _lengths(inputs):
    return next(iter(inputs.values())).row_lengths().numpy()


def _without_first(plans, skip):
    kept = []
    for batches in plans:
        kept.append(batches[skip:])
        skip = max(0, skip - len(batches))
    return kept


def _flat(batches):
    """A chunk's batches as one array of rows, the number of rows of each, and the time of each."""
    rows = np.concatenate([*(batch.rows for batch in batches), np.zeros(0, np.int64)]).astype(np.int32)
    sizes, times = [len(batch.rows) for batch in batches], [batch.time for batch in batches]
    return rows, np.array(sizes, np.int64), np.array(times, np.int32)


def _batches_of_chunk(chunk, plan):
    rows, sizes, times = plan
    rows = tf.RaggedTensor.from_row_lengths(rows, sizes, validate=False)
    examples = tf.nest.flatten(chunk)[0].nrows(tf.int32)

    def batch(chosen, time):
        inputs, targets = tf.nest.map_structure(lambda feature: tf.gather(feature, chosen), chunk)
        if isinstance(targets, tf.RaggedTensor):
            targets = to_dense({"targets": targets}, time, padding=-1)["targets"]
        return to_dense(inputs, time), targets

    planned = tf.data.Dataset.from_tensor_slices((rows, times))
    there = planned.take_while(lambda chosen, _: tf.reduce_all(chosen < examples))
    return there.map(batch, tf.data.AUTOTUNE)
