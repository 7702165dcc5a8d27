"""Batches of pairs and of pictures with captions: the same promises as for texts."""

import re

import numpy as np
import pytest
import tensorflow as tf

from rnnkit.data.batching import Batches
from rnnkit.data.fitting import fit_captions, fit_pairs
from rnnkit.data.loading import load
from rnnkit.errors import DataError
from tests.data.helpers import KINDS, captioned, files, noise, pairs, picture, write

CACHED, STREAMED = {"cache": True}, {"cache": False, "shuffle_buffer": 16}
COUNT = 90


def pair_run(directory, count=COUNT, text=None, **options):
    """A run over pairs; the source of number n is `own<n>` and up to 16 words, the target up to 19."""
    lines = [f"own{n} {'a ' * (n % 17)}\tits{n} {'b ' * ((n + n % 3) % 20)}\n" for n in range(count)]
    write(directory / "train", "source\ttarget\n" + "".join(lines))
    return pairs(files(directory, format="tsv", **options), text=text or {})


def caption_run(directory, count=30, text=None, **options):
    """A run over pictures, of which number n has one to four captions, all with `own<n>`."""
    lines = []
    for n in range(count):
        write(directory / f"{n}.png", picture(noise(4, 4, n)))
        lines += [f"{n}.png\town{n} caption{place} {'word ' * (n % 7)}\n" for place in range(1 + n % 4)]
    write(directory / "train", "".join(lines))
    data = files(directory, format="captions", **options)
    return captioned(data, text=text or {}, image={"height": 4, "width": 4})


RUNS = {"pairs": (pair_run, fit_pairs), "captions": (caption_run, fit_captions)}


@pytest.fixture(scope="module", params=[("pairs", CACHED), ("captions", STREAMED)], ids=["pairs", "captions"])
def made(request, tmp_path_factory):
    """(run, vectorizer)."""
    name, how = request.param
    make_run, fit = RUNS[name]
    run = make_run(tmp_path_factory.mktemp(name), **how)
    return run, fit(run, load(run, KINDS[name]).splits["train"])


@pytest.fixture(scope="module")
def batches(made):
    """For training."""
    return make(*made)


def make(run, vectorizer, seed=7, training=True, batch_size=8):
    return Batches(load(run, KINDS[run.task]).splits["train"], vectorizer, None, run.data, batch_size, seed, training)


def tensors(dataset):
    return [tf.nest.map_structure(lambda tensor: tensor.numpy().tolist(), batch) for batch in dataset]


def ids(row):
    return [token for token in row if token > 0]


def test_an_epoch_is_a_function_of_seed_and_number(made, batches):
    first, again = tensors(batches.epoch(3)), make(*made)
    assert first == tensors(again.epoch(3)) == tensors(batches.epoch(3)) != tensors(batches.epoch(2))
    assert first != tensors(make(*made, seed=8).epoch(3)) and again.digest == batches.digest


@pytest.mark.parametrize("skip", [1, 5])
def test_skipping_is_dropping(batches, skip):
    assert tensors(batches.epoch(2, skip=skip)) == tensors(batches.epoch(2))[skip:]


def test_an_epoch_that_is_left_early_harms_no_other(batches):
    whole = tensors(batches.epoch(1))
    next(batches.epoch(1))
    assert tensors(batches.epoch(1)) == whole


def test_steps_shapes_and_padding_are_those_of_epoch_0(made, batches):
    _, vectorizer = made
    found = tensors(batches.epoch(0))
    assert len(found) == batches.steps_per_epoch
    sides = [[np.array(inputs[side]) for side in vectorizer.sides] for inputs, _ in found]
    assert len({tuple(side.shape for side in parts) for parts in sides}) == batches.shapes
    cells, filled = (sum(fill(side) for parts in sides for side in parts) for fill in (np.size, np.count_nonzero))
    assert batches.padding_waste == pytest.approx(1 - filled / cells)


