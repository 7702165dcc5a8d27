"""What holds for every app that writes text: stopped runs go on, damaged models and those of others are refused."""

import shutil

import pytest

from apps import captioning, generation, language_model, translation
from apps.sentiment import APP as SENTIMENT
from rnnkit import artifact as artifacts
from rnnkit.command_line import run
from tests.apps import test_captioning, test_generation, test_language_model, test_translation
from tests.apps.helpers import Stopped, assert_same_weights, call, fails

DETERMINISTIC = ("train.deterministic=true", "train.checkpoint.every_steps=2", "train.averaging={decay: 0.9}")
NETWORK = {"units": 4, "embedding_size": 4, "picture": {"backbone": "MobileNetV2", "frozen": False}}
SAMPLING = {"units": 8, "embedding_size": 4, "scheduled_sampling": {"steps": 2, "rate": 0.9}}
CASES = {  # app, its tests, batch size, sections
    "language model": (language_model.APP, test_language_model, 4, {}),
    "translation": (translation.APP, test_translation, 2, {"model": SAMPLING}),
    "captioning": (captioning.APP, test_captioning, 4, {}),
    "network of Keras": (captioning.APP, test_captioning, 4, {"model": NETWORK, "image": {"height": 32, "width": 32}}),
    "generation": (generation.APP, test_generation, 2, {}),
}
QUICK = "language model"


tiny_reports = test_generation.tiny_reports


@pytest.fixture(
    scope="module", params=[case if case == QUICK else pytest.param(case, marks=pytest.mark.slow) for case in CASES]
)
def whole(request, tmp_path_factory):
    """(app, configuration, run that nobody stopped, options)."""
    app, module, batch_size, sections = CASES[request.param]
    path = module.make_project(tmp_path_factory.mktemp(app.name), **sections)
    options = (*DETERMINISTIC, f"train.batch_size={batch_size}")
    call(app, "train", path, *options, "train.name=whole")
    return app, path, path.parent / "runs" / app.name / "whole", options


def test_a_run_that_is_stopped_goes_on_where_it_was(whole, stop_after, monkeypatch, capsys):
    app, path, directory, options = whole
    stopped = directory.with_name("stopped")
    stop_after(3)
    with pytest.raises(Stopped):
        run(app, ["train", str(path), *options, "train.name=stopped"])
    monkeypatch.undo()
    assert "resumed at step 2: " in call(app, "train", "--resume", stopped, capsys=capsys)
    assert_same_weights(directory, stopped)


def test_a_vocabulary_that_does_not_match_the_weights(whole, tmp_path, capsys):
    app, _, directory, _ = whole
    copy = shutil.copytree(directory, tmp_path / "copy")
    state = artifacts.open_artifact(directory).task_state
    [vocabulary] = [part["vocabulary"] for part in _parts(state) if "vocabulary" in part][-1:]
    vocabulary["tokens"].append("Maus")
    vocabulary["counts"].append(1)
    artifacts.write_json(copy / artifacts.TASK, state)
    assert "task.json: is missing or was changed" in fails(app, "evaluate", "--model", copy, capsys=capsys)
    artifacts.seal(copy, (artifacts.TASK,))
    message = fails(app, "evaluate", "--model", copy, capsys=capsys)
    assert "is damaged or of another rnnkit: cannot be built" in message


@pytest.mark.parametrize("name", ["model.weights.h5", "config.yaml", "rnnkit.json"])
def test_damaged_files(whole, name, tmp_path, capsys):
    app, _, directory, _ = whole
    copy = shutil.copytree(directory, tmp_path / "copy")
    (copy / name).write_bytes((copy / name).read_bytes()[:-7])
    message = fails(app, "evaluate", "--model", copy, capsys=capsys)
    assert str(copy / name) in message and "the model is damaged" in message


def test_a_model_of_another_app(whole, capsys):
    app, _, directory, _ = whole
    message = fails(SENTIMENT, "predict", "--model", directory, "one cat", capsys=capsys)
    assert f"is a model of the {app.name} app, not of sentiment" in message


def _parts(state):
    """All dictionaries in what a task keeps."""
    if isinstance(state, dict):
        yield state
        for value in state.values():
            yield from _parts(value)
