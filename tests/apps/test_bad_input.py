"""A user's mistakes: each gets a message that names the thing, exit code 2, no stack trace, and nothing is lost."""

import json
import shutil
from pathlib import Path

import pytest
import tensorflow as tf

from tests.apps.helpers import APPS, SHAPES, SUFFIX, Trained, call, fails, make_project, write_rows

TEXT = "the film is so good"


@pytest.fixture
def project(request, trained, tmp_path) -> Trained:
    """An app's configuration and corpus to spoil."""
    return Trained(trained.app, make_project(tmp_path, trained.app.name), trained.run, trained.saved_model)


def edited(project: Trained, **sections) -> Path:
    """The project's configuration with some sections changed."""
    content = json.loads(project.config.read_text())
    content |= {name: {**content.get(name, {}), **values} for name, values in sections.items()}
    project.config.write_text(json.dumps(content))
    return project.config


def refused(project: Trained, *overrides, capsys) -> str:
    """What training says; it has left nothing behind."""
    message = fails(project.app, "train", project.config, *overrides, capsys=capsys)
    assert not list(project.folder.glob("runs/*/*")), "a run that never began left something behind"
    return message


# === configuration ===


def test_configuration(trained, tmp_path, capsys):
    app, other = trained.app, next(app for app in APPS.values() if app.name != trained.app.name)

    def message(*arguments, app=app):
        return fails(app, *arguments, capsys=capsys)

    assert "nowhere.yaml" in message("train", "nowhere.yaml")
    assert "model.unist" in message("train", trained.config, "model.unist=3")
    assert f"python -m apps.{app.name}" in message("train", trained.config, app=other)
    assert f"python -m apps.{app.name}" in message("config", "check", trained.config, app=other)
    assert "No such command 'trian'" in message("trian", trained.config)
    assert "Missing argument 'CONFIG'" in message("finetune")
    assert "finetune.from: missing" in message("finetune", trained.config).replace("finetune: ", "")
    binary = tmp_path / "binary.yaml"
    binary.write_bytes(b"task: caf\xe9\n")
    assert "binary.yaml" in message("config", "check", binary)


def test_a_fine_tuning_is_not_trained_from_scratch_by_mistake(trained, tmp_path, capsys):
    path = tmp_path / "more.yaml"
    path.write_text(f"extends: {trained.config}\nfinetune: {{from: {trained.run}}}")
    assert f"use: python -m apps.{trained.app.name} finetune {path}" in fails(trained.app, "train", path, capsys=capsys)


def test_a_name_that_is_taken(trained, capsys):
    message = fails(trained.app, "train", trained.config, "train.name=tiny", capsys=capsys)
    assert f"train.name: {trained.run} exists" in message


def test_a_place_that_cannot_be_written(project, capsys):
    (project.folder / "file").touch()
    assert "cannot be made" in refused(project, f"train.directory={project.folder / 'file'}", capsys=capsys)


def test_a_gpu_where_there_is_none(project, monkeypatch, capsys):
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind=None: [])
    assert "train.device: gpu is asked for and TensorFlow sees none" in refused(
        project, "train.device=gpu", capsys=capsys
    )


# === data ===


def test_data_that_is_not_there(project, capsys):
    name = f"train.{SUFFIX[project.app.name]}"
    (project.folder / name).unlink()
    assert f"there is no file {project.folder / name}" in refused(project, capsys=capsys)


def test_another_encoding(project, capsys):
    path = project.folder / f"train.{SUFFIX[project.app.name]}"
    lines = path.read_bytes().splitlines()
    lines[6] = lines[6].replace(b"the", "thé".encode("latin-1"))
    path.write_bytes(b"\n".join(lines))
    assert f"{path}:7: not UTF-8: byte 0xe9" in refused(project, capsys=capsys)


def test_an_empty_corpus(project, capsys):
    write_rows(project.folder / f"train.{SUFFIX[project.app.name]}", project.app.name, [])
    assert "train split: it has no examples" in refused(project, capsys=capsys)


def test_an_empty_held_out_split(project, capsys):
    write_rows(project.folder / f"validation.{SUFFIX[project.app.name]}", project.app.name, [])
    assert "validation split: it has no examples" in refused(project, capsys=capsys)


def test_one_class_only(project, capsys):
    path = project.folder / f"train.{SUFFIX[project.app.name]}"
    if project.app.name == "sentiment":
        write_rows(path, "sentiment", [(TEXT, "positive"), ("the cast", "positive")])
    else:
        path.write_text('{"tokens": ["a", "b"], "tags": ["X", "X"]}\n' * 3)
    assert "one class only" in refused(project, capsys=capsys)


def test_an_unknown_label_in_a_held_out_split(project, capsys):
    path = project.folder / f"validation.{SUFFIX[project.app.name]}"
    write_rows(path, project.app.name, [(TEXT, "mixed")])
    message = refused(project, capsys=capsys)
    assert "validation split: the model does not know the label 'mixed' ('mixed' first " in message
    assert f" at {path}:" in message and "it knows" in message


