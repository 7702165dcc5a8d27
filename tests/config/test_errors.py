"""Mistakes in plain words: what came, what is allowed, what was meant; all of them at once."""

import pytest

from rnnkit import config
from rnnkit.errors import ConfigError
from tests.config.helpers import REVIEWS, mistakes, write

TAGGING = """\
task: tagging
data:
  source: builtin
  name: python_source
"""


def only(tmp_path, text, **options):
    """The one mistake told about `text`."""
    lines = mistakes(write(tmp_path, text), needs_files=False, **options)
    assert len(lines) == 1, lines
    return lines[0]


@pytest.mark.parametrize(
    ("key", "came", "needed"),
    [
        ("seed: 1.5", "got 1.5 (a number)", "a whole number >= 0 and < 2147483648 is needed"),
        ("seed: -1", "got -1 (a whole number)", "a whole number >= 0 and < 2147483648 is needed"),
        ("train: {batch_size: true}", "got true", "a whole number >= 1 is needed"),
        ("train: {batch_size: '4'}", "got '4' (text)", "a whole number >= 1 is needed"),
        ("train: {clip_norm: 0}", "got 0 (a whole number)", "a number > 0.0 or null is needed"),
        ("train: {optimizer: {learning_rate: .nan}}", "got nan (a number)", "a number > 0.0 is needed"),
        ("train: {optimizer: {learning_rate: .inf}}", "got inf (a number)", "a number > 0.0 is needed"),
        ("train: {xla: 1}", "got 1 (a whole number)", "true or false is needed"),
        ("model: {layer_normalization: lstm}", "got 'lstm' (text)", "true or false is needed"),
        ("train: {device: gpus}", "got 'gpus' (text)", "one of auto, cpu, gpu is needed; did you mean gpu?"),
        ("train: {device: null}", "got null", "one of auto, cpu, gpu is needed"),
        (
            "train: {devices: gpu:0}",
            "got 'gpu:0' (text)",
            "a list, not empty (each a device such as gpu:0 or cpu:1) or null",
        ),
        ("train: {devices: [gpu]}", "got 'gpu' (text)", "a device such as gpu:0 or cpu:1 is needed"),
        ("train: {early_stopping: true}", "got true", "a section or null is needed"),
        ("train: [epochs]", 'got ["epochs"] (a list)', "a section is needed"),
        (
            "export: {name: ../x}",
            "got '../x' (text)",
            "a name of letters, digits, dots, dashes and underscores or null",
        ),
        ("model: {pooling: avg}", "got 'avg' (text)", "one of last, mean, max, attention or a list of these is needed"),
        ("model: {pooling: []}", "got [] (a list)", "one of last, mean, max, attention or a list of these is needed"),
        ("model: {pooling: [last, 3]}", 'got ["last", 3] (a list)', "one of last, mean, max, attention or a list of"),
        (
            "model: {cell: lsmt}",
            "got 'lsmt' (text)",
            "one of lstm, gru, simple, leaky, min_lstm, min_gru, linear_leaky or package.module:ClassName is needed;",
        ),
        (
            "model: {cell: my.cells}",
            "got 'my.cells' (text)",
            "one of lstm, gru, simple, leaky, min_lstm, min_gru, linear_leaky or package.module:ClassName",
        ),
        ("model: {cell_options: 3}", "got 3 (a whole number)", "a section is needed"),
        ("text: {pattern: 3}", "got 3 (a whole number)", "text, not empty is needed; put it in quotes to make it text"),
        ("finetune: {from: x, learning_rates: {head: -1}}", "got -1 (a whole number)", "a number >= 0.0 is needed"),
        ("model: {units: " + "x" * 200 + "}", "got 'xxxxxxx", "xxx… (text), a whole number >= 1 is needed"),
    ],
)
def test_a_wrong_value(tmp_path, key, came, needed):
    line = only(tmp_path, REVIEWS + key + "\n")
    assert line.startswith("run.yaml:5: ") and came in line and needed in line
    assert "pydantic" not in line and "Input should" not in line and "http" not in line


