"""What is taken for a trained model, and what is said of anything else."""

import json
import shutil

import pytest
import tensorflow as tf

from rnnkit import __version__
from rnnkit.artifact import CONFIG, MANIFEST, TASK, WEIGHTS, begin, open_artifact, seal
from rnnkit.errors import ArtifactError
from tests.training.helpers import sentiment

STATE = {"labels": {"names": ["a", "ž"]}}
RUN = sentiment()


@pytest.fixture
def run(tmp_path):
    """A finished run."""
    directory = tmp_path / "run"
    begin(directory, RUN, STATE)
    (directory / WEIGHTS).write_bytes(b"weights")
    seal(directory, (WEIGHTS,))
    return directory


def version(run, directory):
    """A made-up SavedModel of a run."""
    shutil.copytree(run, directory / "assets.extra")
    (directory / "saved_model.pb").touch()
    return directory


def refused(path, match, app=None):
    with pytest.raises(ArtifactError, match=match) as raised:
        open_artifact(path, app)
    assert str(path) in str(raised.value)


def test_a_run(run):
    artifact = open_artifact(str(run), "sentiment")
    assert (artifact.path, artifact.directory, artifact.saved_model) == (run, run, None)
    assert artifact.run == RUN and artifact.task_state == STATE and artifact.weights == run / WEIGHTS
    manifest = json.loads((run / MANIFEST).read_text())
    assert manifest["rnnkit"] == __version__ and set(manifest["sha256"]) == {CONFIG, TASK, WEIGHTS}


def test_a_saved_model_and_the_newest_of_several(run, tmp_path):
    for number in ("2", "10", "9", "notes"):
        version(run, tmp_path / "models" / number)
    artifact = open_artifact(tmp_path / "models" / "2")
    assert (
        artifact.saved_model == tmp_path / "models" / "2"
        and artifact.directory == artifact.saved_model / "assets.extra"
    )
    newest = open_artifact(tmp_path / "models")
    assert newest.saved_model == newest.path == tmp_path / "models" / "10"


def test_weights_of_an_unfinished_run(run):
    (run / WEIGHTS).unlink()
    manifest = json.loads((run / MANIFEST).read_text())
    del manifest["sha256"][WEIGHTS]
    (run / MANIFEST).write_text(json.dumps(manifest))
    artifact = open_artifact(run)
    with pytest.raises(ArtifactError, match=f"{run}: has no weights yet; go on with: train --resume {run}"):
        _ = artifact.weights
    (run / "best-2.weights.h5").touch()
    assert artifact.weights == run / "best-2.weights.h5"


def test_nothing_there(tmp_path):
    refused(tmp_path / "nowhere", "no such run directory or SavedModel")


@pytest.mark.parametrize("kind", ["empty", "file", "versions"])
def test_no_model(tmp_path, kind):
    path = tmp_path / "thing"
    if kind == "file":
        path.write_text("x")
    else:
        (path / "3" if kind == "versions" else path).mkdir(parents=True)
    refused(path, "is neither a run directory nor a SavedModel")


def test_a_foreign_saved_model(tmp_path):
    tf.saved_model.save(tf.Module(), str(tmp_path / "theirs"))
    refused(tmp_path / "theirs", r"is a SavedModel that rnnkit did not export")


def test_another_apps_model(run):
    refused(run, "is a model of the sentiment app, not of tagging", app="tagging")


@pytest.mark.parametrize("name", [CONFIG, TASK, WEIGHTS])
@pytest.mark.parametrize("damage", ["changed", "cut", "gone"])
def test_damage_that_a_digest_shows(run, name, damage):
    path = run / name
    content = path.read_bytes()
    path.unlink() if damage == "gone" else path.write_bytes(content[:-1] + b"?" * (damage == "changed"))
    refused(run, f"{name}: is missing or was changed since it was written; the model is damaged")


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", "null", '{"format": 2, "sha256": {}}', '{"format": 1}', '{"format": 1, "sha256": []}', "\x00"],
)
def test_a_manifest_that_is_none(run, content):
    (run / MANIFEST).write_text(content)
    refused(run, f"{MANIFEST}: (cannot be read|is of a format that rnnkit)")


def test_files_that_a_manifest_does_not_guard_are_still_checked(run):
    (run / MANIFEST).write_text('{"format": 1, "app": "sentiment", "sha256": {}}')
    (run / TASK).write_bytes(b"\xff")
    refused(run, f"{TASK}: cannot be read")
    (run / CONFIG).write_text("task: sentiment\nmodel: {units: -1}\n")
    refused(run, f"{CONFIG} is no configuration that rnnkit wrote, or is damaged")
    (run / CONFIG).unlink()
    refused(run, CONFIG)
