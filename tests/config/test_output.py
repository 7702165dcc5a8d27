"""The filled YAML, and the JSON Schema."""

import pytest
import yaml

from rnnkit import config
from rnnkit.config.output import json_schema
from rnnkit.config.schema import RUNS
from rnnkit.errors import ConfigError
from tests.config.helpers import REVIEWS, write
from tests.config.json_schema import faults

SECTIONS = ["task", "seed", "data", "text", "model", "train", "evaluate", "export", "finetune"]
TRICKY = [
    "1e-3",
    "no",
    "null",
    "~",
    "0x1F",
    "1_000",
    "12:30",
    "",
    " a ",
    "a: b",
    "# c",
    "- d",
    "é 🙂 ‏א",
    "x\n\ty",
    "'\"\\",
    "<<",
    "=",
    "!x",
    "&a",
]


def test_a_dump_loads_back_equal(tmp_path):
    run = config.load(
        write(tmp_path, REVIEWS + "train: {early_stopping: {}, devices: [cpu:0]}\nmodel: {pooling: [mean, max]}\n"),
        ["finetune.from=.", "train.optimizer.learning_rate=1e-12", "train.checkpoint.every_minutes=1e22"],
    )
    again = write(tmp_path, config.dump(run), "again.yaml")
    assert config.load(again) == run
    assert config.dump(config.load(again)) == config.dump(run)


def test_a_dump_is_filled_and_in_the_order_of_the_schema(tmp_path):
    text = config.dump(config.load(write(tmp_path, REVIEWS)))
    assert [line.rstrip(":").split(":")[0] for line in text.splitlines() if not line.startswith(" ")] == SECTIONS
    assert "  batch_size: 32\n" in text and "finetune: null\n" in text


def test_text_that_looks_like_something_else_stays_text(tmp_path):
    run = config.load(write(tmp_path, REVIEWS))
    options = {"texts": TRICKY, "nested": {word: word for word in TRICKY}, "numbers": [1, 1.5, True, None, 1e-7]}
    labels = {word: word for word in TRICKY}
    run = run.model_copy(
        update={
            "model": run.model.model_copy(update={"cell_options": options}),
            "data": run.data.model_copy(update={"label_map": labels}),
        }
    )
    assert config.load(write(tmp_path, config.dump(run))) == run


def test_other_yaml_readers_read_a_dump_alike(tmp_path):
    run = config.load(write(tmp_path, REVIEWS + "  label_map: {0: no, 1: 'yes'}\n"))
    assert yaml.safe_load(config.dump(run)) == run.model_dump(by_alias=True)


# === JSON Schema ===


@pytest.mark.parametrize("task", RUNS)
def test_every_option_has_a_description(task):
    schema = json_schema(task)
    for name, section in {"": schema, **schema["$defs"]}.items():
        assert section["description"], name
        for key, option in section["properties"].items():
            described = "description" in option or "$ref" in str(option)
            assert described, f"{name}.{key}"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("task: tagging\ndata: {source: builtin, name: reviews}\n", "task"),
        (REVIEWS + "model: {unit: 3}\n", "model"),
        (REVIEWS + "model: {units: 0}\n", "model.units"),
        (REVIEWS + "model: {pooling: avg}\n", "model.pooling"),
        (REVIEWS + "train: {name: a b}\n", "train.name"),
        ("task: sentiment\n", ""),
    ],
)
def test_the_json_schema_refuses_what_the_schema_refuses(text, place):
    assert place in [fault.partition(":")[0] for fault in faults(json_schema("sentiment"), yaml.safe_load(text))]


def test_the_json_schema_of_no_task():
    with pytest.raises(ConfigError, match="no task 'poetry'; one of sentiment, tagging, language_model, translation"):
        json_schema("poetry")