@pytest.mark.parametrize(
    ("text", "start"),
    [
        (
            REVIEWS + "model:\n  unit: 3\n",
            "run.yaml:6: model.unit: unknown key; did you mean units? (allowed: cell, cell_options,",
        ),
        (REVIEWS + "batch: 3\n", "run.yaml:5: batch: unknown key (allowed: task, seed, data,"),
        (
            REVIEWS + "batch_size: 3\n",
            "run.yaml:5: batch_size: unknown key; did you mean evaluate.batch_size or train.batch_size?",
        ),
        (
            REVIEWS + "train:\n  learning_rate: 1\n",
            "run.yaml:6: train.learning_rate: unknown key; did you mean train.optimizer.learning_rate?",
        ),
        (
            REVIEWS + "train: {optimizer: {lr: 0.1}}\n",
            "run.yaml:5: train.optimizer.lr: unknown key; did you mean learning_rate?",
        ),
        (REVIEWS + "train: {opt: {}}\n", "run.yaml:5: train.opt: unknown key; did you mean optimizer?"),
        (REVIEWS + "model: {crf: true}\n", "run.yaml:5: model.crf: unknown key; crf belongs to the tagging task"),
        (
            REVIEWS + "model: {characters: {units: 3}}\n",
            "run.yaml:5: model.characters: unknown key; characters belongs to the tagging task",
        ),
        (
            TAGGING + "model: {pooling: max}\n",
            "run.yaml:5: model.pooling: unknown key; pooling belongs to the sentiment task",
        ),
        (REVIEWS + "  columns: [a]\n", "run.yaml:5: data.columns: unknown key; columns belongs to source files"),
        (REVIEWS + "  text: a\n", "run.yaml:5: data.text: unknown key; text belongs to source tfds and source files"),
        (REVIEWS + "finetune: {source: x, from: y}\n", "run.yaml:5: finetune.source: unknown key"),
        (
            TAGGING + "model: {characters: {widht: 3}}\n",
            "run.yaml:5: model.characters.widht: unknown key; did you mean widths?",
        ),
    ],
)
def test_an_unknown_key(tmp_path, text, start):
    assert only(tmp_path, text).startswith(start)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("task: sentiment\n", "run.yaml: data: missing; a section is needed"),
        (
            "task: sentiment\ndata:\n  name: reviews\n",
            "run.yaml:2: data.source: missing; one of builtin, tfds, files is needed",
        ),
        (
            "task: sentiment\ndata: {source: fiels}\n",
            "run.yaml:2: data.source: got 'fiels' (text), one of builtin, tfds, files is needed; did you mean files?",
        ),
        ("task: sentiment\ndata:\n  source: tfds\n", "run.yaml:2: data.name: missing; text, not empty is needed"),
        ("task: sentiment\ndata: 3\n", "run.yaml:2: data: got 3 (a whole number), a section is needed"),
        (
            "data: {source: builtin, name: reviews}\n",
            "run.yaml: task: missing; one of sentiment, tagging, language_model, translation, captioning, "
            "generation is needed",
        ),
        (
            "task: sentimint\ndata: {source: builtin, name: reviews}\nmodel: {crf: true}\n",
            "run.yaml:1: task: got 'sentimint' (text); one of sentiment, tagging, language_model, translation, "
            "captioning, generation is needed; did you mean sentiment?",
        ),
        (REVIEWS + "finetune: {vocabulary: keep}\n", "run.yaml:5: finetune.from: missing; text is needed"),
        (
            "task:\ndata: {source: builtin, name: reviews}\n",
            "run.yaml:1: task: empty; fill it, remove it, or write null where none is meant",
        ),
        ("task: sentiment\ndata:\n", "run.yaml:2: data: empty; fill it, remove it, or write null where none is meant"),
    ],
)
def test_what_is_missing_or_no_choice(tmp_path, text, line):
    assert only(tmp_path, text) == line


def test_a_file_for_another_app(tmp_path):
    path = write(tmp_path, TAGGING + "model: {units: x}\n")
    assert mistakes(path, task="sentiment") == [
        "run.yaml:1: task: got 'tagging' (text), but this is sentiment; "
        "it is a configuration for `python -m apps.tagging`",
        "run.yaml:5: model.units: got 'x' (text), a whole number >= 1 is needed",
    ]


