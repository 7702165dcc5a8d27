"""A language model as what sentiment and tagging start from, as a user sees it."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from apps.language_model import APP as LANGUAGE_MODEL
from apps.translation import APP as TRANSLATION
from rnnkit import artifact as artifacts
from rnnkit import config
from rnnkit.command_line import run
from tests.apps.helpers import (
    APPS,
    OWN_CELL,
    Stopped,
    Trained,
    assert_same_weights,
    call,
    fails,
    make_project,
    near,
    records,
    weights,
)
from tests.tasks.language_models import run_of

NETWORK = {"units": 4, "embedding_size": 4}
DETERMINISTIC = ("train.deterministic=true", "train.checkpoint.every_steps=3")


@pytest.fixture(scope="module")
def pretrained(tmp_path_factory):
    """A language model of the words of labelled texts, and what stands for its export."""
    folder = tmp_path_factory.mktemp("pretraining")
    content = json.loads(make_project(folder, "sentiment").read_text()) | {
        "task": "language_model",
        "text": {"unit": "word", "lowercase": True, "newlines": True},
        "model": {**NETWORK, "tie_weights": True},
    }
    content["train"] |= {"epochs": 1, "window": 8}
    path = folder / "words.yaml"
    path.write_text(json.dumps(content))
    call(LANGUAGE_MODEL, "train", path)
    directory = folder / "runs" / "language_model" / "words"
    exported = folder / "saved_models" / "language_model" / "1"
    shutil.copytree(directory, exported / "assets.extra")
    (exported / "saved_model.pb").touch()  # fine-tuning reads what lies beside the graph
    return Trained(LANGUAGE_MODEL, path, directory, exported)


def tuning(folder: Path, source, name="sentiment", **sections) -> Path:
    """Writes a corpus of an app, and a configuration that goes on from a language model with it."""
    path = make_project(folder, name)
    content = json.loads(path.read_text()) | {"finetune": {"from": str(source)}, "model": {"dropout": 0.1}}
    path = folder / "more.yaml"
    path.write_text(json.dumps(content | sections))
    return path


def begun(folder: Path, text=(), **model) -> Path:
    """The run directory of a language model that was not trained yet."""
    folder.mkdir(exist_ok=True)
    return artifacts.begin(folder, run_of(model, text={"unit": "word", **dict(text)}), {}).directory


def test_sentiment_keeps_what_is_frozen_and_says_what_it_took(pretrained, tmp_path, capsys):
    path = tuning(tmp_path, pretrained.saved_model, model={"pooling": ["last", "max", "mean"], "units": 4})
    frozen = "finetune.freeze=[embedding, recurrent]"
    printed = call(APPS["sentiment"], "finetune", path, frozen, "train.epochs=1", "text.min_count=9", capsys=capsys)
    taken, given = weights(tmp_path / "runs" / "sentiment" / "more"), weights(pretrained.run)
    layers = "layers/rnn_stack/layers/rnn/cell/vars/"
    for number in range(3):
        np.testing.assert_array_equal(taken[f"{layers}{number}"], given[f"{layers}{number}"])
    rows = np.delete(given["layers/shared_embedding/vars/0"], [2, 3], axis=0)  # <s>, </s>
    np.testing.assert_array_equal(taken["layers/embedding/vars/0"], rows)
    assert f"starting from {pretrained.saved_model}\n  words: {len(rows)} kept, 0 new" in printed
    assert "  labels new: negative, positive\n  embedding" in printed
    assert f"{rows.size} weights kept,          0 new, frozen\n  recurrent_1          144 weights kept, " in printed
    assert "         0 new, frozen\n  head                   0 weights kept,         26 new\n" in printed
    of_run = config.load(tmp_path / "runs" / "sentiment" / "more" / "config.yaml")
    assert of_run.text.lowercase and not of_run.model.bidirectional and of_run.model.cell == "lstm"


@pytest.mark.slow
def test_a_stopped_run_goes_on_alike_and_needs_the_language_model_no_more(
    pretrained, stop_after, monkeypatch, tmp_path, capsys
):
    app, source = APPS["sentiment"], tmp_path / "source"
    shutil.copytree(pretrained.saved_model, source)
    gradual = {"from": str(source), "gradual_unfreezing": True, "learning_rates": {"recurrent": 0.3}}
    path, runs = tuning(tmp_path, source, finetune=gradual), tmp_path / "runs" / "sentiment"
    assert "frozen until epoch 2" in call(app, "finetune", path, *DETERMINISTIC, capsys=capsys)
    for number, said in ((1, "starting anew"), (7, "resumed at step 6")):
        stop_after(number)
        with pytest.raises(Stopped):
            run(app, ["finetune", str(path), *DETERMINISTIC, f"train.name=stopped-{number}"])
        monkeypatch.undo()
        if number == 7:
            shutil.rmtree(source)
        capsys.readouterr()
        printed = call(app, "train", "--resume", runs / f"stopped-{number}", capsys=capsys)
        assert said in printed and (f"starting from {source}\n" in printed) == (number == 1)
        assert_same_weights(runs / "more", runs / f"stopped-{number}")
    folder = tmp_path / "saved_models"
    call(app, "export", "--model", runs / "more", f"export.directory={folder}", capsys=capsys)
    asked = ("predict", "the film is so good", "--format", "jsonl", "--model")
    of_run, of_export = (records(call(app, *asked, m, capsys=capsys)) for m in (runs / "more", folder / "sentiment"))
    assert of_export == near(of_run)


def test_tagging_with_characters_and_both_directions(pretrained, tmp_path, capsys):
    model = {"bidirectional": True, "characters": {"units": 3, "embedding_size": 3}}
    path = tuning(tmp_path, pretrained.run, "tagging", model=model, text={"lowercase": False, "min_count": 1})
    (tmp_path / "train.jsonl").write_text(
        json.dumps({"tokens": ["THE", "yak"], "tags": ["DET", "NOUN"]}) + "\n" + (tmp_path / "test.jsonl").read_text()
    )
    printed = call(APPS["tagging"], "finetune", path, "train.epochs=1", capsys=capsys)
    known = len(weights(pretrained.run)["layers/shared_embedding/vars/0"]) - 2
    assert f"words: {known + 1} kept, 4 new" in printed  # THE is read as the language model reads it
    assert "  characters             0 weights kept" in printed
    assert "  recurrent_1          144 weights kept,        240 new" in printed


# === mistakes ===


@pytest.mark.parametrize(
    ("app", "text", "model", "message"),
    [
        ("sentiment", {}, {"kind": "window"}, "is a language model of kind window; one of kind recurrent is needed"),
        ("tagging", {}, {"input": "one_hot"}, "with input one_hot; one with an embedding is needed"),
        ("tagging", {"unit": "char"}, {}, "is a language model of unit char, tagging reads word tokens"),
        ("sentiment", {"unit": "bpe", "vocabulary_size": 300}, {}, "of unit bpe, sentiment reads word or char tokens"),
        ("sentiment", {}, {"cell": OWN_CELL}, f"imported only when you name it; add: model.cell={OWN_CELL}"),
    ],
    ids=["window", "one-hot", "characters", "parts of words", "own cell"],
)  # fmt: skip
def test_language_models_that_do_not_fit(app, text, model, message, tmp_path, capsys):
    path = tuning(tmp_path, begun(tmp_path / "language", text, **model), app)
    assert message in fails(APPS[app], "finetune", path, capsys=capsys)


def test_keys_that_the_language_model_decides(tmp_path, capsys):
    source = begun(tmp_path / "language", layers=2, connection="residual")
    path = tuning(tmp_path, source, model={"units": 7, "cell": "gru", "bidirectional": False, "pooling": "max"})
    message = fails(APPS["sentiment"], "finetune", path, "text.unit=char", capsys=capsys)
    trained = f"but the language model {source} was trained with"
    assert f"more.yaml:1: model.units: got 7 (a whole number), {trained} 5 (a whole number); remove it" in message
    assert f"model.cell: got 'gru' (text), {trained} 'lstm' (text)" in message
    assert f"text.unit: got 'char' (text), {trained} 'word' (text)" in message
    assert len(message.strip().splitlines()) == 1 + 3
    path = tuning(tmp_path, source)
    message = fails(APPS["sentiment"], "finetune", path, "model.bidirectional=true", capsys=capsys)
    assert "model.bidirectional: the language model" in message and "connection residual" in message


def test_other_apps_start_from_their_own_models_alone(pretrained, tmp_path, capsys):
    (tmp_path / "more.yaml").write_text(f"task: translation\nfinetune: {{from: {pretrained.run}}}\n")
    message = fails(TRANSLATION, "finetune", tmp_path / "more.yaml", capsys=capsys)
    assert "is a model of the language_model app, not of translation" in message
