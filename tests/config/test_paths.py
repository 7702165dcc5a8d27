"""Paths of files: expansion, and files that are not there."""

from pathlib import Path

import pytest

from rnnkit import config
from rnnkit.config.paths import absent_files, parallel_paths
from rnnkit.config.schema import FilesData
from rnnkit.errors import ConfigError
from tests.config.helpers import REVIEWS, mistakes, write

FILES = """\
task: sentiment
data:
  source: files
  format: tsv
  directory: $CORPORA/mine
  splits:
    train: [a.tsv, b.tsv]
    validation: ~/c.tsv
"""


@pytest.fixture
def corpora(tmp_path, monkeypatch):
    """A folder of corpora, a home folder, and the path of a configuration that names both."""
    (tmp_path / "corpora" / "mine").mkdir(parents=True)
    (tmp_path / "home").mkdir()
    for name in ("corpora/mine/a.tsv", "corpora/mine/b.tsv", "home/c.tsv"):
        (tmp_path / name).write_text("text\tlabel\n")
    monkeypatch.setenv("CORPORA", str(tmp_path / "corpora"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    return write(tmp_path, FILES)


def test_split_paths_expand_home_and_variables(corpora, tmp_path):
    data = config.load(corpora).data
    assert config.split_paths(data, "train") == [tmp_path / "corpora/mine/a.tsv", tmp_path / "corpora/mine/b.tsv"]
    assert config.split_paths(data, "validation") == [tmp_path / "home/c.tsv"]
    assert config.split_paths(data, "test") == []


def test_paths_are_relative_to_the_working_directory(tmp_path, monkeypatch):
    (tmp_path / "x.tsv").write_text("")
    monkeypatch.chdir(tmp_path)
    path = write(tmp_path, "task: sentiment\ndata: {source: files, format: tsv, splits: {train: x.tsv}}\n")
    assert config.split_paths(config.load(path).data, "train") == [Path("x.tsv")]


def test_every_missing_file_is_told_with_its_line(corpora, tmp_path):
    (tmp_path / "corpora/mine/b.tsv").unlink()
    (tmp_path / "corpora/mine/b2.tsv").write_text("")
    (tmp_path / "home/c.tsv").unlink()
    assert mistakes(corpora) == [
        "run.yaml:7: data.splits.train.1: there is no file corpora/mine/b.tsv; did you mean b2.tsv?",
        "run.yaml:8: data.splits.validation: there is no file home/c.tsv",
    ]
    assert config.load(corpora, needs_files=False).task == "sentiment"


def test_a_missing_folder_is_told_once(corpora):
    assert mistakes(corpora, ["data.directory=nowhere"]) == [
        "override data.directory=nowhere: data.directory: there is no folder nowhere"
    ]


@pytest.mark.parametrize("written", ["$NOT_SET_HERE/x", "${NOT_SET_HERE}/x"])
def test_an_unset_variable_is_named(corpora, monkeypatch, written):
    monkeypatch.delenv("NOT_SET_HERE", raising=False)
    assert mistakes(corpora, [f"data.directory={written}"]) == [
        f"override data.directory={written}: data.directory: got '{written}': "
        "the environment variable NOT_SET_HERE is not set; set it: export NOT_SET_HERE=…"
    ]
    with pytest.raises(ConfigError, match="variable NOT_SET_HERE is not set"):
        config.expand(written)


def test_a_folder_for_a_file_and_a_file_for_a_folder(corpora):
    assert "is a folder, a file is needed" in mistakes(corpora, ["data.splits.validation=."])[0]
    folders = ["data.format=folders", "data.splits={train: a.tsv}"]
    assert "is a file, a folder is needed" in mistakes(corpora, folders)[0]


def test_an_impossible_path_is_not_there(corpora):
    assert "there is no file" in mistakes(corpora, [f"data.splits.validation={'x' * 400}"])[0]
    assert "there is no file" in mistakes(corpora, ['data.splits.validation="a\\0b"'])[0]


def test_the_model_to_fine_tune_and_manual_files_must_be_there(tmp_path):
    path = write(tmp_path, REVIEWS + "finetune:\n  from: nowhere\n")
    assert mistakes(path) == ["run.yaml:6: finetune.from: there is no folder nowhere"]
    tfds = ["data={source: tfds, name: x, manual_dir: nowhere}", "finetune=null"]
    assert "data.manual_dir: there is no folder nowhere" in mistakes(path, tfds)[0]


def test_files_are_looked_for_beside_other_mistakes(corpora):
    lines = mistakes(corpora, ["data.splits.validation=none.tsv", "model.units=x", "data.limit=0"])
    assert [line.split(": ")[1] for line in lines] == ["data.limit", "model.units", "data.splits.validation"]


# === two files for each path; pictures ===


def run_over(directory, **options):
    """A run whose data are files; its task does not matter here."""
    data = FilesData(source="files", directory=str(directory), **options)
    return config.schema.SentimentRun.model_construct(data=data, finetune=None)


def test_each_path_of_parallel_files_stands_for_two(tmp_path):
    splits = {"train": ["a", "b.{}.txt"], "test": "c"}
    (tmp_path / "c.de.gz").write_text("")
    data = run_over(tmp_path, format="parallel", pair=["de", "en"], splits=splits).data
    expected = [(tmp_path / "a.de", tmp_path / "a.en"), (tmp_path / "b.de.txt", tmp_path / "b.en.txt")]
    assert parallel_paths(data, "train") == expected
    assert parallel_paths(data, "test") == [(tmp_path / "c.de.gz", tmp_path / "c.en")]
    assert parallel_paths(data, "validation") == []


def test_a_side_that_is_missing_is_told(tmp_path):
    for name in ("a.en", "a.de", "b.en", "c.en.gz"):
        (tmp_path / name).write_text("")
    run = run_over(tmp_path, format="parallel", pair=["en", "de"], splits={"train": ["a", "b"], "test": "c"})
    assert [(key, reason.partition(";")[0]) for key, reason in absent_files(run)] == [
        (("data", "splits", "train", 1), f"there is no file {tmp_path / 'b.de'}"),
        (("data", "splits", "test"), f"there is no file {tmp_path / 'c.de'}"),
    ]


def test_the_folder_of_pictures_must_be_there(tmp_path):
    (tmp_path / "captions.tsv").write_text("")
    options = {"format": "captions", "splits": {"train": "captions.tsv"}}
    assert list(absent_files(run_over(tmp_path, **options))) == []
    key, reason = next(absent_files(run_over(tmp_path, image_directory="none", **options)))
    assert key == ("data", "image_directory") and reason == f"there is no folder {tmp_path / 'none'}"
