"""A trained model's configuration as the base of predicting, evaluating and fine-tuning."""

import pytest

from rnnkit import config
from rnnkit.errors import ArtifactError, ConfigError
from tests.config.helpers import REVIEWS, told, write

TRAINED = (
    REVIEWS
    + """\
  limit: 50
model: {units: 8, cell: leaky, cell_options: {alpha: 0.5}}
text: {max_tokens: 20}
train: {epochs: 3, batch_size: 4, name: first}
"""
)
OTHER = """\
task: sentiment
data: {source: builtin, name: reviews, cache: false}
finetune: {from: .}
train: {steps: 7}
"""


@pytest.fixture
def base(tmp_path):
    return config.load(write(tmp_path, TRAINED, "trained.yaml"))


def test_nothing_named_gives_the_base(base):
    assert config.load_on(base) == (base, frozenset())


def test_overrides_lie_on_the_base_and_are_named(base):
    run, named = config.load_on(base, None, ["data.limit=5", "evaluate.split=validation"])
    assert (run.data.limit, run.data.source, run.evaluate.split) == (5, "builtin", "validation")
    assert run.model == base.model and run.train == base.train
    assert named == {"data.limit", "evaluate.split"}


def test_a_file_takes_the_rest_from_the_base(base, tmp_path):
    run, named = config.load_on(base, write(tmp_path, OTHER), ["train.optimizer.learning_rate=1e-4"])
    assert (run.model, run.text) == (base.model, base.text)
    assert (run.train.steps, run.train.epochs, run.train.batch_size, run.train.name) == (7, None, 4, None)
    assert (run.data.limit, run.data.cache) == (None, False)
    assert run.finetune.source == "." and run.train.optimizer.learning_rate == 1e-4
    assert named == {
        "task",
        "data.source",
        "data.name",
        "data.cache",
        "finetune.from",
        "train.steps",
        "train.optimizer.learning_rate",
    }


def test_the_base_of_a_fine_tuned_model_lends_no_finetune(base, tmp_path):
    tuned, _ = config.load_on(base, None, ["finetune={from: ., freeze: [embedding]}"])
    again, _ = config.load_on(tuned, write(tmp_path, OTHER))
    assert (tuned.finetune.freeze, again.finetune.freeze) == (["embedding"], [])
    assert config.load_on(tuned, None, ["data.limit=3"])[0].finetune == tuned.finetune


def test_keys_of_model_and_text_that_differ_are_all_told(base, tmp_path):
    path = write(tmp_path, OTHER + "model:\n  units: 8\n  layers: 2\ntext: {max_tokens: 30}\n")
    with pytest.raises(ConfigError) as raised:
        config.load_on(base, path, ["model.cell_options.alpha=0.9", "model.units=x"])
    assert told(raised, path) == [
        "run.yaml:7: model.layers: got 2 (a whole number), but the model was trained with 1 (a whole number); "
        "remove it, or train a new model",
        "run.yaml:8: text.max_tokens: got 30 (a whole number), but the model was trained with 20 (a whole number); "
        "remove it, or train a new model",
        "override model.units=x: model.units: got 'x' (text), a whole number >= 1 is needed",
        "override model.cell_options.alpha=0.9: model.cell_options.alpha: got 0.9 (a number), but the model was "
        "trained with 0.5 (a number); remove it, or train a new model",
    ]


def test_another_cell_is_told_but_the_same_is_named(base):
    with pytest.raises(ConfigError, match=r"model\.cell: got 'gru' .*, but the model was trained with 'leaky'"):
        config.load_on(base, None, ["model.cell=gru"])
    assert config.load_on(base, None, ["model.cell=leaky"]) == (base, frozenset({"model.cell"}))


def test_free_keys_and_sections_may_differ(base):
    overrides = ["model.dropout=0.5", "text.min_count=2"]
    run, _ = config.load_on(base, None, overrides, free={"model.dropout", "text"})
    assert (run.model.dropout, run.text.min_count) == (0.5, 2)
    with pytest.raises(ConfigError, match=r"model\.dropout: got 0\.5"):
        config.load_on(base, None, overrides, free={"model.drop", "text"})


def test_another_task_is_told(base, tmp_path):
    with pytest.raises(ConfigError, match=r"task: got 'tagging' .*, but this is sentiment"):
        config.load_on(base, write(tmp_path, OTHER.replace("sentiment", "tagging")))