FILES = """\
task: sentiment
data:
  source: files
  format: tsv
  splits: {train: a, test: b}
"""
CONLL = FILES.replace("sentiment", "tagging").replace("tsv", "conll")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (
            REVIEWS + "train:\n  monitor: acuracy\n",
            "run.yaml:6: train.monitor: got 'acuracy'; the metrics of the sentiment task are accuracy",
        ),
        (
            REVIEWS + "train: {monitor: entity_f1}\n",
            "run.yaml:5: train.monitor: got 'entity_f1'; the metrics of the sentiment",
        ),
        (
            TAGGING + "train: {monitor: entity_f1}\n",
            "run.yaml:5: train.monitor: entity_f1 needs model.tag_scheme iob2 or bioes",
        ),
        (
            TAGGING + "model: {crf: true}\ntrain: {label_smoothing: 0.1}\n",
            "run.yaml:6: train.label_smoothing: got 0.1, but a CRF scores whole sentences",
        ),
        (
            TAGGING + "model: {tag_scheme: iob2}\n",
            "run.yaml:5: model.tag_scheme: got 'iob2', but the built-in corpus has plain tags",
        ),
        (
            REVIEWS.replace("reviews", "python_source"),
            "run.yaml:4: data.name: got 'python_source'; the built-in corpora of the sent",
        ),
        (REVIEWS + "train:\n  epochs: 2\n  steps: 3\n", "run.yaml:7: train.steps: give epochs or steps, not both"),
        (
            REVIEWS + "train: {clip_norm: 1, clip_value: 1}\n",
            "run.yaml:5: train.clip_value: give clip_norm or clip_value, not both",
        ),
        (
            REVIEWS + "train: {devices: [gpu:0, gpu:0]}\n",
            "run.yaml:5: train.devices: a device is named twice: gpu:0, gpu:0",
        ),
        (
            REVIEWS + "train: {devices: [gpu:0, cpu:0]}\n",
            "run.yaml:5: train.devices: all must be of one kind, cpu or gpu",
        ),
        (
            REVIEWS + "train: {device: cpu, devices: [gpu:0]}\n",
            "run.yaml:5: train.devices: got gpu:0, but train.device is cpu",
        ),
        (
            REVIEWS + "train: {batch_size: 1, devices: [cpu:0, cpu:1]}\n",
            "run.yaml:5: train.batch_size: a batch of 1 cannot be",
        ),
        (
            REVIEWS + "train: {schedule: {warmup_steps: 5, warmup_share: 0.1}}\n",
            "run.yaml:5: train.schedule.warmup_share: give warmup_steps or warmup_share, not both",
        ),
        (
            REVIEWS + "train: {schedule: {name: exponential}}\n",
            "run.yaml:5: train.schedule.final: an exponential schedule needs",
        ),
        (
            REVIEWS + "  splits: {test: null}\nevaluate: {split: test}\n",
            "run.yaml:6: evaluate.split: got 'test', but data.splits names",
        ),
        (
            REVIEWS + "  splits: {train: null, validation: null, test: null}\n",
            "run.yaml:5: data.splits: names no examples",
        ),
        (
            REVIEWS + "  splits: {test: tset}\n",
            "run.yaml:5: data.splits.test: got 'tset' (text), one of train, validation, test or null",
        ),
        (
            FILES.replace("tsv", "conllu"),
            "run.yaml:4: data.format: got 'conllu'; the sentiment task reads tsv, csv, jsonl",
        ),
        (
            CONLL.replace("conll", "tsv"),
            "run.yaml:4: data.format: got 'tsv'; the tagging task reads conllu, conll, jsonl",
        ),
        (
            CONLL + "  tokens: 0\n",
            "run.yaml:4: data.tags: columns of a conll file have no names; give a number from 0, not 'upos'",
        ),
        (
            CONLL.replace("conll", "conllu") + "  tags: ner\n",
            "run.yaml:6: data.tags: got 'ner'; the columns of a conllu file are id,",
        ),
        (CONLL.replace("conll", "jsonl") + "  tags: 3\n", "run.yaml:6: data.tags: got 3; a jsonl file has named keys"),
        (
            FILES.replace("tsv", "jsonl") + "  columns: [text, label]\n",
            "run.yaml:6: data.columns: only a tsv or csv has columns",
        ),
        (FILES + "  columns: [text, text, label]\n", "run.yaml:6: data.columns: a name stands there twice"),
        (
            FILES + "  columns: [body, label]\n",
            "run.yaml:6: data.text: there is no column 'text' among columns: body, label",
        ),
        (
            FILES + "  columns: [text, a]\n  label: [a, b]\n",
            "run.yaml:7: data.label: there is no column 'b' among columns: text, a",
        ),
    ],
)
def test_keys_that_contradict_each_other(tmp_path, text, line):
    assert only(tmp_path, text).startswith(line)


