"""Runs that are killed, interrupted or out of luck, and go on."""

import errno
import fcntl
import json
import os
import signal
import subprocess
import sys

import numpy as np
import pytest

from rnnkit.command_line import run
from rnnkit.training import checkpoint
from rnnkit.training.step import TrainStep
from rnnkit.verbs import running
from tests.apps.helpers import APPS, OWN_CELL, Stopped, assert_same_weights, call, fails, make_project, on_one_app

STEPS = 10  # 36 examples in batches of 8: five an epoch
DETERMINISTIC = ("train.deterministic=true", "train.checkpoint.every_steps=3", "train.averaging={decay: 0.9}")
STREAMED = ("model.recurrent_dropout=0.2", "data.cache=false", "data.shuffle_buffer=16", *DETERMINISTIC)
KILLED = """
import os, signal, sys
import numpy
from rnnkit.command_line import run
from apps.sentiment import APP
from rnnkit.training.step import TrainStep
owner, name = {"step": (TrainStep, "__call__"), "checkpoint": (numpy, "savez")}[sys.argv[1]]
function, left = getattr(owner, name), [int(sys.argv[2])]
def dying(first, *others, **named):
    left[0] -= 1
    if not left[0]:
        if name == "savez":
            first.write(b"half a ")
            first.flush()
        os.kill(os.getpid(), signal.SIGKILL)
    return function(first, *others, **named)
setattr(owner, name, dying)
sys.exit(run(APP, sys.argv[3:]))
"""


