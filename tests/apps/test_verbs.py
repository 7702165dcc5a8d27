"""Every verb of every app, as a user runs it."""

import csv
import json
import subprocess
import sys

import pytest
import tensorflow as tf

from rnnkit import config
from tests.apps.helpers import APPS, SUFFIX, assert_same_weights, call, near, on_one_app, records, tags, write_rows

SENTENCE = "the film is so good"


@pytest.mark.parametrize("name", APPS)
def test_help_is_quick_because_tensorflow_stays_out(name):
    code = (
        f"import sys; from apps.{name} import APP; from rnnkit.command_line import run; "
        "code = run(APP, ['train', '--help']); "
        "heavy = {'tensorflow', 'keras', 'numpy'} & set(sys.modules); sys.exit(f'imported {heavy}' if heavy else code)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "--resume RUN" in done.stdout


def test_list_of_apps(capsys):
    from apps.__main__ import main

    main()
    printed = capsys.readouterr().out
    for app in APPS.values():
        assert app.name in printed and app.shape in printed
    assert main(["sentiment", "train"]) == 2
    assert "write python -m apps.sentiment train" in capsys.readouterr().err


def test_config_verbs(trained, capsys):
    app, path = trained.app, trained.config
    assert call(app, "config", "check", path, capsys=capsys) == f"{path}: valid\n"
    shown = call(app, "config", "show", path, "train.batch_size=16", capsys=capsys)
    (trained.folder / "shown.yaml").write_text(shown)
    expected = config.load(path, ["train.batch_size=16"], task=app.name)
    assert config.load(trained.folder / "shown.yaml", task=app.name) == expected
    schema = json.loads(call(app, "config", "schema", capsys=capsys))
    assert "train" in schema["properties"]


def test_run_directory_is_complete(trained):
    names = {path.name for path in trained.run.iterdir()}
    table = {"sentiment": {"test_table.txt", "test_confusion.png"}, "tagging": {"test_table.txt"}}[trained.app.name]
    assert names == table | {
        "config.yaml", "task.json", "rnnkit.json", "history.csv", "logs", "curves.png", "model.weights.h5",
        "metrics.json", "model_card.md",
    }  # fmt: skip
    metrics = json.loads((trained.run / "metrics.json").read_text())
    assert metrics["epochs"] == 2 and metrics["test"]["loss"] >= 0.0 and metrics["test"]["baselines"]
    card = (trained.run / "model_card.md").read_text()
    assert (
        "test 18" in card and {"sentiment": "majority class", "tagging": "most frequent tag"}[trained.app.name] in card
    )


def test_history_has_the_gradient_norm_of_each_part(trained):
    rows = list(csv.DictReader((trained.run / "history.csv").open()))
    parts = {"embedding", "recurrent_1", "head"} | ({"characters"} if trained.app.name == "tagging" else set())
    norms = {key.removeprefix("gradient_norm/"): key for key in rows[0] if key.startswith("gradient_norm/")}
    assert set(norms) == parts and [row["epoch"] for row in rows] == ["1", "2"]
    assert all(float(row[key]) > 0 for row in rows for key in norms.values())
    logged = {
        value.tag
        for file in (trained.run / "logs").iterdir()
        for event in tf.compat.v1.train.summary_iterator(str(file))
        for value in event.summary.value
    }
    assert {"loss", "learning_rate", "epoch/validation_loss", "gradient_norm/recurrent_1"} <= logged


def test_evaluate_a_run_and_its_export_alike(trained, capsys):
    of_run = call(trained.app, "evaluate", "--model", trained.run, capsys=capsys)
    of_export = call(trained.app, "evaluate", "--model", trained.saved_model, capsys=capsys)
    assert of_run.splitlines()[1:] == of_export.splitlines()[1:]
    assert "test split, 18 examples" in of_run and "this model (lstm)" in of_run


@on_one_app
def test_evaluate_on_other_data(trained, capsys):
    before = (trained.run / "test_table.txt").read_bytes()
    write_rows(trained.folder / f"other.{SUFFIX[trained.app.name]}", trained.app.name, [(SENTENCE, "positive")] * 3)
    splits = f"data.splits={{test: other.{SUFFIX[trained.app.name]}}}"
    printed = call(trained.app, "evaluate", "--model", trained.run, splits, capsys=capsys)
    assert "test split, 3 examples" in printed
    assert (trained.run / "test_table.txt").read_bytes() == before, "the run's own table was overwritten"
    printed = call(trained.app, "evaluate", "--model", trained.run, "evaluate.split=validation", capsys=capsys)
    assert "validation split, 15 examples" in printed


@on_one_app
def test_a_corpus_without_test_split_is_scored_on_validation(trained, capsys):
    directory = f"train.directory={trained.folder / 'no_test'}"
    printed = call(
        trained.app, "train", trained.config, "data.splits.test=null", "train.steps=1", directory, capsys=capsys
    )
    assert "validation split, 15 examples" in printed


def test_exports_count_up(trained, tmp_path, capsys):
    folder = f"export.directory={tmp_path / 'models'}"
    for version in (1, 2):
        printed = call(trained.app, "export", "--model", trained.run, folder, "export.name=mine", capsys=capsys)
        path = tmp_path / "models" / "mine" / str(version)
        assert printed.startswith(str(path)) and f"predict --model {path}" in printed
    again = call(trained.app, "export", "--model", trained.saved_model, folder, "export.name=mine", capsys=capsys)
    assert again.startswith(str(tmp_path / "models" / "mine" / "3"))
    extra = tmp_path / "models" / "mine" / "3" / "assets.extra"
    assert {path.name for path in extra.iterdir()} == {
        "config.yaml", "task.json", "rnnkit.json", "metrics.json", "model_card.md", "model.weights.h5",
    }  # fmt: skip


@on_one_app
def test_run_and_export_predict_alike_also_in_a_fresh_process(trained, monkeypatch, capsys):
    texts = [SENTENCE, "the plot is very dull", "words never seen"]
    of_run = records(call(trained.app, "predict", "--model", trained.run, "--format", "jsonl", *texts, capsys=capsys))
    versions = trained.saved_model.parent  # the newest version below it is meant
    command = [
        sys.executable,
        "-m",
        f"apps.{trained.app.name}",
        "predict",
        "--model",
        str(versions),
        "--format",
        "jsonl",
    ]
    monkeypatch.delenv("TF_CPP_MIN_LOG_LEVEL")  # what the app itself sets is enough to keep TensorFlow quiet
    done = subprocess.run([*command, *texts], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    of_export = records(done.stdout)
    assert of_export == near(of_run)


def test_finetune_with_a_new_label_and_new_words(trained, tmp_path, capsys):
    app, suffix = trained.app, SUFFIX[trained.app.name]
    rows = [("the soup is rather average", "neutral"), (SENTENCE, "positive"), ("the soup is rather dull", "negative")]
    for role in ("train", "validation"):
        write_rows(tmp_path / f"{role}.{suffix}", app.name, rows * 3)
    path = tmp_path / "more.yaml"
    content = {
        "task": app.name,
        "finetune": {
            "from": str(trained.run),
            "freeze": ["embedding"],
            "gradual_unfreezing": True,
            "learning_rates": {"recurrent": 0.1},
        },
        "data": {
            **config.load(trained.config).data.model_dump(exclude={"directory", "splits"}),
            "directory": str(tmp_path),
            "splits": {role: f"{role}.{suffix}" for role in ("train", "validation")},
        },
        "train": {"directory": str(tmp_path / "runs"), "epochs": 2},
    }
    path.write_text(json.dumps(content))
    printed = call(app, "finetune", path, capsys=capsys)
    assert "3 new\n" in printed and "labels new: neutral" in printed and "gone: none" in printed
    assert ", frozen" in next(line for line in printed.splitlines() if line.startswith("  embedding"))
    assert "validation split, 9 examples" in printed
    predicted = call(
        app, "predict", "--model", tmp_path / "runs" / app.name / "more", SENTENCE, "--format", "jsonl", capsys=capsys
    )
    if app.name == "sentiment":
        assert set(records(predicted)[0]["scores"]) == {"positive", "negative", "neutral"}
    else:
        assert len(records(predicted)[0]["tokens"]) == len(tags(SENTENCE.split(), ""))


@on_one_app
def test_the_saved_configuration_gives_the_same_run(trained, capsys):
    folder = trained.folder / "same"
    call(trained.app, "train", trained.config, "train.deterministic=true", f"train.directory={folder}", "train.steps=3")
    first = folder / trained.app.name / "tiny"
    printed = call(trained.app, "train", first / "config.yaml", capsys=capsys)
    second = folder / trained.app.name / "tiny-2"  # named after the run, and never over it
    assert str(second) in printed
    assert_same_weights(first, second)
