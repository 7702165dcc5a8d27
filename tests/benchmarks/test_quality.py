"""Experiments that can be run, and what is prepared for them."""

import io
import json
import zipfile

import pytest
from PIL import Image

from benchmarks.quality import nlvr
from benchmarks.quality.__main__ import table
from benchmarks.quality.experiments import BY_NAME, DIGESTS, EXPERIMENTS
from rnnkit import config


def test_names_corpora_and_bases_are_known():
    assert len(BY_NAME) == len(EXPERIMENTS)
    for experiment in EXPERIMENTS:
        assert experiment.corpus in DIGESTS and experiment.base in (None, *BY_NAME)


@pytest.mark.parametrize("experiment", EXPERIMENTS, ids=list(BY_NAME))
def test_configurations_are_right(experiment):
    assert config.load(experiment.config, experiment.overrides, needs_files=False).task == experiment.app
    for _, overrides in experiment.rescored:
        config.load(experiment.config, (*experiment.overrides, *overrides), needs_files=False)


def test_a_table_has_a_row_for_each_metric_and_each_rescoring():
    scores = {"loss": 1.5, "perplexity": 2.5, "beam_bleu": 30.0, "bleu": 29.0}
    shakespeare = {"test": scores, "validation": scores, "train_seconds": 9.0}
    shakespeare |= {name: scores for name, _ in BY_NAME["tiny_shakespeare_lstm"].rescored}
    found = {"tiny_shakespeare_lstm": {"1": shakespeare}, "multi30k": {"1": shakespeare}}
    rows = table(found).splitlines()
    assert len(rows) == 2 + 3 + 2
    assert "| tiny_shakespeare_lstm: last 10 %, state carried | loss | **1.5000** (1.5000) | 1.5000 | 9 |" in rows[3]
    assert "| multi30k | bleu | **29.00** (29.00) |" in rows[-1]


def test_nlvr_keeps_true_sentences_and_makes_blanks(tmp_path):
    stream = io.BytesIO()
    Image.new("RGBA", (4, 3), "red").save(stream, "PNG")
    source = tmp_path / "source"
    source.mkdir()
    for split in nlvr.SPLITS:
        rows = [{"image": f"{split}-{n}.png", "sentence": f"number {n}", "label": n == 1} for n in range(2)]
        (source / f"{split}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
        with zipfile.ZipFile(source / f"{split}_images.zip", "w") as pictures:
            for row in rows:
                pictures.writestr(row["image"], stream.getvalue())
    nlvr.prepare(source, tmp_path / "made")
    nlvr.prepare(source, tmp_path / "made")
    assert json.loads((tmp_path / "made" / "dev.jsonl").read_text()) == {"image": "dev-1.png", "caption": "number 1"}
    assert {path.name for path in (tmp_path / "made" / "blank").iterdir()} == {f"{each}-1.png" for each in nlvr.SPLITS}
    assert Image.open(tmp_path / "made" / "pictures" / "test-1.png").getpixel((0, 0)) == (255, 0, 0, 255)
    blank = Image.open(tmp_path / "made" / "blank" / "test-1.png")
    assert blank.size == (4, 3) and blank.getpixel((0, 0)) == (255, 255, 255)