def test_targets_are_the_inputs_one_step_later(made, batches):
    scored = make(*made, training=False)
    assert scored.digest != batches.digest
    for epoch in (batches.epoch(0), scored.epoch(0)):
        for inputs, targets in epoch:
            target_in, answers = inputs["target_in"].numpy(), targets.numpy()
            assert answers.dtype == np.int32 and answers.shape == target_in.shape
            for read, told in zip(target_in, answers):
                length = np.count_nonzero(read)
                assert read[0] == 2 and told[: length - 1].tolist() == read[1:length].tolist()
                assert told[length - 1] == 3 and (told[length:] == -1).all()


# === pairs ===


@pytest.fixture(scope="module", params=[CACHED, STREAMED], ids=["cached", "streamed"])
def of_pairs(request, tmp_path_factory):
    run = pair_run(tmp_path_factory.mktemp("pairs"), **request.param)
    return run, fit_pairs(run, load(run, "pair").splits["train"])


@pytest.mark.parametrize("training", [True, False])
def test_every_pair_comes_once_with_its_own_target(of_pairs, training):
    run, vectorizer = of_pairs
    batches = make(run, vectorizer, training=training)
    names = [np.array(unit.names, object) for unit in (vectorizer.source, vectorizer.target)]
    seen = []
    for inputs, _ in batches.epoch(0):
        for source, target in zip(inputs["source"].numpy(), inputs["target_in"].numpy()):
            own, its = names[0][source[0]], names[1][target[1]]
            number = int(own.removeprefix("own"))
            assert its == f"its{number}"
            assert len(ids(source)) == 1 + number % 17 and len(ids(target)) == 2 + (number + number % 3) % 20
            seen.append(number)
    assert sorted(seen) == list(range(COUNT)) and batches.examples == COUNT and batches.cut == 0


def test_pairs_of_similar_length_share_a_batch(of_pairs):
    run, vectorizer = of_pairs
    one_bucket = run.data.model_copy(update={"buckets": 1})
    split = load(run, "pair").splits["train"]
    wide = Batches(split, vectorizer, None, one_bucket, 8, 1, True)
    scored, trained = (make(run, vectorizer, training=training) for training in (False, True))
    assert scored.padding_waste < trained.padding_waste < wide.padding_waste


def test_references_are_as_written_for_scoring_only(of_pairs):
    run, vectorizer = of_pairs
    inputs, _ = next(make(run, vectorizer, training=False).epoch(0))
    assert inputs["references"].dtype == tf.string and inputs["references"].shape == (len(inputs["source"]),)
    assert inputs["references"].numpy()[0].startswith(b"its")
    assert next(make(run, vectorizer).epoch(0))[0].keys() == {"source", "target_in"}


def test_either_side_that_is_cut_is_counted(tmp_path):
    text = {"source": {"max_tokens": 15}, "target": {"max_tokens": 18}}
    run = pair_run(tmp_path, text=text)
    batches = make(run, fit_pairs(run, load(run, "pair").splits["train"]))
    cut = sum(n % 17 + 1 > 15 or (n + n % 3) % 20 + 1 > 18 for n in range(COUNT))
    assert batches.cut == cut > 0
    limits = "longer than text.source.max_tokens (15) or text.target.max_tokens (18) and not read to their end"
    assert batches.note_on_cut == f", {cut} of them {limits}"


@pytest.mark.parametrize("side", [0, 1])
def test_a_character_that_is_refused_has_a_place(tmp_path, side):
    write(tmp_path / "train", "source\ttarget\n" + "ab\tab\n" * 2000)
    bad = ["ab", "ab"]
    bad[side] = "aXb"
    write(tmp_path / "test", "source\ttarget\n" + "ab\tab\n" * 1500 + "\t".join(bad) + "\n")
    chars = {"unit": "char", "unknown": "error"}
    data = files(tmp_path, {"train": "train", "test": "test"}, format="tsv")
    run = pairs(data, text={"source": chars, "target": chars})
    splits = load(run, "pair").splits
    vectorizer = fit_pairs(run, splits["train"])
    name = ("source", "target")[side]
    message = f"test split, {tmp_path}/test:1502, {name}: position 1 (from 0): the character 'X' (U+0058)"
    with pytest.raises(DataError, match=re.escape(message)):
        Batches(splits["test"], vectorizer, None, run.data, 8, seed=7, training=False)


