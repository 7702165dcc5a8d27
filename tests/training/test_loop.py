"""Epochs: the best is kept, patience ends, what is not finite stops, an interrupt leaves a checkpoint."""

import csv
import os
import signal

import numpy as np
import pytest

from rnnkit.artifact import WEIGHTS
from rnnkit.errors import DataError, TrainingError
from rnnkit.tasks.base import Report
from rnnkit.training import checkpoint
from rnnkit.training.records import CURVES, HISTORY, LOGS
from tests.training.helpers import sentiment, texts, training

TRAIN, VALIDATION = texts(12), texts(6, seed=1)
FAST = {"batch_size": 6, "optimizer": {"learning_rate": 0.1}}


def scored(directory, scores, train=(), name="accuracy", **sections):
    """(training, weights after each epoch) of a run whose validations give `scores`, one after the other."""
    process = training(sentiment(train={**FAST, **dict(train)}, **sections), directory, TRAIN, VALIDATION)
    seen, coming = [], iter(scores)

    def evaluate(batches):
        seen.append(process.model.get_weights())
        return Report({"loss": 1.0, name: next(coming)})

    process.evaluator = evaluate
    process.train()
    return process, seen


@pytest.mark.parametrize(
    ("monitor", "scores", "best"),
    [
        ("accuracy", [0.5, 0.9, 0.9], 1),
        ("loss", [0.5, 0.4, 0.3], 2),
    ],
)
def test_the_best_epochs_weights_are_kept(tmp_path, monitor, scores, best):
    process, seen = scored(tmp_path, scores, {"epochs": 3, "monitor": monitor}, name=monitor)
    assert process.progress.best_epoch == best and process.progress.best_value == scores[best]
    for kept, expected in zip(process.model.get_weights(), seen[best], strict=True):
        np.testing.assert_array_equal(kept, expected)
    assert any(np.any(one != other) for one, other in zip(seen[best], seen[best - 1]))
    assert not list(tmp_path.glob("best-*"))
    process.model.load_weights(tmp_path / WEIGHTS)
    np.testing.assert_array_equal(process.model.get_weights()[0], seen[best][0])


def test_early_stopping(tmp_path):
    said = []
    run = sentiment(train={**FAST, "epochs": 9, "early_stopping": {"patience": 2, "min_delta": 0.05}})
    process = training(run, tmp_path, TRAIN, VALIDATION, said.append)
    scores = iter([0.5, 0.6, 0.62, 0.61, 0.9])
    process.evaluator = lambda batches: Report({"loss": 1.0, "accuracy": next(scores)})
    progress = process.train()
    assert len(progress.history) == 4 and progress.finished
    assert progress.best_epoch == 2  # better, though not by enough to go on for it
    assert said[-1] == "stopped early: no better accuracy for 2 epochs"
    assert [line.endswith("*") for line in said[:-1]] == [True, True, True, False]


@pytest.mark.parametrize("killed_after", [None, pytest.param(1, marks=pytest.mark.slow), 2])
@pytest.mark.parametrize(
    ("losses", "scores", "best", "epochs"),
    [
        ([3.0, 2.0, 2.5, 1.0, 0.9, 2.0, 1.0], [0.0, 0.0, 0.0, 0.0, 0.1, 0.1, 0.1], 4, 7),
        ([3.0, 2.0, 1.5, 1.0], [0.5, 0.5, 0.5, 0.5], 2, 3),  # better, but no score any more to wait for
    ],
)
def test_of_equal_scores_the_lower_loss_is_better_and_worth_waiting_for_at_zero(
    tmp_path, losses, scores, best, epochs, killed_after
):
    run = sentiment(train={**FAST, "epochs": 9, "early_stopping": {"patience": 2, "min_delta": 0.05}})
    coming = iter(zip(losses, scores))

    def begun():
        process = training(run, tmp_path, TRAIN, VALIDATION)
        process.evaluator = lambda batches: Report(dict(zip(("loss", "accuracy"), next(coming))))
        return process

    if killed_after:
        process, given = begun(), coming
        coming = iter([next(given) for _ in range(killed_after)])
        with pytest.raises(StopIteration):
            process.train()
        coming = given
    process = begun()
    assert process.resume() == bool(killed_after)
    progress = process.train()
    assert len(progress.history) == epochs and progress.best_epoch == best
    assert progress.best_value == scores[best] and progress.waited == 2


def test_without_validation_the_last_epoch_is_kept(tmp_path):
    process = training(sentiment(train={**FAST, "epochs": 2}), tmp_path, TRAIN)
    progress = process.train()
    assert progress.best_epoch == 1 and progress.best_value is None
    last = process.model.get_weights()
    process.model.load_weights(tmp_path / WEIGHTS)
    for one, other in zip(process.model.get_weights(), last):
        np.testing.assert_array_equal(one, other)


def test_averaged_weights_are_validated_and_kept_while_the_others_train_on(tmp_path):
    process = training(sentiment(train={**FAST, "epochs": 1, "averaging": {"decay": 0.9}}), tmp_path, TRAIN, VALIDATION)
    seen = []
    process.evaluator = lambda batches: seen.append(process.model.get_weights()) or Report({"loss": 1.0})
    process.train()
    for kept, validated, average in zip(process.model.get_weights(), seen[0], process.step.averages):
        np.testing.assert_array_equal(kept, average.numpy())
        np.testing.assert_array_equal(validated, average.numpy())
    with np.load(tmp_path / checkpoint.FILE) as archive:
        assert np.any(archive["model.0"] != archive["average.0"])


