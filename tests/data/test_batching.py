"""Batches: the same for a seed and an epoch, whatever else happens."""

import numpy as np
import pytest
import tensorflow as tf

from rnnkit.data.batching import Batches
from rnnkit.data.fitting import fit_text, fit_tokens
from rnnkit.data.loading import load
from rnnkit.errors import DataError
from tests.data.helpers import EXAMPLES, files, sentiment, tagging, write, write_tsv


def texts(directory, count=200, **options):
    """A run over `count` texts of 0 to 19 words, each with a word of its own."""
    examples = [
        {"text": f"own{number} " * (number % 3 > 0) + "word " * (number % 19), "label": "ab"[number % 2]}
        for number in range(count)
    ]
    write_tsv(directory / "train", examples)
    return sentiment(files(directory, format="tsv", **options))


def make(run, role="train", seed=7, training=True, batch_size=8, fitted=None):
    kind, fit = ("text", fit_text) if run.task == "sentiment" else ("tokens", fit_tokens)
    splits = load(run, kind).splits
    vectorizer, labels = fitted or fit(run, splits["train"])
    return Batches(splits[role], vectorizer, labels, run.data, batch_size, seed, training)


def tensors(dataset):
    return [tf.nest.map_structure(lambda tensor: tensor.numpy().tolist(), batch) for batch in dataset]


CACHED, STREAMED = {"cache": True}, {"cache": False, "shuffle_buffer": 64}


@pytest.fixture(scope="module", params=[CACHED, STREAMED], ids=["cached", "streamed"])
def run(tmp_path_factory, request):
    return texts(tmp_path_factory.mktemp("texts"), **request.param)


@pytest.fixture(scope="module")
def fitted(run):
    return fit_text(run, load(run, "text").splits["train"])


@pytest.fixture(scope="module")
def batches(run, fitted):
    return make(run, fitted=fitted)


def test_same_seed_and_epoch_same_tensors_in_a_new_object(run, fitted, batches):
    assert tensors(batches.epoch(3)) == tensors(make(run, fitted=fitted).epoch(3)) == tensors(batches.epoch(3))


def test_other_epochs_and_seeds_have_other_orders(run, fitted, batches):
    other = make(run, seed=8, fitted=fitted)
    orders = [tensors(batches.epoch(0)), tensors(batches.epoch(1)), tensors(other.epoch(0))]
    assert orders[0] != orders[1] != orders[2] != orders[0]


@pytest.mark.parametrize("skip", [1, 9, 20])
def test_skipping_is_dropping(batches, skip):
    assert tensors(batches.epoch(2, skip=skip)) == tensors(batches.epoch(2))[skip:]


def test_skipping_all_leaves_nothing(batches):
    assert tensors(batches.epoch(0, skip=batches.steps_per_epoch)) == []


@pytest.mark.parametrize("epoch", range(3))
def test_every_example_comes_once_an_epoch_in_the_promised_number_of_steps(batches, epoch):
    found = tensors(batches.epoch(epoch))
    own = [token for inputs, _ in found for row in inputs["tokens"] for token in set(row) if token > 2]
    labels = [target for _, targets in found for target in targets]
    assert len(found) == batches.steps_per_epoch
    assert batches.examples == len(labels) == 200 and sum(labels) == 100
    assert len(own) == len(set(own)) == sum(number % 3 > 0 for number in range(200))


def test_padding_waste_is_that_of_epoch_0(batches):
    cells = [np.array(inputs["tokens"]) for inputs, _ in tensors(batches.epoch(0))]
    padding, total = sum((part == 0).sum() for part in cells), sum(part.size for part in cells)
    assert batches.padding_waste == pytest.approx(padding / total)


def test_shapes_and_types_are_known_before_the_first_batch(batches):
    inputs, targets = batches.epoch(0).element_spec
    assert inputs == {"tokens": tf.TensorSpec((None, None), tf.int32)} and targets == tf.TensorSpec((None,), tf.int32)


def test_a_dataset_outlives_its_batches(run):
    dataset = make(run).epoch(0)
    assert len(tensors(dataset)) > 0


def test_scoring_goes_through_all_in_a_known_order(run, fitted):
    scored = make(run, training=False, fitted=fitted)
    found = tensors(scored.epoch(0))
    assert found == tensors(scored.epoch(1))
    assert sorted(scored.order) == list(range(200))
    assert [target for _, targets in found for target in targets] == [place % 2 for place in scored.order]


def test_tags_are_padded_with_minus_one_and_cut_with_their_tokens(tmp_path):
    write(tmp_path / "train", "a X\nb Y\nc X\nd Y\n\ne Y\n")
    run = tagging(files(tmp_path, format="conll", tokens=0, tags=1), text={"max_tokens": 3, "max_characters": 2})
    [(inputs, targets)] = make(run, training=False).epoch(0)
    assert targets.numpy().tolist() == [[1, -1, -1], [0, 1, 0]] and targets.dtype == tf.int32
    assert inputs["words"].shape == (2, 3) and inputs["characters"].shape == (2, 3, 2)
    assert inputs["words"].numpy()[0, 1:].tolist() == [0, 0]


def test_empty_texts_only_make_one_step(tmp_path):
    write_tsv(tmp_path / "train", EXAMPLES)
    write_tsv(tmp_path / "test", [{"text": "", "label": "bad"}] * 3)
    run = sentiment(files(tmp_path, {"train": "train", "test": "test"}, format="tsv"))
    [(inputs, _)] = make(run, role="test", training=False).epoch(0)
    assert inputs["tokens"].numpy().tolist() == [[0]] * 3


@pytest.mark.parametrize("cache", [True, False])
def test_unknown_labels_are_named_before_any_step(tmp_path, cache):
    write_tsv(tmp_path / "train", EXAMPLES)
    write_tsv(tmp_path / "test", [*EXAMPLES, {"text": "x", "label": "so-so"}, {"text": "y", "label": "odd"}])
    run = sentiment(files(tmp_path, {"train": "train", "test": "test"}, format="tsv", cache=cache))
    message = "test split: the model does not know the labels 'odd', 'so-so'; it knows 'bad', 'good'"
    with pytest.raises(DataError, match=message):
        make(run, role="test", training=False)


def test_a_bad_line_of_the_split_keeps_its_message(tmp_path, fitted):
    run = texts(tmp_path)
    write(tmp_path / "train", "text\tlabel\na\ta\nbad\n")
    with pytest.raises(DataError, match="train:3: 1 columns"):
        make(run, fitted=fitted)
    write(tmp_path / "train", "text\tlabel\n")
    with pytest.raises(DataError, match="train split: it has no examples"):
        make(run, fitted=fitted)
