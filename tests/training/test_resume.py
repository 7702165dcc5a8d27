"""Killed at any step and resumed, a deterministic run ends as if it had never been interrupted."""

import shutil

import numpy as np
import pytest

from rnnkit.errors import DataError
from rnnkit.training import checkpoint, loop, runtime
from tests.training.helpers import NOISE, sentiment, texts, training

TRAIN, VALIDATION = texts(24), texts(12, seed=1)
ALL_AT_ONCE = {
    "batch_size": 5,
    "clip_norm": 0.5,
    "averaging": {"decay": 0.9},
    "schedule": {"name": "cosine", "warmup_steps": 3, "final": 0.1},
    "optimizer": {"name": "adam", "learning_rate": 0.05},
    "checkpoint": {"every_steps": 1},
    "deterministic": True,
}


def outcome(run, directory):
    """(final weights, every variable of the last checkpoint, history) of a run that goes on in `directory`."""
    with runtime.started(run.train, run.seed):
        process = training(run, directory, TRAIN, VALIDATION)
        resumed = process.resume()
        progress = process.train()
    with np.load(directory / checkpoint.FILE) as archive:
        variables = {name: archive[name] for name in archive.files if name != "progress"}
    history = [{key: value for key, value in row.items() if key != "seconds"} for row in progress.history]
    return resumed, process.model.get_weights(), variables, history


def killed_everywhere(run, directory, monkeypatch):
    """The outcome of a run, and copies of its directory just before and just after every checkpoint it wrote."""
    copies, write = [], checkpoint.save

    def save(target, variables, progress):
        for moment in ("before", "after"):
            place = target.with_name(f"{target.name}-{len(copies)}")
            if moment == "after":
                write(target, variables, progress)
            shutil.copytree(target, place)
            copies.append((place, moment, progress.epoch, progress.step))

    with monkeypatch.context() as patch:
        patch.setattr(loop.checkpoint, "save", save)
        return outcome(run, directory), copies


def assert_same(one, other):
    for array, expected in zip(one[1], other[1], strict=True):
        np.testing.assert_array_equal(array, expected)
    assert set(one[2]) == set(other[2])
    for name, expected in other[2].items():
        np.testing.assert_array_equal(one[2][name], expected, err_msg=name)
    assert one[3] == other[3]


FEW = (0, 1, 3, 6)  # of the moments below


@pytest.mark.parametrize("chosen", [FEW, pytest.param(range(8), marks=pytest.mark.slow)], ids=["few", "all"])
def test_resumed_in_every_part_of_an_epoch(chosen, tmp_path, monkeypatch, op_determinism):
    run = sentiment(model=NOISE, train=ALL_AT_ONCE | {"epochs": 2})
    whole, copies = killed_everywhere(run, tmp_path / "run", monkeypatch)
    assert not whole[0] and len(whole[3]) == 2
    steps = copies[-1][3]
    epoch = steps // 2
    wanted = [
        ("before", 0, 1),  # nothing written yet: starts anew
        ("after", 0, epoch // 2),  # in the middle of an epoch
        ("after", 0, epoch),  # all its steps done, not yet validated
        ("before", 1, epoch),  # best weights written, the epoch's end not
        ("after", 1, epoch),  # between epochs
        ("after", 1, steps - 1),
        ("after", 1, steps),  # after the last step
        ("after", 2, steps),  # finished, the weights not yet chosen
    ]
    places = {tuple(rest): place for place, *rest in copies}
    for moment in (wanted[place] for place in chosen):
        resumed = outcome(run, places[moment])
        assert resumed[0] == (moment != wanted[0]), moment
        assert_same(resumed, whole)


@pytest.mark.parametrize(
    "moments",
    [[("after", 1, 7)], pytest.param([("after", 1, 8), ("after", 2, 8)], marks=pytest.mark.slow)],
    ids=["few", "more"],
)
def test_resumed_in_steps_mode(moments, tmp_path, monkeypatch, op_determinism):
    run = sentiment(model={"word_dropout": 0.3}, train=ALL_AT_ONCE | {"steps": 8})
    whole, copies = killed_everywhere(run, tmp_path / "run", monkeypatch)
    assert [row["step"] for row in whole[3]] == [5, 8]  # the last epoch is cut short
    places = {tuple(rest): place for place, *rest in copies}
    for moment in moments:
        assert_same(outcome(run, places[moment]), whole)


@pytest.fixture(scope="module")
def begun(tmp_path_factory):
    """The directory of a run of one epoch, and its configuration."""
    directory = tmp_path_factory.mktemp("begun")
    run = sentiment(train=ALL_AT_ONCE | {"epochs": 1, "deterministic": False})
    training(run, directory, TRAIN).train()
    return directory, run


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (TRAIN[:-1], r"24 examples then, 23 now; put the old data back, or train a new run"),
        ([TRAIN[1], TRAIN[0], *TRAIN[2:]], r"as many examples, 24, but others"),
        (
            [TRAIN[0] | {"label": "good" if TRAIN[0]["label"] == "bad" else "bad"}, *TRAIN[1:]],
            "as many examples, 24, but others",
        ),
    ],
    ids=["fewer", "moved", "relabelled"],
)
def test_another_corpus_is_refused(begun, changed, message):
    directory, run = begun
    with pytest.raises(DataError, match=rf"data\.splits\.train: is no longer what {directory} began with: {message}"):
        training(run, directory, changed).resume()
    assert training(run, directory, TRAIN).resume()


def test_another_seed_ends_elsewhere(tmp_path, op_determinism):
    ends = []
    for seed in (1, 2):
        run = sentiment(model=NOISE, train=ALL_AT_ONCE | {"steps": 2}, seed=seed)
        with runtime.started(run.train, run.seed):
            process = training(run, tmp_path / f"run-{seed}", TRAIN)
            process.train()
        ends.append(process.model.get_weights())
    assert not all(np.array_equal(one, other) for one, other in zip(*ends))


@pytest.mark.parametrize("lost", [("model",), ("optimizer",), ("average",), ("iteration",)])
def test_no_group_of_variables_can_be_left_out(tmp_path, lost):
    run = sentiment(model=NOISE, train=ALL_AT_ONCE | {"epochs": 1, "deterministic": False})
    process = training(run, tmp_path / "run", TRAIN)
    variables = process.step.variables
    assert set(variables) == {"model", "optimizer", "average", "iteration"} and all(variables.values())
    kept = {group: members for group, members in variables.items() if group not in lost}
    checkpoint.save(tmp_path, kept, process.progress)
    with pytest.raises(checkpoint.ArtifactError, match="another model"):
        checkpoint.load(tmp_path, variables)