def test_only_files_that_the_user_names_must_be_there(tmp_path):
    text = "task: sentiment\ndata: {source: files, format: tsv, splits: {train: x.tsv, test: x.tsv}}\n"
    base = config.load(write(tmp_path, text), needs_files=False)
    assert config.load_on(base, None, ["evaluate.batch_size=1"])[0].evaluate.batch_size == 1
    with pytest.raises(ConfigError, match=r"data\.splits\.train: there is no file x\.tsv"):
        config.load_on(base, None, ["data.limit=1"])
    with pytest.raises(ConfigError, match=r"the model's configuration: data\.splits\.test: there is no file x\.tsv"):
        config.load_on(base, needs_files=True)


# === load_with ===

DECIDED = {"text": {"lowercase": False}, "model": {"cell": "gru", "cell_options": {}, "units": 8}}


def load_with(path, overrides=(), task="sentiment"):
    return config.load_with(DECIDED, "the other model", task, path, overrides, free={"text.lowercase"})


def test_what_another_model_decides_may_be_left_out_or_named_alike(tmp_path):
    path = write(tmp_path, OTHER + "model: {units: 8, layers: 2}\n")
    run, named = load_with(path, ["model.pooling=max"])
    assert (run.model.cell, run.model.units, run.model.layers, run.model.pooling) == ("gru", 8, 2, "max")
    assert not run.text.lowercase and load_with(path, ["text.lowercase=true"])[0].text.lowercase
    assert {"model.units", "model.pooling"} <= named and "model.cell" not in named


def test_another_value_of_what_is_decided_is_told(tmp_path):
    path = write(tmp_path, OTHER + "model:\n  units: 9\n")
    with pytest.raises(ConfigError) as raised:
        load_with(path, ["model.cell=lstm", "model.cell_options.peepholes=true", "train.stepz=1"])
    lines = told(raised, path)
    assert len(lines) == 4 and any("train.stepz: unknown key" in line for line in lines)
    for begin, other in (
        ("run.yaml:6: model.units: got 9 (a whole number)", "8 (a whole number)"),
        ("override model.cell=lstm: model.cell: got 'lstm' (text)", "'gru' (text)"),
        ("override model.cell_options.peepholes=true: model.cell_options.peepholes: got true", "null"),
    ):
        said = f"{begin}, but the other model was trained with {other}; remove it, or train a new model"
        assert said in lines


def test_a_file_of_another_task_is_told_alone(tmp_path):
    path = write(tmp_path, "task: tagging\ndata: {source: builtin, name: python_source}\nmodel: {units: 9}\n")
    with pytest.raises(ConfigError) as raised:
        load_with(path)
    assert told(raised, path) == [
        "run.yaml:1: task: got 'tagging' (text), but this is sentiment; it is a configuration for "
        "`python -m apps.tagging`"
    ]


def test_a_metric_that_the_tag_scheme_lacks_is_told(tmp_path):
    path = write(tmp_path, f"task: tagging\ndata: {{source: files, format: conll, tokens: 0, tags: 1, splits: {{train: "
                 f"{tmp_path / 'run.yaml'}, validation: {tmp_path / 'run.yaml'}}}}}\nfinetune: {{from: .}}\n"
                 "train: {monitor: entity_f1}\n")  # fmt: skip
    with pytest.raises(ConfigError, match=r"entity_f1 needs model\.tag_scheme"):
        load_with(path, task="tagging")


# === from_artifact ===


def test_an_artifact_gives_its_run_back(base, tmp_path):
    assert config.from_artifact(write(tmp_path, config.dump(base), "config.yaml")) == base


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "there is no such file"),
        ("", "it is empty"),
        ("task: sentiment\n", "data: missing"),
        ("task: drawing\n", "translation, captioning, generation is needed"),
        (REVIEWS + "extends: a.yaml\n", "extends: unknown key"),
        (REVIEWS + "model: {units: 8", "not valid YAML"),
    ],
)
def test_a_damaged_artifact_is_told(tmp_path, content, words):
    path = tmp_path / "config.yaml"
    if content is not None:
        path.write_text(content)
    with pytest.raises(ArtifactError, match=words) as raised:
        config.from_artifact(path)
    assert str(path) in str(raised.value)
