"""The language model app as a user sees it: every verb, what it prints, and what it says to mistakes."""

import io
import json
import subprocess
import sys

import pytest
import tensorflow as tf

from apps.language_model import APP
from rnnkit.command_line import run
from rnnkit.verbs.writing import grown
from tests.apps.helpers import OWN_CELL, Trained, call, fails, near, records
from tests.tasks.language_models import made, run_of

TEXT = "".join(f"the {who} {did} on the {place}.\n" for who in ("cat", "dog", "ox") for did in ("sat", "lay", "stood")
               for place in ("mat", "hill", "road"))  # fmt: skip
LEARNING = ("model.units=12", "train.epochs=8", "train.optimizer.learning_rate=0.02")


def make_project(folder, **sections):
    """Writes a tiny corpus and a configuration for it; returns the configuration."""
    for role, begin in (("train", 0), ("validation", 200), ("test", 300)):
        (folder / f"{role}.txt").write_text(TEXT[begin : begin + 500])
    splits = {role: f"{role}.txt" for role in ("train", "validation", "test")}
    content = {
        "task": "language_model",
        "data": {"source": "files", "format": "text", "directory": str(folder), "splits": splits},
        "model": {"units": 8, "embedding_size": 4, "dropout": 0.1},
        "train": {"directory": str(folder / "runs"), "epochs": 2, "batch_size": 4, "window": 16},
        "export": {"directory": str(folder / "saved_models")},
        "generate": {"tokens": 12},
        **sections,
    }
    path = folder / "tiny.yaml"
    path.write_text(json.dumps(content))
    return path


