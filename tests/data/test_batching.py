"""Batches: the same for a seed and an epoch, whatever else happens."""

import re

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


@pytest.mark.parametrize("epoch", range(3))
def test_few_shapes_come_in_training(run, batches, epoch):
    found = [np.array(inputs["tokens"]).shape for inputs, _ in tensors(batches.epoch(epoch))]
    parts = 1 if run.data.cache else 4
    assert len(set(found)) <= run.data.buckets + parts
    assert sum(rows == 8 for rows, _ in found) >= len(found) - parts
    if epoch == 0:
        assert len(set(found)) == batches.shapes


@pytest.mark.parametrize("role_of_batches", ["training", "scoring"])
def test_an_epoch_that_is_left_early_harms_no_other(run, fitted, role_of_batches):
    made = make(run, training=role_of_batches == "training", fitted=fitted)
    whole = tensors(made.epoch(1))
    first, second = made.epoch(1), made.epoch(2)
    seen = [next(first), next(second)]
    assert tensors(seen[:1]) + tensors(first) == whole
    second.close()
    assert tensors(made.epoch(1)) == whole


def test_shapes_and_types(batches):
    inputs, targets = next(batches.epoch(0))
    assert inputs.keys() == {"tokens"} and inputs["tokens"].dtype == targets.dtype == tf.int32
    assert inputs["tokens"].shape.rank == 2 and targets.shape == inputs["tokens"].shape[:1]


def test_scoring_goes_through_all_from_short_to_long(run, fitted):
    scored = make(run, training=False, fitted=fitted)
    found = tensors(scored.epoch(0))
    assert found == tensors(scored.epoch(1))
    lengths = [sum(token > 0 for token in row) for inputs, _ in found for row in inputs["tokens"]]
    part = len(lengths) if run.data.cache else run.data.shuffle_buffer
    parts = [lengths[begin : begin + part] for begin in range(0, len(lengths), part)]
    assert len(lengths) == 200 and all(lengths == sorted(lengths) for lengths in parts)


@pytest.mark.parametrize("training", [True, False])
def test_tags_are_padded_with_minus_one_and_cut_with_their_tokens_only_in_training(tmp_path, training):
    write(tmp_path / "train", "a X\nb Y\nc X\nd Y\n\ne Y\n")
    run = tagging(
        files(tmp_path, format="conll", tokens=0, tags=1, buckets=1), text={"max_tokens": 3, "max_characters": 2}
    )
    batches = make(run, training=training)
    [(inputs, targets)] = batches.epoch(0)
    beyond = [] if training else [1]
    assert sorted(targets.numpy().tolist(), reverse=True) == [[1, -1, -1] + [-1] * len(beyond), [0, 1, 0, *beyond]]
    assert targets.dtype == tf.int32
    assert inputs["words"].shape == (2, 3) and inputs["characters"].shape == (2, 3, 2)
    short = targets.numpy()[:, 0] == 1
    assert inputs["words"].numpy()[short, 1:].tolist() == [[0, 0]]
    assert batches.cut == 1 and batches.note_on_cut.startswith(", 1 of them longer than text.max_tokens (3)")


def test_texts_that_are_cut_are_counted(tmp_path):
    write_tsv(tmp_path / "train", EXAMPLES)
    data = files(tmp_path, format="tsv")
    assert make(sentiment(data, text={"max_tokens": 4})).cut == 2
    whole = make(sentiment(data))
    assert whole.cut == 0 and whole.note_on_cut == ""


@pytest.mark.parametrize("cache", [True, False])
def test_a_digest_of_all_that_the_model_reads(tmp_path, cache):
    def digest(examples, **options):
        write_tsv(tmp_path / "train", examples)
        return make(sentiment(files(tmp_path, format="tsv", cache=cache), **options)).digest

    same = digest(EXAMPLES)
    assert digest(EXAMPLES) == same and len(same) == 32
    relabelled = [*EXAMPLES[:-1], EXAMPLES[-1] | {"label": "bad"}]
    changed = [
        digest(EXAMPLES[::-1]),
        digest(EXAMPLES[:-1]),
        digest(relabelled),
        digest(EXAMPLES, text={"min_count": 2}),
    ]
    assert len({same, *changed}) == 5


@pytest.mark.parametrize("training", [True, False])
def test_a_streamed_split_that_cannot_be_read_again(tmp_path, training):
    batches = make(texts(tmp_path, **STREAMED), training=training)
    whole = len(tensors(batches.epoch(0)))
    (tmp_path / "train").rename(tmp_path / "elsewhere")
    with pytest.raises(DataError, match=f"{tmp_path / 'train'}: cannot be read: No such file"):
        list(batches.epoch(1))
    (tmp_path / "elsewhere").rename(tmp_path / "train")
    assert len(tensors(batches.epoch(1))) == whole


def test_a_streamed_split_that_breaks_off(tmp_path):
    batches = make(texts(tmp_path, **STREAMED))
    content = (tmp_path / "train").read_text()
    write(tmp_path / "train", content[: len(content) // 2].rpartition("\t")[0])
    seen = []
    with pytest.raises(DataError, match=r"train:\d+: 1 columns where 2 are expected"):
        seen.extend(batches.epoch(1))
    assert len(seen) < batches.steps_per_epoch


@pytest.mark.parametrize("skip", [0, 3])
def test_a_streamed_split_that_has_become_smaller(tmp_path, skip):
    batches = make(texts(tmp_path, **STREAMED))
    texts(tmp_path, count=100)
    with pytest.raises(DataError, match="train split: has fewer examples than the 200 that were read at first"):
        list(batches.epoch(1, skip=skip))


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
    message = f"labels 'odd', 'so-so' ('so-so' first at {tmp_path}/test:7); it knows 'bad', 'good'"
    with pytest.raises(DataError, match=re.escape(f"test split: the model does not know the {message}")):
        make(run, role="test", training=False)


def test_an_unknown_tag_has_a_place(tmp_path):
    write(tmp_path / "train", "a X\n\nb Y\n")
    write(tmp_path / "test", "a X\n\nb Y\na Z\n")
    run = tagging(files(tmp_path, {"train": "train", "test": "test"}, format="conll", tokens=0, tags=1))
    with pytest.raises(
        DataError, match=re.escape(f"know the label 'Z' ('Z' first in the sentence at {tmp_path}/test:3); it knows")
    ):
        make(run, role="test", training=False)


def test_a_bad_line_of_the_split_keeps_its_message(tmp_path, fitted):
    run = texts(tmp_path)
    write(tmp_path / "train", "text\tlabel\na\ta\nbad\n")
    with pytest.raises(DataError, match="train:3: 1 columns"):
        make(run, fitted=fitted)
    write(tmp_path / "train", "text\tlabel\n")
    with pytest.raises(DataError, match="train split: it has no examples"):
        make(run, fitted=fitted)
