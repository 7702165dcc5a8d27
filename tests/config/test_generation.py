"""What only a generator's configuration has, and what cannot go together in it."""

from pathlib import Path

import pytest

from rnnkit import config
from rnnkit.config.schema import GenerationRun
from tests.config.helpers import mistakes, write

NAMES = """\
task: generation
data:
  source: builtin
  name: invented_names
"""
ROOT = Path(__file__).parents[2]
READ_NOTHING = "but with context first_step nothing that was written is read"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("model: {context: attention}", "model.context: got 'attention'"),
        ("model: {bidirectional: true}", "model.bidirectional: got true"),
        ("model: {class_embedding_size: 0}", "model.class_embedding_size: got 0"),
        ("model: {context: first_step, tie_weights: true}", f"model.tie_weights: got True, {READ_NOTHING}"),
        ("model: {context: first_step, word_dropout: 0.1}", f"model.word_dropout: got 0.1, {READ_NOTHING}"),
        ("model: {context: first_step, embedding_dropout: 0.1}", f"model.embedding_dropout: got 0.1, {READ_NOTHING}"),
        ("model: {context: first_step, scheduled_sampling: {}}", READ_NOTHING),
        ("decode: {temperature: 0.0}", "decode.temperature: got 0.0"),
        ("decode: {n_best: 3}", "decode.n_best: got 3, but sample finds one text"),
        ("decode: {min_length: 200}", "decode.min_length: got 200, but texts end at text.target.max_tokens (128)"),
        ("train: {adversarial: 0.1}", "train.adversarial: is for texts that are read"),
        ("train: {monitor: bleu}", "train.monitor: got 'bleu'; the metrics of the generation task are loss,"),
        ("text: {unit: word}", "text.unit"),
    ],
)  # fmt: skip
def test_contradictions_and_bounds(tmp_path, text, line):
    lines = mistakes(write(tmp_path, NAMES + text + "\n"))
    assert len(lines) == 1 and line in lines[0], lines


def test_what_a_class_has_no_part_in(tmp_path):
    text = "task: generation\ndata: {source: builtin, name: dates_and_numbers}\n"
    (line,) = mistakes(write(tmp_path, text))
    assert "data.name: got 'dates_and_numbers'; the built-in corpora of the generation task are invented_names" in line


def test_defaults_and_a_dump_that_comes_back(tmp_path):
    run = GenerationRun(
        task="generation", data={"source": "builtin", "name": "invented_names"}, text={"target": {"max_tokens": 9}}
    )
    assert config.load(write(tmp_path, config.dump(run))) == run
    assert (run.text.target.unit, run.decode.method, run.monitor) == ("char", "sample", "loss")
    assert run.model.description == "1 × 128 unidirectional lstm, context by both"


def test_the_classifier_of_names_reads_the_same_corpus():
    run = config.load(ROOT / "configs" / "sentiment" / "names.yaml")
    assert run.data.name == "invented_names" and run.text.unit == "char"
