"""Apps as a user sees them: a command line, tiny corpora, exit codes and what is printed."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from apps.sentiment import APP as SENTIMENT
from apps.tagging import APP as TAGGING
from rnnkit.app import App
from rnnkit.command_line import run

APPS = {app.name: app for app in (SENTIMENT, TAGGING)}
OWN_CELL = "tests.apps.my_cell:MyCell"
REPOSITORY = Path(__file__).parents[2]
# For what has nothing to do with the app: proved on one of them, on the other among the slow tests.
on_one_app = pytest.mark.parametrize(
    "trained", ["sentiment", pytest.param("tagging", marks=pytest.mark.slow)], indirect=True, scope="session"
)

SUBJECTS = ("film", "plot", "cast", "music", "ending", "dialogue")
WORDS = {"positive": ("good", "fine", "superb"), "negative": ("bad", "poor", "dull")}
MODEL = {"units": 4, "embedding_size": 4, "dropout": 0.2, "word_dropout": 0.1}
SHAPES = {
    "sentiment": {"model": {**MODEL, "bidirectional": False}, "data": {"format": "tsv"}},
    "tagging": {
        "model": {**MODEL, "characters": {"units": 3, "embedding_size": 3}},
        "data": {"format": "jsonl", "tokens": "tokens", "tags": "tags"},
    },
}
SUFFIX = {"sentiment": "tsv", "tagging": "jsonl"}


class Stopped(BaseException):
    """What stands for a process that ends at once."""


@dataclass(frozen=True)
class Trained:
    """A tiny run of an app, its export, and the configuration that both came from."""

    app: App
    config: Path
    run: Path
    saved_model: Path

    @property
    def folder(self) -> Path:
        return self.config.parent


def make_project(folder: Path, name: str) -> Path:
    """Writes a tiny corpus and a configuration for it; returns the configuration."""
    rows = [
        (f"the {subject} is {adverb} {word}", label)
        for adverb in ("so", "very")
        for label, words in WORDS.items()
        for word in words
        for subject in SUBJECTS
    ]
    write_rows(folder / f"train.{SUFFIX[name]}", name, rows[::2])
    write_rows(folder / f"validation.{SUFFIX[name]}", name, rows[1::5])
    write_rows(folder / f"test.{SUFFIX[name]}", name, rows[1::4])
    shape = SHAPES[name]
    splits = {role: f"{role}.{SUFFIX[name]}" for role in ("train", "validation", "test")}
    content = {
        "task": name,
        "seed": 3,
        "data": {"source": "files", "directory": str(folder), "splits": splits, **shape["data"]},
        "text": {"max_tokens": 12},
        "model": shape["model"],
        "train": {"directory": str(folder / "runs"), "epochs": 2, "batch_size": 8},
        "export": {"directory": str(folder / "saved_models")},
    }
    path = folder / "tiny.yaml"
    path.write_text(json.dumps(content, indent=1))
    return path


def write_rows(path: Path, name: str, rows) -> Path:
    """Writes (text, label) pairs as the app's corpus: for tagging the label becomes the tag of the last word."""
    if name == "sentiment":
        lines = ["text\tlabel", *("\t".join(row) for row in rows)]
    else:
        lines = [json.dumps({"tokens": text.split(), "tags": tags(text.split(), label)}) for text, label in rows]
    path.write_text("\n".join(lines) + "\n")
    return path


def tags(tokens, label):
    """THE, NOUN, VERB … of a made-up sentence; the last word's tag is its label."""
    return [*("DET", "NOUN", "VERB", "ADV")[: len(tokens) - 1], label]


def call(app: App, *arguments, capsys=None) -> str:
    """Runs a command that has to succeed; returns what it printed."""
    code = run(app, [str(argument) for argument in arguments])
    printed = capsys.readouterr() if capsys else None
    assert code == 0, printed
    return printed.out if printed else ""


def fails(app: App, *arguments, capsys, code=2) -> str:
    """Runs a command that has to fail with a message and nothing else; returns that."""
    capsys.readouterr()
    assert run(app, [str(argument) for argument in arguments]) == code
    error = capsys.readouterr().err
    assert error.strip() and "Traceback" not in error
    return error


def records(printed: str) -> list[dict]:
    """What --format jsonl printed."""
    return [json.loads(line) for line in printed.splitlines()]


def near(value):
    """What equals `value` but for the last digits of its numbers."""
    if isinstance(value, dict):
        return {key: near(item) for key, item in value.items()}
    if isinstance(value, list):
        return [near(item) for item in value]
    return pytest.approx(value, abs=1e-5) if isinstance(value, float) else value


def weights(run_directory: Path) -> dict[str, np.ndarray]:
    """Every array of a run's final weights, by its place in the file."""
    import h5py

    found = {}
    with h5py.File(run_directory / "model.weights.h5") as file:
        file.visititems(lambda name, item: found.update({name: item[()]}) if isinstance(item, h5py.Dataset) else None)
    return found


def assert_same_weights(one: Path, other: Path) -> None:
    one, other = weights(one), weights(other)
    assert one.keys() == other.keys() and len(one) > 3
    for name, value in one.items():
        np.testing.assert_array_equal(value, other[name], err_msg=name)
