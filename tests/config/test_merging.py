"""`extends` and overrides: what wins, what is dropped, and where a mistake is placed."""

import pytest

from rnnkit import config
from tests.config.helpers import REVIEWS, mistakes, write

TFDS = """\
task: sentiment
data:
  source: tfds
  name: imdb_reviews
  label_map: {neg: negative}
  limit: 7
"""


# === extends ===


def test_sections_merge_and_lists_are_replaced(tmp_path):
    write(tmp_path, REVIEWS + "model: {units: 8, pooling: [mean, max]}\ntrain: {batch_size: 4}\n", "base.yaml")
    path = write(tmp_path, "extends: base.yaml\nmodel: {pooling: [last]}\ntrain: {optimizer: {learning_rate: 1e-2}}\n")
    run = config.load(path)
    assert (run.model.units, run.model.pooling) == (8, ["last"])
    assert (run.train.batch_size, run.train.optimizer.learning_rate) == (4, 0.01)


def test_a_list_of_bases_the_later_wins(tmp_path):
    write(tmp_path, REVIEWS, "task.yaml")
    write(tmp_path, "model: {units: 8, layers: 2}\n", "small.yaml")
    write(tmp_path, "model: {units: 16}\n", "large.yaml")
    run = config.load(write(tmp_path, "extends: [task.yaml, small.yaml, large.yaml]\nseed: 3\n"))
    assert (run.model.units, run.model.layers, run.seed) == (16, 2, 3)


def test_a_base_is_relative_to_the_file_that_names_it(tmp_path):
    (tmp_path / "shared").mkdir()
    write(tmp_path, REVIEWS, "shared/task.yaml")
    write(tmp_path, "extends: task.yaml\n", "shared/base.yaml")
    assert config.load(write(tmp_path, "extends: shared/base.yaml\n")).task == "sentiment"


def test_a_circle_is_told_with_its_chain(tmp_path):
    write(tmp_path, "extends: run.yaml\n", "b.yaml")
    lines = mistakes(write(tmp_path, "\nseed: 1\nextends: b.yaml\n"))
    assert lines == ["b.yaml:1: extends: goes in a circle: run.yaml -> b.yaml -> run.yaml"]


def test_a_file_that_extends_itself(tmp_path):
    assert "circle: run.yaml -> run.yaml" in mistakes(write(tmp_path, "extends: run.yaml\n"))[0]


def test_two_bases_may_share_a_base(tmp_path):
    write(tmp_path, REVIEWS, "root.yaml")
    for level in range(25):
        name = "root" if level == 0 else f"level{level}"
        write(tmp_path, f"extends: [{name}.yaml, {name}.yaml]\n", f"level{level + 1}.yaml")
    assert config.load(str(tmp_path / "level25.yaml")).task == "sentiment"


@pytest.mark.parametrize(
    ("extends", "words"),
    [
        ("none.yaml", "run.yaml:1: extends: there is no file none.yaml"),
        ("3", "run.yaml:1: extends: a file name or a list of file names is needed"),
        ("[b.yaml, 3]", "run.yaml:1: extends: a file name or a list of file names is needed"),
        ("", "run.yaml:1: extends: empty; fill it, remove it, or write null where none is meant"),
    ],
)
def test_a_base_that_is_none(tmp_path, extends, words):
    write(tmp_path, "seed: 3\n", "b.yaml")
    lines = mistakes(write(tmp_path, f"extends: {extends}\ntrain: {{epochs: x}}\n"))
    wrong_value = "run.yaml:2: train.epochs: got 'x' (text), a whole number >= 1 or null is needed"
    assert lines == [words, wrong_value]


def test_a_missing_base_hides_no_mistake_and_makes_up_none(tmp_path):
    lines = mistakes(write(tmp_path, "extends: none.yaml\nmodel: {}\nunits: 3\n"))
    assert [line.partition(" (")[0] for line in lines] == [
        "run.yaml:1: extends: there is no file none.yaml",
        "run.yaml:3: units: unknown key; did you mean model.units?",
    ]


def test_mistakes_keep_the_file_they_stand_in(tmp_path):
    write(tmp_path, "model:\n  units: 0\n  layers: 0\n", "base.yaml")
    lines = mistakes(write(tmp_path, REVIEWS + "extends: base.yaml\nmodel:\n  layers: x\n"))
    assert lines == [
        "run.yaml:7: model.layers: got 'x' (text), a whole number >= 1 is needed",
        "base.yaml:2: model.units: got 0 (a whole number), a whole number >= 1 is needed",
    ]


def test_another_source_replaces_all_of_data(tmp_path):
    write(tmp_path, TFDS, "base.yaml")
    path = write(tmp_path, "extends: base.yaml\ndata: {source: builtin, name: reviews}\n")
    data = config.load(path).data
    assert (data.source, data.limit, data.label_map) == ("builtin", None, {})


