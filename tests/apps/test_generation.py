"""The generation app as a user sees it: every verb, the check by a classifier, and what it says to mistakes."""

import json
import shutil
import subprocess
import sys

import numpy as np
import pytest

from apps.generation import APP, show
from apps.sentiment import APP as SENTIMENT
from rnnkit import artifact as artifacts
from rnnkit.command_line import run
from rnnkit.tasks import generation
from tests.apps.helpers import OWN_CELL, Trained, assert_same_weights, call, fails, near, records

NAMES = {"north": ["Balda", "Borgur", "Gundar", "Dorgun"], "south": ["Miko", "Kimi", "Mino", "Niko"]}
ROWS = [(text, label) for texts in zip(*NAMES.values()) for text, label in zip(texts, NAMES)]
LEARNING = ("train.epochs=8", "train.batch_size=1", "model.units=12", "train.optimizer.learning_rate=0.03")


def write_rows(path, rows):
    path.write_text("\n".join(["text\tlabel", *("\t".join(row) for row in rows)]) + "\n")


def make_project(folder, task="generation", **sections):
    """Writes a tiny corpus and a configuration for it; returns the configuration."""
    write_rows(folder / "train.tsv", ROWS)
    write_rows(folder / "test.tsv", [("Guldar", "north"), ("Kino", "south")])
    splits = {"train": "train.tsv", "validation": "test.tsv", "test": "test.tsv"}
    content = {
        "task": task,
        "data": {"source": "files", "format": "tsv", "directory": str(folder), "splits": splits},
        "text": {"target": {"max_tokens": 8}} if task == "generation" else {"unit": "char"},
        "model": {"units": 6, "embedding_size": 4},
        "train": {"directory": str(folder / "runs"), "epochs": 2, "batch_size": 4},
        "export": {"directory": str(folder / "saved_models")},
        **sections,
    }
    path = folder / f"{task}.yaml"
    path.write_text(json.dumps(content))
    return path


def trained_in(folder, app=APP, *overrides):
    path = make_project(folder, app.name)
    call(app, "train", path, *overrides)
    directory = folder / "runs" / app.name / app.name
    call(app, "export", "--model", directory)
    return Trained(app, path, directory, folder / "saved_models" / app.name / "1")


@pytest.fixture(scope="module", autouse=True)
def tiny_reports():
    """Reports draw few texts."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(generation, "SAMPLES", 1)
        yield


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A run that has learnt its names, and its export."""
    return trained_in(tmp_path_factory.mktemp("generation"), APP, *LEARNING)


@pytest.fixture(scope="module")
def classifier(tmp_path_factory):
    """A classifier of the same names, and its export."""
    return trained_in(tmp_path_factory.mktemp("classifier"), SENTIMENT, *LEARNING, "model.bidirectional=false")


# === verbs ===