def test_an_unknown_label_at_evaluation(project, capsys):
    path = write_rows(project.folder / f"odd.{SUFFIX[project.app.name]}", project.app.name, [(TEXT, "mixed")])
    message = fails(project.app, "evaluate", "--model", project.run, f"data.splits={{test: {path}}}", capsys=capsys)
    assert (
        "test split: the model does not know the label 'mixed' ('mixed' first " in message and f" at {path}:" in message
    )


def test_evaluation_without_that_split(trained, capsys):
    message = fails(trained.app, "evaluate", "--model", trained.run, "data.splits.test=null", capsys=capsys)
    assert "evaluate.split: got 'test', but data.splits names no test examples" in message


def test_texts_that_are_too_long_are_told(project, capsys):
    printed = call(project.app, "train", project.config, "text.max_tokens=3", "train.epochs=1", capsys=capsys)
    for role, count in (("train", 36), ("test", 18)):
        note = f"{count} of them longer than text.max_tokens (3) and not read to their end"
        assert f"{role} split, {count} examples, {note}" in printed


def test_a_data_set_that_tfds_does_not_have(project, capsys):
    content = json.loads(project.config.read_text())
    content["data"] = {"source": "tfds", "data_dir": str(project.folder), "download": False, "name": "no_such_data"}
    project.config.write_text(json.dumps(content))
    assert "no_such_data" in refused(project, capsys=capsys)
    name = {"sentiment": "imdb_reviews", "tagging": "conll2003"}[project.app.name]
    message = refused(project, f"data.name={name}", capsys=capsys)
    assert name in message and "data.download" in message


# === models ===


def test_a_model_that_is_none(trained, tmp_path, capsys):
    app, other = trained.app, next(app for app in APPS.values() if app.name != trained.app.name)
    foreign = tmp_path / "foreign"
    tf.saved_model.save(tf.Module(), str(foreign))
    for verb in (["predict", TEXT], ["evaluate"], ["export"]):
        assert "nowhere: no such run directory or SavedModel" in fails(app, *verb, "--model", "nowhere", capsys=capsys)
        assert "a SavedModel that rnnkit did not export" in fails(app, *verb, "--model", foreign, capsys=capsys)
        assert "neither a run directory nor a SavedModel" in fails(app, *verb, "--model", tmp_path, capsys=capsys)
        for model in (trained.run, trained.saved_model):
            message = fails(other, *verb, "--model", model, capsys=capsys)
            assert f"is a model of the {app.name} app, not of {other.name}" in message
        assert "Missing option '--model'" in fails(app, *verb, capsys=capsys)


@pytest.mark.parametrize("where", ["run", "saved_model"])
@pytest.mark.parametrize(
    ("name", "spoil"),
    [
        ("model.weights.h5", lambda content: content[:-700]),
        ("task.json", lambda content: content.replace(b"film", b"flim")),
        ("config.yaml", lambda content: content.replace(b"units: 4", b"units: 5")),
        ("rnnkit.json", lambda content: content[:20]),
    ],
)
def test_damaged_files(trained, where, name, spoil, tmp_path, capsys):
    model = shutil.copytree(getattr(trained, where), tmp_path / "model")
    path = (model / "assets.extra" if where == "saved_model" else model) / name
    spoiled = spoil(path.read_bytes())
    assert spoiled != path.read_bytes()
    path.write_bytes(spoiled)
    for verb in (["predict", TEXT], ["evaluate"], ["export", f"export.directory={tmp_path / 'out'}"]):
        message = fails(trained.app, *verb, "--model", model, capsys=capsys)
        assert str(path) in message and "the model is damaged" in message
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "name", ["saved_model.pb", "variables/variables.index", "variables/variables.data-00000-of-00001"]
)
@pytest.mark.parametrize("keep", [0, 0.5, None])
def test_a_damaged_graph(sentiment, name, keep, tmp_path, capsys):
    model = shutil.copytree(sentiment.saved_model, tmp_path / "model")
    content = (model / name).read_bytes()
    (model / name).unlink()
    if keep is not None:
        (model / name).write_bytes(content[: int(keep * len(content))])
    message = fails(sentiment.app, "predict", "--model", model, TEXT, capsys=capsys)
    assert str(model) in message


def test_a_folder_of_versions_means_the_newest(sentiment, tmp_path, capsys):
    for version in ("2", "10"):
        shutil.copytree(sentiment.saved_model, tmp_path / "models" / version)
    (tmp_path / "models" / "2" / "saved_model.pb").write_bytes(b"")
    assert call(sentiment.app, "predict", "--model", tmp_path / "models", TEXT, capsys=capsys)


def test_shapes_cover_every_app():
    assert set(SHAPES) == set(SUFFIX) == set(APPS)
