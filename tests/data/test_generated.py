"""Datasets that Python functions generate: as long as they are needed, and no longer."""

import gc
import weakref

import tensorflow as tf

from rnnkit.data.generated import from_generator
from tests.training.helpers import batches, fit, sentiment, texts


class Source:
    """Counts to three at every pass."""

    def dataset(self):
        return from_generator(lambda: self.numbers(), tf.TensorSpec((), tf.int32)).map(lambda number: 2 * number)

    def numbers(self):
        yield from range(3)


def test_an_iterator_or_what_was_made_of_a_dataset_keeps_it():
    numbers = iter(Source().dataset().batch(2))
    gc.collect()
    assert [part.numpy().tolist() for part in numbers] == [[0, 2], [4]]
    zipped = tf.data.Dataset.zip(Source().dataset(), Source().dataset())
    gc.collect()
    assert len(list(zipped)) == len(list(zipped)) == 3


def test_nothing_else_does():
    source = Source()
    alive = weakref.ref(source)
    list(source.dataset())
    del source
    gc.collect()
    assert alive() is None


def test_batches_are_let_go():
    made = batches(fit(sentiment(), texts(9)), texts(9))
    assert list(made.epoch(0)) and list(made.epoch(1))
    alive = weakref.ref(made)
    del made
    gc.collect()
    assert alive() is None