def test_what_a_run_writes_down(tmp_path):
    run = sentiment(train={**FAST, "epochs": 2, "schedule": {"name": "linear"}})
    process = training(run, tmp_path, TRAIN, VALIDATION)
    steps = process.batches.steps_per_epoch
    history = process.train().history
    with open(tmp_path / HISTORY) as file:
        rows = list(csv.DictReader(file))
    assert [row["epoch"] for row in rows] == ["1", "2"]
    names = {"loss", "validation_loss", "validation_accuracy", "validation_macro_f1", "seconds", "learning_rate"}
    assert names | {f"gradient_norm/{part}" for part in process.step.parts} < set(rows[0])
    last = [0.1 * (1 - (epoch * steps - 1) / (2 * steps)) for epoch in (1, 2)]
    np.testing.assert_allclose([row["learning_rate"] for row in history], last, rtol=1e-5)
    assert history[1]["loss"] < history[0]["loss"]
    assert (tmp_path / CURVES).read_bytes().startswith(b"\x89PNG") and list((tmp_path / LOGS).iterdir())


def test_the_epochs_loss_is_the_mean_over_its_examples(tmp_path):
    """With a learning rate that moves nothing, training and validation on the same examples give the same loss."""
    run = sentiment(train={"batch_size": 5, "epochs": 1, "optimizer": {"name": "sgd", "learning_rate": 1e-12}})
    (row,) = training(run, tmp_path, TRAIN, TRAIN).train().history
    assert row["loss"] == pytest.approx(row["validation_loss"], rel=1e-5)


def test_a_weight_that_is_not_finite_stops_with_its_name(tmp_path):
    def poison(model):
        kernel = model.get_layer("head").kernel
        kernel.assign(np.full(kernel.shape, np.inf, "float32"))

    process = training(sentiment(train={**FAST, "epochs": 1}), tmp_path, TRAIN, prepare=poison)
    with pytest.raises(TrainingError, match=r"step 1 \(epoch 1\).* the weight head/kernel\. Try a lower .*clip_norm"):
        process.train()


def test_a_learning_rate_that_is_far_too_high(tmp_path):
    train = {**FAST, "epochs": 3, "optimizer": {"name": "sgd", "learning_rate": 1e38}, "clip_norm": 1.0}
    process = training(sentiment(train=train), tmp_path, TRAIN)
    with pytest.raises(TrainingError, match=r"step \d \(epoch \d\).*than 1e\+38, train.schedule.warmup_steps=200$"):
        process.train()


@pytest.mark.parametrize("validation", [None, VALIDATION], ids=["", "validated"])
def test_the_last_updates_damage_is_noticed(tmp_path, validation):
    process = training(sentiment(train={**FAST, "steps": 1}), tmp_path, TRAIN, validation)
    step = process.step

    class Damaging:
        def __getattr__(self, name):
            return getattr(step, name)

        def __call__(self, *batch):
            result = step(*batch)
            process.model.get_layer("head").bias.assign([np.nan, 0.0])
            return result

    process.step = Damaging()
    with pytest.raises(TrainingError, match=r"step 1 \(epoch 1\): what the update made .* the weight head/bias"):
        process.train()
    assert not (tmp_path / WEIGHTS).exists() and not list(tmp_path.glob("best-*"))


STREAMED = {"source": "builtin", "name": "reviews", "cache": False}


@pytest.mark.parametrize(
    ("role", "left"),
    [
        ("train", 0),
        ("validation", 7),
        *(pytest.param(*case, marks=pytest.mark.slow) for case in (("train", 7), ("validation", 0))),
    ],
)
def test_streamed_data_that_goes_away(tmp_path, role, left):
    data = {"train": list(TRAIN), "validation": list(VALIDATION) * 2}
    message = "it has no examples" if not left else "has fewer examples than the 12 that were read at first"

    def lose(model, epoch):
        if epoch == 1:
            del data[role][left:]
        return False

    run = sentiment(train={**FAST, "epochs": 3}, data=STREAMED)
    process = training(run, tmp_path, data["train"], data["validation"], before_epoch=lose)
    with pytest.raises(DataError, match=message):
        process.train()
    assert len(process.progress.history) == 1


def test_epochs_end_a_run_whatever_the_steps_are(tmp_path):
    process = training(sentiment(train={**FAST, "epochs": 2}), tmp_path, TRAIN)
    process.total_steps += 1
    progress = process.train()
    assert progress.finished and len(progress.history) == 2


@pytest.mark.parametrize("number", [pytest.param(signal.SIGINT, marks=pytest.mark.slow), signal.SIGTERM])
def test_an_interrupt_leaves_a_checkpoint(tmp_path, number):
    run = sentiment(train={**FAST, "epochs": 3, "batch_size": 3})
    before = signal.getsignal(number)

    def interrupt(model, epoch):
        if epoch == 1:
            os.kill(os.getpid(), number)
        return False

    process = training(run, tmp_path, TRAIN, before_epoch=interrupt)
    with pytest.raises(KeyboardInterrupt):
        process.train()
    assert signal.getsignal(number) == before
    steps = process.batches.steps_per_epoch
    other = training(run, tmp_path, TRAIN)
    assert other.resume() and (other.progress.epoch, other.progress.step) == (1, steps + 1)
    assert other.train().step == 3 * steps


def test_gradual_unfreezing_trains_more_parts_every_epoch(tmp_path):
    kept = []

    def thaw(model, epoch):
        kept.append(model.get_layer("embedding").get_weights()[0])
        changed = model.get_layer("embedding").trainable != (epoch > 0)
        model.get_layer("embedding").trainable = epoch > 0
        return changed

    process = training(sentiment(train={**FAST, "epochs": 3}), tmp_path, TRAIN, before_epoch=thaw)
    process.train()
    np.testing.assert_array_equal(kept[0], kept[1])
    assert np.any(kept[1] != kept[2])
