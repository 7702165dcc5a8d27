"""The translation app as a user sees it: every verb, what it prints, and what it says to mistakes."""

import io
import json
import subprocess
import sys

import pytest

from apps.translation import APP
from rnnkit.command_line import run
from tests.apps.helpers import OWN_CELL, Trained, call, fails, near, records
from tests.tasks.translations import WORDS

SENTENCES = [
    f"{number} {animal} {verb}".strip()
    for number in ("one", "two", "three")
    for animal in ("cat", "dog")
    for verb in ("", "sleeps", "sleeps one cat", "two dog sleeps")
]
PARALLEL = {"source": "files", "format": "parallel", "pair": ["en", "de"]}
BEAM = {"method": "beam", "beam_width": 3, "n_best": 2}


def in_german(text):
    return " ".join(WORDS[word] for word in text.split())


def write_pairs(folder, role, sentences):
    (folder / f"{role}.en").write_text("".join(f"{text}\n" for text in sentences))
    (folder / f"{role}.de").write_text("".join(f"{in_german(text)}\n" for text in sentences))


def make_project(folder, **sections):
    """Writes a tiny corpus and a configuration for it; returns the configuration."""
    for role, sentences in (("train", SENTENCES[::2]), ("validation", SENTENCES[1::4]), ("test", SENTENCES[3::4])):
        write_pairs(folder, role, sentences)
    splits = {role: role for role in ("train", "validation", "test")}
    content = {
        "task": "translation",
        "data": {**PARALLEL, "directory": str(folder), "splits": splits},
        "text": {"source": {"max_tokens": 8}},
        "model": {"units": 8, "embedding_size": 4, "dropout": 0.1},
        "train": {"directory": str(folder / "runs"), "epochs": 2, "batch_size": 4},
        "export": {"directory": str(folder / "saved_models")},
        "decode": BEAM,
        **sections,
    }
    path = folder / "tiny.yaml"
    path.write_text(json.dumps(content))
    return path