def test_the_same_source_is_merged(tmp_path):
    write(tmp_path, TFDS, "base.yaml")
    data = config.load(write(tmp_path, "extends: base.yaml\ndata: {source: tfds, label_map: {pos: positive}}\n")).data
    assert (data.limit, data.label_map) == (7, {"neg": "negative", "pos": "positive"})


def test_an_empty_mapping_empties(tmp_path):
    write(tmp_path, TFDS, "base.yaml")
    assert config.load(write(tmp_path, "extends: base.yaml\ndata: {label_map: {}}\n")).data.label_map == {}


def test_options_of_another_cell_and_optimizer_are_dropped(tmp_path):
    path = write(
        tmp_path,
        REVIEWS
        + "model: {cell: lstm, cell_options: {peepholes: true}}\n"
        + "train: {optimizer: {name: sgd, options: {momentum: 0.9}, learning_rate: 0.1}}\n",
    )
    run = config.load(path, ["model.cell_options.alpha=0.5", "model.cell=leaky", "train.optimizer.name=adam"])
    assert run.model.cell_options == {"alpha": 0.5}
    assert (run.train.optimizer.options, run.train.optimizer.learning_rate) == ({}, 0.1)
    kept = config.load(path, ["model.cell_options.forget_bias=2", "model.cell=lstm"])
    assert kept.model.cell_options == {"peepholes": True, "forget_bias": 2}


def test_steps_take_the_place_of_epochs(tmp_path):
    path = write(tmp_path, REVIEWS + "train: {epochs: 3, clip_norm: 1}\n")
    run = config.load(path, ["train.steps=5", "train.clip_value=2"])
    assert (run.train.epochs, run.train.steps, run.train.clip_norm, run.train.clip_value) == (None, 5, None, 2)
    path = write(tmp_path, REVIEWS + "train: {schedule: {name: linear, warmup_steps: 9}}\n")
    schedule = config.load(path, ["train.schedule.warmup_share=0.1"]).train.schedule
    assert (schedule.warmup_steps, schedule.warmup_share) == (0, 0.1)


# === overrides ===


def test_values_are_yaml(tmp_path):
    run = config.load(
        write(tmp_path, REVIEWS),
        [
            "train.batch_size=64",
            "train.optimizer.learning_rate=1e-2",
            "model.pooling=[mean, max]",
            "train.early_stopping={patience: 2}",
            "train.checkpoint.every_minutes=null",
            "train.name='3'",
            "text.pattern='a=b: [c]'",
            "data.limit=100",
            "data.label_map.0=negative",
        ],
    )
    assert run.train.batch_size == 64 and run.train.optimizer.learning_rate == 0.01
    assert run.model.pooling == ["mean", "max"] and run.train.early_stopping.patience == 2
    assert run.train.checkpoint.every_minutes is None and run.train.name == "3"
    assert run.text.pattern == "a=b: [c]" and run.data.limit == 100 and run.data.label_map == {"0": "negative"}


def test_the_later_override_wins_and_sections_come_into_being(tmp_path):
    overrides = ["train.averaging.decay=0.5", "seed=3", "seed=4", "finetune.from=.", "finetune.learning_rates.head=0.1"]
    run = config.load(write(tmp_path, REVIEWS), overrides)
    assert (run.seed, run.train.averaging.decay) == (4, 0.5)
    assert (run.finetune.source, run.finetune.learning_rates) == (".", {"head": 0.1})


def test_the_order_of_a_changed_source_does_not_matter(tmp_path):
    path = write(tmp_path, TFDS)
    for overrides in (["data.source=builtin", "data.name=reviews"], ["data.name=reviews", "data.source=builtin"]):
        assert config.load(path, overrides).data.source == "builtin"


@pytest.mark.parametrize(
    ("override", "line"),
    [
        (
            "train.batch_size=abc",
            "override train.batch_size=abc: train.batch_size: got 'abc' (text), a whole number >= 1 is needed",
        ),
        (
            "train.batch_sze=3",
            "override train.batch_sze=3: train.batch_sze: unknown key; did you mean batch_size? (allowed: ",
        ),
        ("train=3", "override train=3: train: got 3 (a whole number), a section is needed"),
        ("model.units.x=3", 'override model.units.x=3: model.units: got {"x": 3} (a section), a whole number >= 1'),
        ("foo", "override foo: the form section.key=value is needed"),
        ("=3", "override =3: the form section.key=value is needed"),
        ("train..name=x", "override train..name=x: the form section.key=value is needed"),
        ("train.name=", "override train.name=: train.name: no value is given"),
        ("model.cell=[", "override model.cell=[: is not valid YAML"),
        ("train={epochs: 1, epochs: 2}", "override train={epochs: 1, epochs: 2}: train.epochs: given twice"),
        ("train.xla=yes", "override train.xla=yes: train.xla: got 'yes' (text), true or false is needed"),
        ("train.name=7", "override train.name=7: train.name: got 7 (a whole number), "),
    ],
)
def test_a_wrong_override_is_told_with_itself(tmp_path, override, line):
    lines = mistakes(write(tmp_path, REVIEWS), [override])
    assert len(lines) == 1 and lines[0].startswith(line)
