"""States that go from batch to batch: as one long sequence, forgotten where rows begin, and back to the bit."""

import shutil

import numpy as np
import pytest
import tensorflow as tf

from rnnkit.data.streams import ScoringWindows
from rnnkit.models.language_model import initial_states, read
from rnnkit.training import checkpoint, loop, runtime
from rnnkit.training.carrying import with_states
from rnnkit.training.diagnosis import first_not_finite
from rnnkit.training.evaluation import Evaluator
from rnnkit.training.loop import Training, length
from rnnkit.training.step import TrainStep
from tests.tasks.language_models import TEXTS, documents, made, run_of
from tests.training.helpers import HERE

STILL = {"optimizer": {"name": "sgd", "learning_rate": 1e-30}}
LONG = TEXTS * 8
RUNS = {
    "lstm": {"layers": 2},
    "gru": {"cell": "gru"},
    "min_gru": {"cell": "min_gru"},
    "window": {"kind": "window", "context": 4},
}


def stepping(run):
    """(task, model, step, training windows)."""
    task, model = made(run)
    windows = task.batches(documents(LONG), training=True)
    return task, model, TrainStep(task, model, run.train, HERE, 100, shapes=windows.shapes), windows


@pytest.mark.parametrize("model", RUNS.values(), ids=RUNS)
def test_windows_one_after_another_are_one_long_sequence(model):
    task, network, step, windows = stepping(run_of(model, STILL))
    batches = list(windows.epoch(0))
    tokens, targets = (np.concatenate([np.asarray(part) for part in parts], axis=1)
                       for parts in ([i["tokens"] for i, _ in batches], [t for _, t in batches]))  # fmt: skip
    logits, ends = read(network, tokens, initial_states(network, 2))
    whole, _ = task.loss(network, {"logits": logits}, tf.constant(targets))
    total = sum(float(step(*batch).total) for batch in batches)
    assert total == pytest.approx(float(whole), rel=1e-4)
    for name, state in step.states.items():
        np.testing.assert_allclose(state, ends[name], atol=1e-5)


def test_an_epoch_begins_from_nothing():
    _, _, step, windows = stepping(run_of({}, STILL))
    first = [float(step(*batch).total) for batch in windows.epoch(0)]
    assert [float(step(*batch).total) for batch in windows.epoch(0)] == pytest.approx(first, rel=1e-5)
    cold = [float(step({**inputs, "begins": tf.constant([True, True])}, targets).total)
            for inputs, targets in windows.epoch(0)]  # fmt: skip
    assert cold[0] == pytest.approx(first[0], rel=1e-5) and cold[1] != pytest.approx(first[1], rel=1e-5)


def test_only_rows_that_begin_forget():
    states = {"one": tf.ones([3, 2]), "other": tf.fill([3, 4], 7)}
    found = with_states({"tokens": 1, "begins": tf.constant([False, True, False])}, states)
    assert set(found) == {"tokens", "one", "other"}
    np.testing.assert_array_equal(found["one"], [[1, 1], [0, 0], [1, 1]])
    assert found["other"].dtype == tf.int32 and found["other"].numpy().sum(axis=1).tolist() == [28, 0, 28]
    batch = {"words": 1}
    assert with_states(batch, {}) is batch


def test_gradients_are_cut_between_windows():
    """The update is that of each window alone, its state given."""
    run = run_of({"cell": "simple"}, {"optimizer": {"name": "sgd", "learning_rate": 0.5}})
    task, network, step, windows = stepping(run)
    batches = list(windows.epoch(0))[:2]
    step(*batches[0])
    states = {name: tf.convert_to_tensor(state) for name, state in step.states.items()}
    before = [variable.numpy() for variable in network.trainable_variables]
    with tf.GradientTape() as tape:
        logits, _ = read(network, batches[1][0]["tokens"], states, training=True)
        total, weight = task.loss(network, {"logits": logits}, batches[1][1])
        loss = total / weight
    gradients = tape.gradient(loss, [variable.value for variable in network.trainable_variables])
    step(*batches[1])
    for old, variable, gradient in zip(before, network.trainable_variables, gradients):
        np.testing.assert_allclose(variable, old - 0.5 * tf.convert_to_tensor(gradient).numpy(), atol=1e-5)


def test_rows_of_scoring_need_not_be_those_of_training():
    task, network = made()
    evaluate = Evaluator(task, network)
    losses = [evaluate(ScoringWindows(task._stream(documents(LONG)), rows, 50)).metrics["loss"] for rows in (3, 1)]
    assert losses[0] == pytest.approx(losses[1], rel=0.01)