def trained_in(folder, *overrides, **sections):
    path = make_project(folder, **sections)
    call(APP, "train", path, *overrides)
    directory = folder / "runs" / "language_model" / "tiny"
    call(APP, "export", "--model", directory)
    return Trained(APP, path, directory, folder / "saved_models" / "language_model" / "1")


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A run and its export."""
    return trained_in(tmp_path_factory.mktemp("language_model"), *LEARNING)


@pytest.fixture
def stdin(monkeypatch):
    """A function that makes bytes the standard input."""

    def give(content):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))

    return give


def generated(trained, *arguments, capsys):
    return call(APP, "generate", "--model", trained.run, *arguments, capsys=capsys)


# === verbs that every app has ===


@pytest.mark.parametrize("verb", ["train", "generate", "score"])
def test_help_is_quick_because_tensorflow_stays_out(verb):
    code = (
        "import sys; from apps.language_model import APP; from rnnkit.command_line import run; "
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
    metrics = json.loads((trained.run / "metrics.json").read_text())["test"]
    assert set(metrics) == {"loss", "perplexity", "bits_per_character", "accuracy", "baselines"}
    assert list(metrics["baselines"]) == ["unigrams", "5-grams, modified Kneser-Ney"]
    card = (trained.run / "model_card.md").read_text()
    assert "its tokens come from the training split alone" in card and "the char vocabulary" in card


def test_a_run_and_its_export_are_scored_alike(trained, capsys):
    of_run = call(APP, "evaluate", "--model", trained.run, capsys=capsys)
    of_export = call(APP, "evaluate", "--model", trained.saved_model, capsys=capsys)
    assert of_run.splitlines()[1:] == of_export.splitlines()[1:]
    assert f"test split, {len((trained.folder / 'test.txt').read_text()):,} tokens" in of_run
    assert "this model (lstm)" in of_run and "bits per character" in of_run
    cold = call(
        APP, "evaluate", "--model", trained.run, "evaluate.carry_state=false", "evaluate.window=8", capsys=capsys
    )
    assert cold.splitlines()[3] != of_run.splitlines()[3]


def test_predict_goes_on_with_every_line(trained, tmp_path, capsys):
    (tmp_path / "lines.txt").write_text("the cat\nthe dog sat\n")
    printed = [
        records(call(APP, "predict", "--model", model, "--input", "lines.txt", "--format", "jsonl", capsys=capsys))
        for model in (trained.run, trained.saved_model)
    ]
    assert printed[1] == near(printed[0]) and [row["text"] for row in printed[0]] == ["the cat", "the dog sat"]
    assert all(row["tokens"] == len(row["continuation"]) == 12 and row["score"] < 0 for row in printed[0])
    shown = call(APP, "predict", "--model", trained.run, "the cat", "--set", "generate.tokens=5", capsys=capsys)
    assert shown.startswith("the cat") and len(shown.rstrip("\n")) <= 12


def test_finetune_on_other_text_with_new_characters(trained, tmp_path, capsys):
    for role in ("train", "validation"):
        (tmp_path / f"{role}.txt").write_text("THE QUICK FOX!\n" * 12)
    data = {"source": "files", "format": "text", "directory": str(tmp_path),
            "splits": {role: f"{role}.txt" for role in ("train", "validation")}}  # fmt: skip
    content = {
        "task": "language_model",
        "finetune": {"from": str(trained.saved_model), "learning_rates": {"embedding": 0.5}, "freeze": ["recurrent"]},
        "data": data,
        "train": {"directory": str(tmp_path / "runs"), "epochs": 1},
    }
    (tmp_path / "more.yaml").write_text(json.dumps(content))
    printed = call(APP, "finetune", tmp_path / "more.yaml", capsys=capsys)
    assert "starting from" in printed and "next tokens gone: none" in printed
    new = next(line for line in printed.splitlines() if line.startswith("  next tokens new: "))
    assert set(new.partition("new: ")[2].split(", ")) == set("THEQUICKFOX!")
    assert "frozen" in next(line for line in printed.splitlines() if line.startswith("  recurrent_1"))
    again = tmp_path / "runs" / "language_model" / "more"
    assert "the cat" in call(APP, "generate", "--model", again, "the cat", "--tokens", "3", capsys=capsys)
    content["finetune"]["vocabulary"] = "keep"
    (tmp_path / "keep.yaml").write_text(json.dumps(content))
    assert "'T' (U+0054)" in fails(APP, "finetune", tmp_path / "keep.yaml", capsys=capsys)


def test_config_verbs(trained, capsys):
    assert call(APP, "config", "check", trained.config, capsys=capsys) == f"{trained.config}: valid\n"
    schema = json.loads(call(APP, "config", "schema", capsys=capsys))
    assert "window" in json.dumps(schema) and "generate" in schema["properties"]


@pytest.mark.slow
@pytest.mark.parametrize(
    "overrides",
    [
        pytest.param(("model.kind=window", "model.context=3"), id="window"),
        pytest.param(("text.unit=word", "text.newlines=true", "model.tie_weights=true", "train.window=4"), id="words"),
        pytest.param(("model.input=one_hot", "model.cell=min_gru"), id="one-hot"),
        pytest.param((f"model.cell={OWN_CELL}",), id="own cell"),
    ],
)
def test_every_kind_of_model(overrides, tmp_path, capsys):
    path = make_project(tmp_path)
    call(APP, "train", path, *overrides, "train.epochs=1", "evaluate.baselines=false", capsys=capsys)
    directory = tmp_path / "runs" / "language_model" / "tiny"
    named = [override for override in overrides if ":" in override]
    settings = [word for override in named for word in ("--set", override)]
    of_run = call(APP, "generate", "--model", directory, "the cat", *settings, capsys=capsys)
    assert of_run.startswith("the cat")
    if named:  # the export has to do without the user's code; those of other kinds are tested with the task
        call(APP, "export", "--model", directory, *named, capsys=capsys)
        exported = tmp_path / "saved_models" / "language_model"
        assert call(APP, "generate", "--model", exported, "the cat", capsys=capsys) == of_run


# === generate ===


def test_generate_is_decided_by_its_options(trained, capsys):
    first = generated(trained, "the cat", "--tokens", "20", capsys=capsys)
    assert first == generated(trained, "the cat", "--tokens", "20", capsys=capsys)
    assert first.startswith("the cat") and len(first) == len("the cat") + 20 + 1
    others = [
        generated(trained, "the cat", "--tokens", "20", *more, capsys=capsys)
        for more in (("--seed", "7"), ("--temperature", "3"), ("--top-k", "1"), ("--top-p", "0.1"))
    ]
    assert all(other != first for other in others) and len(set(others)) >= 3
    assert len(generated(trained, "the cat", capsys=capsys)) == len("the cat") + 12 + 1


def test_what_is_streamed_is_what_is_served(trained, capsys):
    streamed = generated(trained, "the cat", "--tokens", "30", "--seed", "4", "--top-k", "5", capsys=capsys)
    served = tf.saved_model.load(str(trained.saved_model)).signatures["generate"](
        text=tf.constant(["the cat"]), max_length=tf.constant(30), temperature=tf.constant(0.8), top_k=tf.constant(5),
        top_p=tf.constant(1.0), seed=tf.constant(4, tf.int64),
    )  # fmt: skip
    assert streamed == f"the cat{served['text'].numpy()[0].decode()}\n"
    of_export = call(
        APP, "generate", "--model", trained.saved_model, "the cat", "--tokens", "30", "--seed", "4", "--top-k", "5",
        capsys=capsys,
    )  # fmt: skip
    assert of_export == streamed


def test_the_prompt_may_come_from_standard_input(trained, stdin, capsys):
    stdin(b"the dog\n")
    assert generated(trained, capsys=capsys) == generated(trained, "the dog", capsys=capsys)


def test_it_is_written_token_by_token(trained):
    code = (
        "from apps.language_model import APP\nfrom rnnkit.command_line import run\n"
        "import click\nwritten = []\nclick.echo = lambda text='', nl=True, **more: written.append(text)\n"
        f"run(APP, ['generate', '--model', {str(trained.saved_model)!r}, 'the cat', '--tokens', '9'])\n"
        "print(len(written), len(written[0]), max(map(len, written[1:])))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("11 7 1\n", "")


@pytest.mark.parametrize(
    "text", [{}, {"unit": "word", "newlines": True}, {"unit": "bpe", "vocabulary_size": 270}], ids=str
)
def test_pieces_make_the_whole_text(text):
    task, _ = made(run_of(text=text), ["naïve “cats”, (so) 😀!\nand dogs\n", "it’s naïve, so\n"])
    whole = "naïve “cats”, (so) 😀!\nand dogs\nit’s naïve, so"
    ids = task.vectorizer.ragged(tf.constant([whole]))[0].numpy().tolist()
    expected = task.vectorizer.decode(tf.constant([ids]))[0].numpy().decode()
    for cut in (1, 3, len(ids) - 1):
        if (
            text.get("unit") == "bpe"
            and "\ufffd" in task.vectorizer.decode(tf.constant([ids[:cut]]))[0].numpy().decode()
        ):
            continue  # a prompt ends with a character
        begin = task.vectorizer.decode(tf.constant([ids[:cut]]))[0].numpy().decode()
        pieces = list(grown(task.vectorizer, ids[:cut], iter(ids[cut:])))
        assert begin + "".join(pieces) == expected
        assert not any("\ufffd" in piece for piece in pieces)


# === score ===


def test_score(trained, tmp_path, capsys):
    texts = ["the cat sat on the mat.", "mmmm ttt hhh"]
    printed = [
        records(call(APP, "score", "--model", model, *texts, "--format", "jsonl", capsys=capsys))
        for model in (trained.run, trained.saved_model)
    ]
    assert printed[1] == near(printed[0])
    likely, unlikely = printed[0]
    assert likely["perplexity"] < unlikely["perplexity"] and likely["tokens"] == len(texts[0]) - 1
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps({"text": text}) + "\n" for text in texts))
    of_file = call(APP, "score", "--model", trained.run, "--input", "rows.jsonl", "--format", "jsonl", capsys=capsys)
    assert records(of_file) == near(printed[0])
    shown = call(APP, "score", "--model", trained.run, *texts, capsys=capsys)
    assert shown.startswith("perplexity") and len(shown.splitlines()) == 2
    message = fails(APP, "score", "--model", trained.run, texts[0], "t", capsys=capsys)
    assert "1 of 2 inputs could not be answered; the first: text 2: is a single token" in message


# === mistakes ===


def test_prompts_that_cannot_be(trained, stdin, capsys):
    def message(*arguments):
        return fails(APP, "generate", "--model", trained.run, *arguments, capsys=capsys)

    assert "the prompt is empty; give the beginning of a text" in message("")
    stdin(b"\n")
    assert "the prompt is empty" in message()
    stdin(b"caf\xe9")
    assert "is not UTF-8 (byte 4)" in message()
    assert "the prompt is not UTF-8" in message("caf\udce9")
    assert "the character 'é' (U+00E9) is not among the" in message("thé")
    assert "--temperature" in message("the", "--temperature", "0")
    assert "--top-p" in message("the", "--top-p", "1.5")
    for option, values in {
        "--tokens": ["0", "1000000000"],
        "--temperature": ["inf", "nan"],
        "--top-p": ["nan"],
    }.items():
        for value in values:
            assert option in message("the", option, value)
    assert "--seed" in message("the", "--seed", str(2**63))
    assert "the character 'é'" in fails(APP, "generate", "--model", trained.saved_model, "thé", capsys=capsys)


def test_a_line_with_an_unknown_character_keeps_no_other_from_its_answer(trained, capsys):
    for verb in ("predict", "score"):
        command = [verb, "--model", str(trained.saved_model), "--format", "jsonl", "the cat", "thé", "the ox"]
        assert run(APP, command) == 2
        printed = capsys.readouterr()
        good, bad, other = records(printed.out)
        assert "error" not in good and "error" not in other
        assert "the character U+00E9 is not in the vocabulary" in bad["error"] and "1 of 3 inputs" in printed.err


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("the cat", "train split: has 7 tokens, and one batch needs 65"),
        ("", "train split: it has no examples; check data.splits.train"),
        (b"caf\xe9\n", "train.txt:1: not UTF-8"),
    ],
)
def test_corpora_that_cannot_be(content, message, tmp_path, capsys):
    path = make_project(tmp_path)
    (tmp_path / "train.txt").write_bytes(content if isinstance(content, bytes) else content.encode())
    assert message in fails(APP, "train", path, capsys=capsys)
    assert not list(tmp_path.glob("runs/*/*"))


def test_an_unknown_character_in_a_held_out_split(tmp_path, capsys):
    path = make_project(tmp_path)
    (tmp_path / "validation.txt").write_text("the çat\n" * 20)
    assert f"validation split, {tmp_path}/validation.txt, text: position 4" in fails(APP, "train", path, capsys=capsys)


def test_several_devices_are_refused(tmp_path, capsys):
    message = fails(APP, "train", make_project(tmp_path), "train.devices=[cpu:0, cpu:1]", capsys=capsys)
    assert "train.devices: a language model hands its state from batch to batch" in message
