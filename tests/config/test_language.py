"""What only a language model's configuration has, and what cannot go together in it."""

import pytest

from rnnkit import config
from rnnkit.config.schema import LanguageModelRun
from tests.config.helpers import mistakes, write

TOPICS = """\
task: language_model
data:
  source: builtin
  name: python_topics
"""


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("model: {bidirectional: true}", "model.bidirectional: got true, but a language model must not see"),
        ("model: {tie_weights: true, input: one_hot}", "model.tie_weights: one-hot input has no embedding"),
        ("model: {direct_connections: true}", "model.direct_connections: only the window model has them"),
        (
            "model: {kind: window, direct_connections: true, tie_weights: true}",
            "model.direct_connections: a tied head has no weights for them",
        ),
        ("text: {unit: bpe}", "text.vocabulary_size: got None, but parts of words need at least 260"),
        (
            "text: {unit: bpe, vocabulary_size: 200}",
            "text.vocabulary_size: got 200, but parts of words need at least 260",
        ),
        ("text: {unit: character}", "text.unit: got 'character' (text), one of char, word, bpe is needed"),
        ("train: {devices: ['cpu:0', 'cpu:1']}", "train.devices: a language model hands its state from batch to batch"),
        ("train: {adversarial: 0.1}", "train.adversarial: is for whole texts"),
        ("train: {window: 0}", "train.window: got 0"),
        ("train: {monitor: token_accuracy}", "train.monitor: got 'token_accuracy'; the metrics of the language_model"),
        ("generate: {temperature: 0}", "generate.temperature: got 0"),
        ("generate: {tokens: 5000}", "generate.tokens: got 5000"),
    ],
)
def test_contradictions_and_bounds(tmp_path, text, line):
    lines = mistakes(write(tmp_path, TOPICS + text + "\n"))
    assert len(lines) == 1 and lines[0].startswith(f"run.yaml:5: {line}"), lines


@pytest.mark.parametrize(
    ("data", "line"),
    [
        (
            "  name: python_source\n",
            "the built-in corpora of the language_model task are python_topics, python_library",
        ),
        ("  name: python_library\n  label_map: {a: b}\n", "data.label_map: the language_model task has no labels"),
    ],
)
def test_data_that_does_not_fit(tmp_path, data, line):
    lines = mistakes(write(tmp_path, f"task: language_model\ndata:\n  source: builtin\n{data}"))
    assert len(lines) == 1 and line in lines[0]


def test_files_are_whole_texts_or_hold_labelled_ones(tmp_path):
    (tmp_path / "a.txt").touch()
    data = f"{{source: files, format: conll, tokens: 0, tags: 1, directory: {tmp_path}, splits: {{train: a.txt}}}}"
    text = f"task: language_model\ndata: {data}\n"
    assert mistakes(write(tmp_path, text)) == [
        "run.yaml:2: data.format: got 'conll'; the language_model task reads text, tsv, csv, jsonl, folders, trees"
    ]
    assert config.load(write(tmp_path, text.replace("conll", "text"))).data.format == "text"


def test_defaults_and_names():
    run = LanguageModelRun(task="language_model", data={"source": "builtin", "name": "python_topics"})
    assert run.monitor == "loss" and run.evaluate.batch_size == 32 and not run.model.bidirectional
    assert run.model.kind_of_network == "lstm" and run.model.description == "1 × 128 unidirectional lstm"
    window = run.model.model_copy(update={"kind": "window"})
    assert window.kind_of_network == "window of 5" and window.description == "128 units over 5 tokens"
