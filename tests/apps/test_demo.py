"""What `make demo` and the offline configurations promise; minutes long."""

import json
import re
from pathlib import Path

import pytest

from apps import sentiment, tagging
from rnnkit.command_line import run

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[2]


def metrics(directory):
    return json.loads((directory / "metrics.json").read_text())["test"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="module")
def demo(folder):
    """The demo's run and its exported model."""
    places = [f"train.directory={folder}/runs", "train.name=demo"]
    assert run(sentiment.APP, ["train", str(ROOT / "configs/sentiment/default.yaml"), *places]) == 0
    directory = folder / "runs" / "sentiment" / "demo"
    assert run(sentiment.APP, ["export", "--model", str(directory), f"export.directory={folder}/models"]) == 0
    return directory, folder / "models" / "sentiment"


def test_the_demo_reads_word_order(demo):
    found = metrics(demo[0])
    assert found["accuracy"] >= 0.95
    assert found["baselines"]["logistic regression on single words"]["accuracy"] <= 0.80


def test_the_demo_labels_its_sentences(demo, capsys):
    makefile = (ROOT / "Makefile").read_text()
    sentences = re.findall(r'"(.+?)"', makefile[makefile.index("DEMO_SENTENCES") : makefile.index(".DEFAULT_GOAL")])
    capsys.readouterr()
    assert run(sentiment.APP, ["predict", "--model", str(demo[1]), "--format", "jsonl", *sentences]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row["label"] for row in rows] == ["positive", "negative", "positive"]


def test_fine_tuning_to_other_labels(demo, folder):
    config = str(ROOT / "configs/sentiment/finetune.yaml")
    assert run(sentiment.APP, ["finetune", config, f"finetune.from={demo[1]}", f"train.directory={folder}/runs"]) == 0
    found = metrics(folder / "runs" / "sentiment" / "finetune")
    assert found["accuracy"] >= 0.85 > 0.65 > found["baselines"]["logistic regression on single words"]["accuracy"]


def test_source_code_is_tagged_better_than_word_by_word(folder):
    config = str(ROOT / "configs/tagging/default.yaml")
    assert run(tagging.APP, ["train", config, f"train.directory={folder}/runs"]) == 0
    found = metrics(folder / "runs" / "tagging" / "default")
    assert (
        found["token_accuracy"] >= 0.97 > found["baselines"]["most frequent tag of each word"]["token_accuracy"] + 0.1
    )
    assert found["raw_text_f1"] >= 0.97