def test_all_mistakes_of_all_kinds_at_once(tmp_path):
    write(tmp_path, "model: {layers: 0}\nmodel: {}\n", "base.yaml")
    path = write(
        tmp_path,
        "extends: base.yaml\n"
        + FILES
        + "  directory: nowhere\nseed: x\ntext:\ntrain:\n  monitor: f2\n  epochs: 1\n  steps: 1\n  bach_size: 3\n",
    )
    lines = mistakes(path, ["model.units=none", "oops"])
    assert [line.rpartition(" (allowed")[0] or line for line in lines] == [
        "run.yaml:7: data.directory: there is no folder nowhere",
        "run.yaml:8: seed: got 'x' (text), a whole number >= 0 and < 2147483648 is needed",
        "run.yaml:9: text: empty; fill it, remove it, or write null where none is meant",
        "run.yaml:11: train.monitor: got 'f2'; the metrics of the sentiment task are accuracy, macro_f1, loss",
        "run.yaml:13: train.steps: give epochs or steps, not both",
        "run.yaml:14: train.bach_size: unknown key; did you mean batch_size?",
        "base.yaml:1: model.layers: got 0 (a whole number), a whole number >= 1 is needed",
        "base.yaml:2: model: given twice, first at line 1",
        "override oops: the form section.key=value is needed, such as train.batch_size=64",
        "override model.units=none: model.units: got 'none' (text), a whole number >= 1 is needed",
    ]


def test_a_contradiction_with_a_wrong_value_is_not_made_up(tmp_path):
    text = CONLL + "  tokens: 0\n  tags: -1\nmodel: {tag_scheme: iob3}\ntrain: {monitor: entity_f1}\n"
    assert "run.yaml:8: model.tag_scheme: got 'iob3'" in only(tmp_path, text)


def test_an_unknown_task_still_tells_the_mistakes_of_shared_sections(tmp_path):
    text = "task: poetry\ndata: {source: builtin, name: x}\nmodel: {crf: 1}\ntrain: {epochs: 0, monitor: rhyme}\n"
    lines = mistakes(write(tmp_path, text))
    assert [line.partition(": got")[0] for line in lines] == [
        "run.yaml:1: task",
        "run.yaml:2: data.name",
        "run.yaml:4: train.epochs",
    ]


def test_a_run_is_frozen_and_of_exact_types(tmp_path):
    run = config.load(write(tmp_path, REVIEWS + "train: {clip_norm: 1}\n"))
    assert type(run.train.clip_norm) is float
    with pytest.raises(ValueError, match="frozen"):
        run.seed = 3


def test_one_of_epochs_and_steps_is_always_set(tmp_path):
    assert config.load(write(tmp_path, REVIEWS)).train.epochs == 10
    train = config.load(write(tmp_path, REVIEWS + "train: {steps: 5}\n")).train
    assert (train.epochs, train.steps) == (None, 5)


@pytest.mark.parametrize(
    ("splits", "scored"),
    [("{}", "test"), ("{test: null}", "validation"), ("{test: null, validation: null}", "train")],
)
def test_without_a_test_split_another_is_scored(tmp_path, splits, scored):
    run = config.load(write(tmp_path, REVIEWS + f"  splits: {splits}\n"))
    assert run.evaluate.split == scored


def test_a_schema_used_from_python_tells_contradictions_too():
    with pytest.raises(ValueError, match="give epochs or steps, not both"):
        config.schema.Train(epochs=1, steps=1)


def test_a_config_error_is_a_users_mistake():
    assert ConfigError.exit_code == 2