def resumed(app, monkeypatch, directory, *arguments, capsys):
    """What going on with a run prints."""
    monkeypatch.undo()
    capsys.readouterr()
    return call(app, "train", "--resume", directory, *arguments, capsys=capsys)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A run of sentiment that nobody stopped."""
    path = make_project(tmp_path_factory.mktemp("whole"), "sentiment")
    call(APPS["sentiment"], "train", path, *STREAMED)
    return path


@pytest.mark.parametrize(
    ("place", "number", "where"),
    [
        pytest.param("step", 5, "step 3: epoch 1, batch 4", marks=pytest.mark.slow),  # in the middle of an epoch
        ("checkpoint", 3, "step 5: epoch 2, batch 1"),  # half of the file for step 6 is written
    ],
)
def test_killed(whole, place, number, where, capsys):
    options = ("train", str(whole), *STREAMED, f"train.name=killed-{place}")
    died = subprocess.run([sys.executable, "-c", KILLED, place, str(number), *options], capture_output=True, text=True)
    assert died.returncode == -signal.SIGKILL, died.stderr
    directory = whole.parent / "runs" / "sentiment" / f"killed-{place}"
    assert len(list(directory.glob(".writing-*"))) == (place == "checkpoint")
    assert f"resumed at {where}" in call(APPS["sentiment"], "train", "--resume", directory, capsys=capsys)
    assert not list(directory.glob(".writing-*"))
    assert_same_weights(whole.parent / "runs" / "sentiment" / "tiny", directory)


@pytest.mark.slow
def test_stopped_between_the_best_weights_and_the_checkpoint(whole, monkeypatch, capsys):
    save = checkpoint.save

    def stopping(directory, variables, progress):
        if progress.history:
            raise Stopped
        save(directory, variables, progress)

    monkeypatch.setattr(checkpoint, "save", stopping)
    with pytest.raises(Stopped):
        run(APPS["sentiment"], ["train", str(whole), *STREAMED, "train.name=unsaved"])
    directory = whole.parent / "runs" / "sentiment" / "unsaved"
    assert (directory / "best-0.weights.h5").exists()
    assert "resumed at step 3:" in resumed(APPS["sentiment"], monkeypatch, directory, capsys=capsys)
    assert_same_weights(whole.parent / "runs" / "sentiment" / "tiny", directory)


@pytest.mark.slow
def test_stopped_while_the_result_is_scored(whole, monkeypatch, capsys):
    def stopping(*arguments):
        raise Stopped

    monkeypatch.setattr(running, "score", stopping)
    with pytest.raises(Stopped):
        run(APPS["sentiment"], ["train", str(whole), *STREAMED, "train.name=unscored"])
    directory = whole.parent / "runs" / "sentiment" / "unscored"
    printed = resumed(APPS["sentiment"], monkeypatch, directory, capsys=capsys)
    assert f"resumed at step {STEPS}:" in printed and "test split" in printed
    assert (directory / "metrics.json").exists() and not (directory / "checkpoint.npz").exists()
    assert_same_weights(whole.parent / "runs" / "sentiment" / "tiny", directory)


@pytest.mark.parametrize(
    "left",
    [
        *(pytest.param(names, marks=pytest.mark.slow) for names in ((), (".writing-x-task.json",))),
        ("task.json", "config.yaml"),
    ],
    ids=len,
)
def test_killed_before_its_first_files(left, tmp_path, capsys):
    app, path = APPS["sentiment"], make_project(tmp_path, "sentiment")
    directory = tmp_path / "runs" / "sentiment" / "named"
    directory.mkdir(parents=True)
    for name in left:
        (directory / name).write_text("{")
    assert "no run has begun there; give the train command again" in fails(
        app, "train", "--resume", directory, capsys=capsys
    )
    call(app, "train", path, "train.name=named", "train.steps=1")
    assert (directory / "model.weights.h5").exists() and not list(directory.glob(".writing-*"))


def test_a_directory_that_is_not_free(tmp_path, capsys):
    app, path = APPS["sentiment"], make_project(tmp_path, "sentiment")
    directory = tmp_path / "runs" / "sentiment" / "named"
    directory.mkdir(parents=True)
    handle = os.open(directory, os.O_RDONLY)
    fcntl.flock(handle, fcntl.LOCK_EX)  # as another process does that has not begun yet
    assert f"train.name: {directory} exists" in fails(app, "train", path, "train.name=named", capsys=capsys)
    os.close(handle)
    (directory / "config.yaml").write_text("mine: all mine")
    assert f"train.name: {directory} exists" in fails(app, "train", path, "train.name=named", capsys=capsys)
    assert (directory / "config.yaml").read_text() == "mine: all mine"


def test_what_another_process_trains_or_has_other_data(stop_after, monkeypatch, tmp_path, capsys):
    app, path = APPS["sentiment"], make_project(tmp_path, "sentiment")
    stop_after(2)
    with pytest.raises(Stopped):
        run(app, ["train", str(path), "train.checkpoint.every_steps=1"])
    monkeypatch.undo()
    directory, corpus = tmp_path / "runs" / "sentiment" / "tiny", tmp_path / "train.tsv"
    handle = os.open(directory, os.O_RDONLY)
    fcntl.flock(handle, fcntl.LOCK_EX)
    message = fails(app, "train", "--resume", directory, capsys=capsys)
    assert f"{directory}: another process is training in it" in message
    os.close(handle)
    corpus.write_text(corpus.read_text() + "the film is dull\tnegative\n")
    message = fails(app, "train", "--resume", directory, capsys=capsys)
    assert "data.splits.train: is no longer what" in message and "36 examples then, 37 now" in message
    assert not (directory / "model.weights.h5").exists()


@pytest.mark.slow
def test_before_the_first_checkpoint(whole, stop_after, monkeypatch, capsys):
    app = APPS["sentiment"]
    stop_after(2)
    with pytest.raises(Stopped):
        run(app, ["train", str(whole), *STREAMED, "train.name=early"])
    directory = whole.parent / "runs" / "sentiment" / "early"
    monkeypatch.undo()
    message = fails(app, "export", "--model", directory, capsys=capsys)
    assert f"has no weights yet; go on with: train --resume {directory}" in message
    assert "no checkpoint was written yet: starting anew" in resumed(app, monkeypatch, directory, capsys=capsys)
    assert_same_weights(whole.parent / "runs" / "sentiment" / "tiny", directory)


@pytest.fixture(scope="module")
def tuned(trained):
    """The configuration of a fine-tuning and what nobody stopped made of it."""
    path, versions = trained.folder / "more.yaml", trained.folder / "versions"
    call(trained.app, "export", "--model", trained.run, f"export.directory={versions}")
    options = f"from: {versions / trained.app.name}, gradual_unfreezing: true, learning_rates: {{embedding: 0.1}}"
    path.write_text(f"extends: {trained.config}\nseed: 5\nfinetune: {{{options}}}")
    call(trained.app, "finetune", path, *DETERMINISTIC)
    return path


@on_one_app
@pytest.mark.parametrize("number", [7, pytest.param(1, marks=pytest.mark.slow)])
def test_finetuning_goes_on_alike(trained, tuned, number, stop_after, monkeypatch, capsys):
    """finetune.from means the newest version when the run begins, whatever is exported before it goes on."""
    stop_after(number)
    with pytest.raises(Stopped):
        run(trained.app, ["finetune", str(tuned), *DETERMINISTIC, f"train.name=stopped-{number}"])
    runs, versions = trained.run.parent, trained.folder / "versions"
    if number == 1:
        call(trained.app, "export", "--model", runs / "more", f"export.directory={versions}")
    printed = resumed(trained.app, monkeypatch, runs / f"stopped-{number}", capsys=capsys)
    if number == 1:
        assert "starting anew" in printed and f"starting from {versions / trained.app.name / '1'}\n" in printed
    else:
        assert "resumed at step 6" in printed and "starting from" not in printed
    assert_same_weights(runs / "more", runs / f"stopped-{number}")


def test_interrupted_by_the_user(whole, monkeypatch, capsys):
    app, step = APPS["sentiment"], TrainStep.__call__
    calls = []

    def interrupted(self, inputs, targets):
        calls.append(1)
        if len(calls) == 4:
            os.kill(os.getpid(), signal.SIGINT)
        return step(self, inputs, targets)

    monkeypatch.setattr(TrainStep, "__call__", interrupted)
    directory = whole.parent / "runs" / "sentiment" / "interrupted"
    message = fails(app, "train", whole, *STREAMED, "train.name=interrupted", capsys=capsys, code=130)
    assert f"stopped at step 4; go on with: python -m apps.sentiment train --resume {directory}" in message
    assert "resumed at step 4:" in resumed(app, monkeypatch, directory, capsys=capsys)
    assert_same_weights(whole.parent / "runs" / "sentiment" / "tiny", directory)


def test_own_cell_has_to_be_named_again(stop_after, monkeypatch, tmp_path, capsys):
    app, path = APPS["sentiment"], make_project(tmp_path, "sentiment")
    stop_after(3)
    with pytest.raises(Stopped):
        run(app, ["train", str(path), f"model.cell={OWN_CELL}", "train.epochs=1"])
    directory = tmp_path / "runs" / "sentiment" / "tiny"
    monkeypatch.undo()
    assert f"add: model.cell={OWN_CELL}" in fails(app, "train", "--resume", directory, capsys=capsys)
    assert "starting anew" in call(app, "train", "--resume", directory, f"model.cell={OWN_CELL}", capsys=capsys)


def test_what_cannot_be_resumed(trained, tmp_path, capsys):
    def message(*arguments):
        return fails(trained.app, "train", *arguments, capsys=capsys)

    assert "is trained to its end; to train further, use it in finetune.from" in message("--resume", trained.run)
    assert "is a SavedModel; a run directory is needed" in message("--resume", trained.saved_model)
    assert "no such run directory" in message("--resume", tmp_path / "nowhere")
    (tmp_path / "notes.txt").touch()
    assert "neither a run directory nor a SavedModel" in message("--resume", tmp_path)
    assert "give either a CONFIG or --resume RUN" in message()
    assert "give either a CONFIG or --resume RUN" in message(trained.config, "--resume", trained.run)


def test_a_resumed_run_is_the_same_run(stop_after, monkeypatch, tmp_path, capsys):
    app, path = APPS["sentiment"], make_project(tmp_path, "sentiment")
    stop_after(2)
    with pytest.raises(Stopped):
        run(app, ["train", str(path), "train.checkpoint.every_steps=1"])
    directory = tmp_path / "runs" / "sentiment" / "tiny"
    monkeypatch.undo()
    message = fails(app, "train", "--resume", directory, "train.epochs=9", capsys=capsys)
    assert "train.epochs: a resumed run goes on exactly as it began" in message
    (directory / "checkpoint.npz").write_bytes((directory / "checkpoint.npz").read_bytes()[:-999])
    message = fails(app, "train", "--resume", directory, capsys=capsys)
    assert "not a checkpoint or damaged" in message and "remove it to start this run anew" in message


def test_a_full_disk_loses_nothing(monkeypatch, tmp_path, capsys):
    app, path = APPS["sentiment"], make_project(tmp_path, "sentiment")
    savez, saved = np.savez, []

    def full(file, **arrays):
        saved.append(file)
        if len(saved) == 3:
            file.write(b"half a ")
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        savez(file, **arrays)

    monkeypatch.setattr(np, "savez", full)
    message = fails(app, "train", path, *DETERMINISTIC, capsys=capsys)
    directory = tmp_path / "runs" / "sentiment" / "tiny"
    assert f"{directory / 'checkpoint.npz'}: cannot be written" in message and "the disk is full" in message
    assert not list(directory.glob(".writing-*"))
    assert "resumed at step 5" in resumed(app, monkeypatch, directory, capsys=capsys)


def test_a_full_disk_at_the_end_loses_nothing(monkeypatch, tmp_path, capsys):
    app, path = APPS["sentiment"], make_project(tmp_path, "sentiment")
    directory = tmp_path / "runs" / "sentiment" / "tiny"
    fsync = os.fsync

    def full(number):
        if "metrics.json" in os.readlink(f"/proc/self/fd/{number}"):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        fsync(number)

    monkeypatch.setattr(os, "fsync", full)
    assert "metrics.json: cannot be written" in fails(app, "train", path, capsys=capsys)
    assert "test split" in resumed(app, monkeypatch, directory, capsys=capsys)
    assert json.loads((directory / "metrics.json").read_text())["steps"] == STEPS


def test_a_full_disk_while_exporting(sentiment, monkeypatch, tmp_path, capsys):
    import shutil

    copyfile = shutil.copyfile

    def full(source, target, **options):
        if str(target).endswith(".h5"):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return copyfile(source, target, **options)

    folder = f"export.directory={tmp_path}"
    call(sentiment.app, "export", "--model", sentiment.run, folder)
    monkeypatch.setattr(shutil, "copyfile", full)
    message = fails(sentiment.app, "export", "--model", sentiment.run, folder, capsys=capsys)
    assert f"{tmp_path / 'sentiment' / '2'}: cannot be written" in message and "the disk is full" in message
    assert [path.name for path in (tmp_path / "sentiment").iterdir()] == ["1"]