def test_a_source_of_50_000_characters_is_cut_and_counted(tmp_path):
    write(tmp_path / "train", "source\ttarget\n" + "ab " * 17_000 + "\tx\nab\ty\n")
    text = {"source": {"unit": "char", "max_tokens": 200}}
    run = pairs(files(tmp_path, format="tsv"), text=text)
    batches = make(run, fit_pairs(run, load(run, "pair").splits["train"]), training=False)
    assert batches.cut == 1
    assert max(inputs["source"].shape[1] for inputs, _ in batches.epoch(0)) == 200


def test_a_streamed_split_that_has_become_smaller(tmp_path):
    run = pair_run(tmp_path, **STREAMED)
    batches = make(run, fit_pairs(run, load(run, "pair").splits["train"]))
    pair_run(tmp_path, count=50)
    with pytest.raises(DataError, match="train split: has fewer examples than the 90 that were read at first"):
        list(batches.epoch(1))


# === pictures ===


@pytest.fixture(scope="module", params=[CACHED, STREAMED], ids=["cached", "streamed"])
def of_pictures(request, tmp_path_factory):
    run = caption_run(tmp_path_factory.mktemp("pictures"), **request.param)
    return run, fit_captions(run, load(run, "caption").splits["train"])


def number_of(vectorizer, row):
    return int(vectorizer.target.names[row[1]].removeprefix("own"))


def check_picture(image, number):
    np.testing.assert_allclose(image, noise(4, 4, number) / 255.0, atol=1e-6)


def test_every_caption_is_trained_on_beside_its_picture(of_pictures):
    run, vectorizer = of_pictures
    batches = make(run, vectorizer)
    seen = []
    for inputs, _ in batches.epoch(1):
        assert inputs["image"].shape[1:] == (4, 4, 3) and inputs["image"].dtype == tf.float32
        for image, row in zip(inputs["image"].numpy(), inputs["target_in"].numpy()):
            number = number_of(vectorizer, row)
            check_picture(image, number)
            seen.append((number, vectorizer.target.names[row[2]]))
    assert sorted(seen) == [(n, f"caption{place}") for n in range(30) for place in range(1 + n % 4)]
    assert batches.examples == len(seen)


def test_every_picture_is_scored_once_with_all_its_captions(of_pictures):
    run, vectorizer = of_pictures
    batches = make(run, vectorizer, training=False)
    seen = []
    for inputs, _ in batches.epoch(0):
        references = inputs["references"].numpy()
        for image, row, texts in zip(inputs["image"].numpy(), inputs["target_in"].numpy(), references):
            number = number_of(vectorizer, row)
            check_picture(image, number)
            assert [text.decode().split()[:2] for text in texts if text] == [
                [f"own{number}", f"caption{place}"] for place in range(1 + number % 4)
            ]
            seen.append(number)
    assert sorted(seen) == list(range(30)) and batches.examples == 30


def test_a_picture_that_is_damaged_between_two_passes_stops_the_epoch(tmp_path):
    run = caption_run(tmp_path, **STREAMED)
    batches = make(run, fit_captions(run, load(run, "caption").splits["train"]))
    write(tmp_path / "7.png", b"no picture")
    with pytest.raises(DataError, match=r"train:\d+: .*7\.png: the picture is no PNG"):
        list(batches.epoch(1))


def test_the_built_in_pictures_become_batches():
    run = captioned({"source": "builtin", "name": "coloured_shapes", "limit": 12})
    batches = make(run, fit_captions(run, load(run, "caption").splits["train"]))
    inputs, _ = next(batches.epoch(0))
    assert inputs["image"].shape[1:] == (64, 64, 3) and batches.examples == 60