def test_what_is_not_finite_is_found_with_its_state():
    run = run_of({}, {"optimizer": {"name": "sgd", "learning_rate": 1.0}})
    task, network, step, windows = stepping(run)
    batch = next(windows.epoch(0))
    step.states["state_1_1"].assign(tf.fill([2, 5], np.nan))
    result = step({**batch[0], "begins": tf.constant([False, False])}, batch[1])
    assert not bool(result.finite)
    assert "recurrent" in first_not_finite(task, network, result.inputs, batch[1])


# === killed and resumed ===

ALL_AT_ONCE = {
    "clip_norm": 0.5,
    "averaging": {"decay": 0.9},
    "schedule": {"name": "cosine", "warmup_steps": 3, "final": 0.1},
    "optimizer": {"name": "adam", "learning_rate": 0.05},
    "checkpoint": {"every_steps": 1},
    "deterministic": True,
    "batch_size": 3,
    "window": 16,
}
NOISE = {"dropout": 0.2, "embedding_dropout": 0.2, "recurrent_dropout": 0.2, "zoneout": 0.1, "word_dropout": 0.1}


def outcome(run, directory):
    """(whether it went on, weights, variables of the last checkpoint, history) of a run that goes on in `directory`."""
    with runtime.started(run.train, run.seed):
        task, model = made(run, LONG)
        windows = task.batches(documents(LONG), training=True)
        step = TrainStep(task, model, run.train, HERE, length(run, windows.steps_per_epoch)[0])
        directory.mkdir(exist_ok=True)
        validation = task.batches(documents(TEXTS, "validation"))
        process = Training(task, model, run, step, windows, validation, directory, lambda line: None)
        resumed = process.resume()
        progress = process.train()
    with np.load(directory / checkpoint.FILE) as archive:
        variables = {name: archive[name] for name in archive.files if name != "progress"}
    history = [{key: value for key, value in row.items() if key != "seconds"} for row in progress.history]
    return resumed, model.get_weights(), variables, history


DEEP, WINDOW = NOISE | {"layers": 2}, {"kind": "window", "dropout": 0.2}
MIDDLE, EDGES = ((0, 0.5), (1, 1.0)), ((0, 0.25), (1, 0.5))  # (epochs ended, share of the steps done)


@pytest.mark.parametrize(
    ("model", "moments"),
    [
        (DEEP, MIDDLE),
        *(pytest.param(*case, marks=pytest.mark.slow) for case in ((DEEP, EDGES), (WINDOW, MIDDLE + EDGES))),
    ],
    ids=["lstm", "lstm, more", "window"],
)
def test_resumed_anywhere_it_ends_the_same(model, moments, tmp_path, monkeypatch, op_determinism):
    run = run_of(model, ALL_AT_ONCE | {"epochs": 2})
    copies, write = {}, checkpoint.save

    def save(target, variables, progress):
        write(target, variables, progress)
        place = target.with_name(f"at-{progress.epoch}-{progress.step}")
        copies[progress.epoch, progress.step] = shutil.copytree(target, place)

    with monkeypatch.context() as patch:
        patch.setattr(loop.checkpoint, "save", save)
        whole = outcome(run, tmp_path / "run")
    assert not whole[0] and len(whole[3]) == 2
    steps = max(step for _, step in copies)
    assert any(name.startswith("states.") and np.any(value) for name, value in whole[2].items())
    for moment in ((epochs, min(int(share * steps), steps - 1)) for epochs, share in moments):
        found = outcome(run, copies[moment])
        assert found[0], moment
        for array, expected in zip(found[1], whole[1], strict=True):
            np.testing.assert_array_equal(array, expected)
        assert found[2].keys() == whole[2].keys()
        for name, expected in whole[2].items():
            np.testing.assert_array_equal(found[2][name], expected, err_msg=name)
        assert found[3] == whole[3]


def test_a_lost_state_would_be_noticed(tmp_path):
    _, _, step, _ = stepping(run_of())
    variables = step.variables
    assert set(variables) == {"model", "optimizer", "average", "iteration", "states"}
    checkpoint.save(
        tmp_path, {name: each for name, each in variables.items() if name != "states"}, checkpoint.Progress()
    )
    with pytest.raises(checkpoint.ArtifactError, match="another model"):
        checkpoint.load(tmp_path, variables)