def trained_in(folder, *overrides, **sections):
    path = make_project(folder, **sections)
    call(APP, "train", path, *overrides)
    directory = folder / "runs" / "translation" / "tiny"
    call(APP, "export", "--model", directory)
    return Trained(APP, path, directory, folder / "saved_models" / "translation" / "1")


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A run and its export."""
    return trained_in(tmp_path_factory.mktemp("translation"))


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """A run without attention, greedy, and its export."""
    return trained_in(
        tmp_path_factory.mktemp("plain"), "train.steps=2", "model.context=initial", decode={"method": "greedy"}
    )


# === verbs that every app has ===


@pytest.mark.parametrize("verb", ["train", "align"])
def test_help_is_quick_because_tensorflow_stays_out(verb):
    code = (
        "import sys; from apps.translation import APP; from rnnkit.command_line import run; "
        f"code = run(APP, ['{verb}', '--help']); "
        "heavy = {'tensorflow', 'keras', 'numpy'} & set(sys.modules); sys.exit(f'imported {heavy}' if heavy else code)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "") and "--" in done.stdout


def test_the_run_directory_is_complete(trained):
    names = {path.name for path in trained.run.iterdir()}
    assert names == {
        "config.yaml", "task.json", "rnnkit.json", "history.csv", "logs", "curves.png", "model.weights.h5",
        "metrics.json", "model_card.md", "test_table.txt",
    }  # fmt: skip
    metrics = json.loads((trained.run / "metrics.json").read_text())
    scores = {"bleu", "chrf", "exact_match"}
    plain = {"loss", "perplexity", "token_accuracy", *scores}
    assert set(metrics["validation"]) == plain
    assert set(metrics["test"]) == plain | {f"beam_{name}" for name in scores} | {"baselines"}
    assert set(metrics["test"]["baselines"]) == {"copy of the source", "target of the most similar source"}
    card = (trained.run / "model_card.md").read_text()
    assert "1 × 8 bidirectional lstm to 1 × 8, context by attention" in card and "reads at most 8 tokens" in card
    assert "BLEU|nrefs:1|case:mixed" in (trained.run / "test_table.txt").read_text()


def test_a_run_and_its_export_are_scored_alike(trained, capsys):
    greedy = ("decode.method=greedy", "decode.n_best=1", "decode.beam_width=5")
    of_run, of_export = (
        call(APP, "evaluate", "--model", model, *greedy, capsys=capsys) for model in (trained.run, trained.saved_model)
    )
    assert of_run.splitlines()[1:] == of_export.splitlines()[1:]
    assert "test split, 6 examples" in of_run
    assert "exact match" in of_run and "beam exact match" not in of_run  # as it is where beams are wanted, see above


TEXTS = ["one cat", "two dog sleeps", "three bird"]


def test_a_run_and_its_export_translate_alike_without_attention(plain, capsys):
    capsys.readouterr()  # of training
    of_run, of_export = (
        records(call(APP, "predict", "--model", model, "--format", "jsonl", *TEXTS, capsys=capsys))
        for model in (plain.run, plain.saved_model)
    )
    assert of_export == near(of_run) and "candidates" not in of_run[0]


def test_a_run_and_its_export_translate_alike_also_in_a_fresh_process(trained, monkeypatch, capsys):
    capsys.readouterr()  # of training
    texts = TEXTS
    monkeypatch.delenv("TF_CPP_MIN_LOG_LEVEL")  # what the app itself sets is enough to keep TensorFlow quiet
    of_run = records(call(APP, "predict", "--model", trained.run, "--format", "jsonl", *texts, capsys=capsys))
    command = [sys.executable, "-m", "apps.translation", "predict", "--format", "jsonl", "--model"]
    done = subprocess.run(
        [*command, str(trained.saved_model.parent), *texts], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert records(done.stdout) == near(of_run)
    assert [record["text"] for record in of_run] == texts
    assert "candidates" in of_run[0]


def test_the_export_needs_tensorflow_alone(trained, capsys):
    of_run = records(call(APP, "predict", "--model", trained.run, "--format", "jsonl", "one cat", capsys=capsys))[0]
    code = (
        "import sys, tensorflow as tf\n"
        f"answer = tf.saved_model.load({str(trained.saved_model)!r}).signatures['serving_default']("
        "text=tf.constant(['one cat']))\n"
        "print(answer['translations'][0].numpy().decode(), answer['candidates'].shape, answer['alignment'].shape[2])\n"
        "assert 'rnnkit' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd="/")
    assert done.stdout == f"{of_run['translation']} (1, 2) 2\n"


def test_n_best_is_shown_with_scores(trained, capsys):
    shown = call(APP, "predict", "--model", trained.saved_model, "one cat", capsys=capsys).splitlines()
    command = ("predict", "--model", trained.saved_model, "one cat", "--format", "jsonl")
    record = records(call(APP, *command, capsys=capsys))[0]
    assert shown[0] == "one cat:" and [line.split()[0] for line in shown[1:3]] == [
        f"{found['score']:.4f}" for found in record["candidates"]
    ]
    settings = ("--set", "decode.n_best=1", "--set", "decode.method=greedy")
    greedy = call(APP, "predict", "--model", trained.run, "one cat", *settings, capsys=capsys)
    assert "-" not in greedy.splitlines()[0]


def test_predict_answers_line_by_line(trained, monkeypatch, capsys):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"one cat\ntwo dog\n")))
    command = ["predict", "--model", trained.saved_model, "--input", "-", "--format", "jsonl"]
    printed = records(call(APP, *command, capsys=capsys))
    assert [record["text"] for record in printed] == ["one cat", "two dog"]


def test_align_draws_a_picture_of_each_text(trained, tmp_path, capsys):
    command = ["align", "--model", trained.saved_model, "--directory", tmp_path / "drawn"]
    printed = call(APP, *command, "one cat", "one cat", "two / dog?", capsys=capsys)
    pictures = {"one-cat.png", "one-cat-2.png", "two-dog.png"}
    assert {path.name for path in (tmp_path / "drawn").iterdir()} == pictures
    assert all(name in printed for name in pictures) and len(printed.splitlines()) == 3
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in (tmp_path / "drawn").iterdir())


def test_align_needs_attention(plain, capsys):
    message = fails(APP, "align", "--model", plain.run, "one cat", capsys=capsys)
    assert "the model has no attention to draw (model.context is not attention)" in message


def test_finetune_with_new_words(trained, tmp_path, capsys):
    for role in ("train", "validation"):
        (tmp_path / f"{role}.en").write_text("four cat\none mouse\n" * 3)
        (tmp_path / f"{role}.de").write_text("vier Katze\neins Maus\n" * 3)
    data = {**PARALLEL, "directory": str(tmp_path), "splits": {role: role for role in ("train", "validation")}}
    content = {
        "task": "translation",
        "finetune": {
            "from": str(trained.saved_model), "learning_rates": {"embedding": 0.5}, "freeze": ["encoder", "attention"]
        },
        "data": data,
        "train": {"directory": str(tmp_path / "runs"), "epochs": 1},
    }  # fmt: skip
    (tmp_path / "more.yaml").write_text(json.dumps(content))
    printed = call(APP, "finetune", tmp_path / "more.yaml", capsys=capsys)
    assert "target tokens new: Maus, vier" in printed and "target tokens gone: none" in printed
    lines = {line.split()[0]: line for line in printed.splitlines() if "weights kept" in line}
    assert "frozen" in lines["encoder_1"] and "frozen" in lines["attention"] and "frozen" not in lines["decoder_1"]
    again = tmp_path / "runs" / "translation" / "more"
    call(APP, "predict", "--model", again, "four mouse", capsys=capsys)


def test_config_verbs(trained, capsys):
    assert call(APP, "config", "check", trained.config, capsys=capsys) == f"{trained.config}: valid\n"
    schema = json.loads(call(APP, "config", "schema", capsys=capsys))
    assert "decode" in schema["properties"] and "scheduled_sampling" in json.dumps(schema)


KINDS = {
    "input feeding": (
        "model.attention={kind: additive, coverage: true, coverage_loss: 1.0, input_feeding: true}",
        "model.layers=2",
        "text.shared=true",
        "model.tie_weights=true",
    ),
    "own cell": (
        f"model.cell={OWN_CELL}",
        "model.context=both",
        "text.source.unit=char",
        "text.target.unit=char",
        "train.precision=mixed_bfloat16",
        "train.label_smoothing=0.1",
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_model(kind, tmp_path, capsys):
    path = make_project(tmp_path, decode={"method": "greedy"})
    call(APP, "train", path, *KINDS[kind], "train.steps=1")
    directory = tmp_path / "runs" / "translation" / "tiny"
    named = [override for override in KINDS[kind] if override.endswith(OWN_CELL)]
    named += ["decode.replace_unknown=true"] if kind == "input feeding" else []
    settings = [word for override in named for word in ("--set", override)]
    call(APP, "export", "--model", directory, *named, capsys=capsys)
    exported = tmp_path / "saved_models" / "translation"
    of_run, of_export = (
        records(call(APP, "predict", "--model", model, "one bird", "--format", "jsonl", *more, capsys=capsys))
        for model, more in ((directory, settings), (exported, []))
    )
    assert of_export == near(of_run)


# === mistakes ===


def test_texts_that_cannot_be_translated(trained, tmp_path, capsys):
    (tmp_path / "lines.txt").write_text("one cat\n\n   \ntwo dog\n")
    command = ["predict", "--model", str(trained.saved_model), "--format", "jsonl", "--input", "lines.txt"]
    assert run(APP, command) == 2
    printed = capsys.readouterr()
    good, empty, blank, other = records(printed.out)
    assert "translation" in good and "translation" in other
    assert "the text is empty" in empty["error"] and "the text is empty" in blank["error"]
    long = records(call(APP, *command[:-2], "one cat " * 6250, capsys=capsys))[0]
    assert long["truncated"] and long["token_count"] == 8
    shown = call(APP, "predict", "--model", trained.saved_model, "one cat " * 6250, capsys=capsys)
    assert "(cut: only the first 8 tokens of the text were read)" in shown


def test_a_beam_wider_than_the_vocabulary(trained, tmp_path, capsys):
    message = "decode.beam_width: got 40, but the target vocabulary has 10 tokens"
    assert message in fails(APP, "train", trained.config, "decode.beam_width=40", capsys=capsys)
    settings = ("--set", "decode.beam_width=40")
    assert message in fails(APP, "predict", "--model", trained.run, "one cat", *settings, capsys=capsys)


def test_the_wrong_direction(trained, capsys):
    message = fails(APP, "evaluate", "--model", trained.run, "data.pair=[de, en]", capsys=capsys)
    assert "data.pair: got de, en, but the model translates en into de" in message


def test_parallel_files_of_different_length(tmp_path, capsys):
    path = make_project(tmp_path)
    with open(tmp_path / "train.en", "a") as file:
        file.write("one more\n")
    message = fails(APP, "train", path, capsys=capsys)
    assert "train.en:13: has no partner" in message and not list(tmp_path.glob("runs/*/*"))