@pytest.mark.parametrize("verb", ["generate", "check"])
def test_help_is_quick_because_tensorflow_stays_out(verb):
    code = (
        "import sys; from apps.generation import APP; from rnnkit.command_line import run; "
        f"code = run(APP, ['{verb}', '--help']); "
        "heavy = {'tensorflow', 'keras', 'numpy'} & set(sys.modules); sys.exit(f'imported {heavy}' if heavy else code)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "") and "--top-p" in done.stdout


def test_the_run_directory_is_complete(trained):
    metrics = json.loads((trained.run / "metrics.json").read_text())
    plain = {"loss", "perplexity", "bits_per_character", "token_accuracy"}
    samples = {"sample_new", "sample_distinct", "sample_characters", "text_characters"}
    assert set(metrics["validation"]) == plain and set(metrics["test"]) == plain | samples | {"baselines"}
    table = (trained.run / "test_table.txt").read_text().splitlines()
    assert [line.split()[0] for line in table[1:]] == ["north", "south", "all"]
    assert "need not be of its class" in (trained.run / "model_card.md").read_text()


def test_generate_draws_of_the_asked_class(trained, capsys):
    command = ["generate", "--model", trained.saved_model, "--count", 20]
    texts = call(APP, *command, "north", "--temperature", 0.5, capsys=capsys).splitlines()
    assert len(texts) == 20 and sum(text[:1] in ("B", "D", "G") for text in texts) >= 15
    assert call(APP, *command, "north", "--seed", 5, capsys=capsys).splitlines() != texts
    both = records(call(APP, *command, "--top-k", 1, "--format", "jsonl", capsys=capsys))
    assert [row["class"] for row in both] == ["north"] * 20 + ["south"] * 20
    assert set(both[0]) == {"class", "text", "score", "finished"} and len({row["text"] for row in both}) == 2
    shown = call(APP, *command, "--count", 1, "--temperature", "0.01", capsys=capsys).splitlines()
    assert [line.split()[0] for line in shown] == ["north", "south"]


def test_a_run_and_its_export_draw_alike_also_in_a_process_without_rnnkit(trained, capsys):
    command = ["generate", "south", "--count", 3, "--temperature", 0.5, "--format", "jsonl", "--model"]
    of_run, of_export = (
        records(call(APP, *command, model, capsys=capsys)) for model in (trained.run, trained.saved_model)
    )
    assert of_export == near(of_run)
    code = (
        "import sys, tensorflow as tf\n"
        f"functions = tf.saved_model.load({str(trained.saved_model)!r}).signatures\n"
        "print(functions['classes']()['classes'].numpy().tolist())\n"
        "answer = functions['generate'](text=tf.constant(['south'] * 3), max_length=tf.constant(9), "
        "temperature=tf.constant(0.5), top_k=tf.constant(0), top_p=tf.constant(1.0), seed=tf.constant(0, tf.int64))\n"
        "print(*(text.decode() for text in answer['text'].numpy()))\n"
        "try:\n"
        "    functions['serving_default'](text=tf.constant(['west']))\n"
        "except tf.errors.InvalidArgumentError as error:\n"
        "    print('there is no class west' in error.message, 'rnnkit' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd="/")
    texts = " ".join(row["text"] for row in of_run)
    assert done.stdout == f"[b'north', b'south']\n{texts}\nTrue False\n"


def test_predict_takes_classes(trained, tmp_path, capsys):
    command = ["predict", "--format", "jsonl", "--model"]
    assert run(APP, [*command, str(trained.saved_model), "north", "nort", "south"]) == 2
    north, wrong, south = records(capsys.readouterr().out)
    assert set(north) == {"class", "text", "score", "finished"} and (north["class"], south["class"]) == (
        "north",
        "south",
    )
    assert wrong["error"] == "text 2: there is no class nort; the classes are north, south"
    (tmp_path / "rows.jsonl").write_text(json.dumps(north) + '\n{"name": "north"}\n')
    assert run(APP, [*command, str(trained.saved_model), "--input", str(tmp_path / "rows.jsonl")]) == 2
    again, wrong = records(capsys.readouterr().out)
    assert again["class"] == "north" and wrong["error"].endswith(
        'rows.jsonl:2: needs "class" (a string) or "text" (a string)'
    )
    beam = ("--set", "decode.method=beam", "--set", "decode.n_best=2")
    (best,) = records(call(APP, *command, trained.run, "north", *beam, capsys=capsys))
    assert len(best["candidates"]) == 2 and best["text"] == best["candidates"][0]["text"]
    heading, *lines = show(best).splitlines()
    assert heading == "north:" and [line.split()[1] for line in lines] == [each["text"] for each in best["candidates"]]


def test_a_run_and_its_export_are_scored_alike(trained, capsys):
    of_run = json.loads((trained.run / "metrics.json").read_text())["test"]
    of_export = call(APP, "evaluate", "--model", trained.saved_model, capsys=capsys)
    for name, value in [*of_run.items(), *of_run["baselines"]["5-grams of each class, Kneser-Ney"].items()]:
        assert name == "baselines" or f"{name.replace('_', ' ')} {value:.4f}" in of_export


def test_finetune_with_a_new_class(trained, tmp_path, capsys):
    write_rows(tmp_path / "more.tsv", [("Xoxa", "west"), ("Xaxo", "west"), ("Miko", "south")])
    content = {
        "task": "generation",
        "finetune": {"from": str(trained.saved_model), "learning_rates": {"class_embedding": 2.0}, "freeze": ["head"]},
        "data": {"source": "files", "format": "tsv", "directory": str(tmp_path), "splits": {"train": "more.tsv"}},
        "train": {"directory": str(tmp_path / "runs"), "epochs": 1},
    }
    (tmp_path / "more.yaml").write_text(json.dumps(content))
    printed = call(APP, "finetune", tmp_path / "more.yaml", capsys=capsys)
    assert "classes: 2 kept, 1 new" in printed and "target tokens new: X, x" in printed
    state = json.loads((tmp_path / "runs" / "generation" / "more" / "task.json").read_text())
    assert state["vectorizer"]["labels"]["names"] == ["north", "south", "west"]


KINDS = {
    "first step": (f"model.cell={OWN_CELL}", "model.context=first_step", "model.layers=2", "train.label_smoothing=0.1"),
    "words": ("model.context=initial", "text.target.unit=word", "train.precision=mixed_bfloat16"),
    "parts of words": ("model.tie_weights=true", "text.target={unit: bpe, vocabulary_size: 270}"),
}


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_model(kind, tmp_path, capsys):
    call(APP, "train", make_project(tmp_path), *KINDS[kind], "train.steps=2")
    directory = tmp_path / "runs" / "generation" / "generation"
    named = [override for override in KINDS[kind] if override.endswith(OWN_CELL)]
    call(APP, "export", "--model", directory, *named, capsys=capsys)
    settings = [word for override in named for word in ("--set", override)]
    command = ["generate", "--count", 3, "--format", "jsonl", "--model"]
    of_run = records(call(APP, *command, directory, *settings, capsys=capsys))
    of_export = records(call(APP, *command, tmp_path / "saved_models" / "generation", capsys=capsys))
    assert of_export == near(of_run) and len(of_run) == 6


# === the classifier ===


@pytest.mark.parametrize("kind", ["run", "saved_model"])  # of the classifier
def test_check_by_a_classifier(trained, classifier, kind, capsys):
    command = ["check", "--model", trained.saved_model, "--classifier", getattr(classifier, kind), "--count", 20]
    (report,) = records(call(APP, *command, "--format", "jsonl", capsys=capsys))
    assert set(report) == {"of_its_class", "new", "distinct", "characters", "real", "classes"}
    drawn = call(APP, "generate", "--model", trained.saved_model, "north", "--count", 20, capsys=capsys).splitlines()
    labels = records(
        call(SENTIMENT, "predict", "--model", classifier.saved_model, "--format", "jsonl", *drawn, capsys=capsys)
    )
    north = report["classes"]["north"]
    assert north["of_its_class"] == sum(row["label"] == "north" for row in labels) / 20 > 0.7
    assert north["new"] == sum(text not in NAMES["north"] for text in drawn) / 20
    assert north["distinct"] == len(set(drawn)) / 20 and north["real"] in (0.0, 1.0)
    for key in ("of_its_class", "new", "distinct", "characters", "real"):
        assert report[key] == pytest.approx(np.mean([row[key] for row in report["classes"].values()]))


def test_check_shows_a_table(trained, classifier, capsys):
    command = ["check", "--model", trained.saved_model, "--classifier", classifier.saved_model.parent, "--count", 5]
    lines = call(APP, *command, "--top-k", 1, capsys=capsys).splitlines()
    assert lines[0].startswith("5 texts drawn of each class, and the real ones of the test split")
    assert [line.split()[0] for line in lines[3:]] == ["north", "south", "all"]
    assert all("20.0%" in line for line in lines[3:])  # one text five times


def test_check_without_training_texts_says_nothing_of_new_ones(trained, classifier, capsys):
    command = ["check", "--model", trained.run, "--classifier", classifier.run, "--count", 2, "--format", "jsonl"]
    (report,) = records(call(APP, *command, "--set", "data.splits.train=null", capsys=capsys))
    assert "new" not in report and "distinct" in report


def test_a_classifier_of_another_corpus(trained, classifier, tmp_path, capsys):
    other = shutil.copytree(classifier.run, tmp_path / "other")
    state = json.loads((other / artifacts.TASK).read_text())
    artifacts.write_json(other / artifacts.TASK, state | {"labels": {"names": ["north", "west"]}})
    artifacts.seal(other, (artifacts.TASK,))
    message = fails(APP, "check", "--model", trained.run, "--classifier", other, capsys=capsys)
    assert "other: the classifier does not know 1 of the 2 classes: south; it knows north, west. Train one" in message


def test_what_is_no_classifier(trained, tmp_path, capsys):
    message = fails(APP, "check", "--model", trained.run, "--classifier", trained.run, capsys=capsys)
    assert "is a model of the generation app, not of sentiment" in message
    message = fails(APP, "check", "--model", trained.run, "--classifier", tmp_path / "none", capsys=capsys)
    assert "no such run directory or SavedModel" in message


def test_real_texts_of_other_classes(trained, classifier, tmp_path, capsys):
    write_rows(tmp_path / "other.tsv", [("Xoxa", "west")])
    splits = "{train: null, validation: null, test: other.tsv}"
    settings = ("--set", f"data.directory={tmp_path}", "--set", f"data.splits={splits}")
    message = fails(APP, "check", "--model", trained.run, "--classifier", classifier.run, *settings, capsys=capsys)
    assert "data.splits.test: no text is of one of the classes north, south" in message


# === mistakes ===


def test_unknown_classes(trained, capsys):
    message = fails(APP, "generate", "--model", trained.run, "sout", capsys=capsys)
    assert "there is no class 'sout'; the classes are north, south; did you mean south?" in message
    assert "there is no class ''; the classes are" in fails(APP, "generate", "--model", trained.run, "", capsys=capsys)
    assert "the text is empty" in fails(APP, "predict", "--model", trained.run, "", capsys=capsys)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--temperature", "0"), "--temperature"),
        (("--top-p", "1.5"), "--top-p"),
        (("--count", "0"), "--count"),
        (("--set", "decode.max_length=0"), "decode.max_length: got 0"),
        (("--set", "model.context=input"), "model.context: got 'input'"),
    ],
)
def test_options_out_of_range(trained, options, words, capsys):
    assert words in fails(APP, "generate", "--model", trained.run, "north", *options, capsys=capsys)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("\tnorth", "train.tsv:10: 'text' is empty"),
        ("Balda\t", "train.tsv:10: label 'label' must be a text"),
        ("Balda", "train.tsv:10: 1 columns where 2 are expected"),
    ],
)
def test_bad_lines_are_named_or_left_out(line, message, tmp_path, capsys):
    path = make_project(tmp_path)
    with open(tmp_path / "train.tsv", "a") as file:
        file.write(f"{line}\n")
    assert message in fails(APP, "train", path, capsys=capsys)
    assert not list(tmp_path.glob("runs/*/*"))


def test_classes_without_training_examples(tmp_path, capsys):
    path = make_project(tmp_path)
    write_rows(tmp_path / "test.tsv", [("Xoxa", "west")])
    assert "validation split: the model does not know the label 'west'" in fails(APP, "train", path, capsys=capsys)
    config = call(APP, "config", "show", path, "data.label_map={west: south}", capsys=capsys)
    assert "west: south" in config


@pytest.mark.slow
def test_a_run_that_is_deterministic(tmp_path):
    path = make_project(tmp_path)
    for name in ("one", "two"):
        call(APP, "train", path, f"train.name={name}", "train.deterministic=true", "train.steps=2", "model.dropout=0.2")
    runs = tmp_path / "runs" / "generation"
    assert_same_weights(runs / "one", runs / "two")
