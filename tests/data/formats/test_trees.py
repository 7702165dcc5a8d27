"""Bracketed trees."""

import pytest

from rnnkit.errors import DataError
from tests.data.helpers import files, sentiment, train_examples, write

TREE = r"(3 (2 (2 -LRB-) (2 It)) (4 (4 (2 works\/runs) (2 \*)) (2 ''))) " + "\n"


def read(directory, content, **options):
    write(directory / "train", content)
    return train_examples(sentiment(files(directory, format="trees", **options)))


def test_phrases_of_train_by_default(tmp_path):
    assert [(example["text"], example["label"]) for example in read(tmp_path, TREE)] == [
        ('( It works/runs * "', "3"),
        ("( It", "2"),
        ("(", "2"),
        ("It", "2"),
        ('works/runs * "', "4"),
        ("works/runs *", "4"),
        ("works/runs", "2"),
        ("*", "2"),
        ('"', "2"),
    ]


def test_sentences(tmp_path):
    assert read(tmp_path, TREE * 2, phrases=[]) == [{"text": '( It works/runs * "', "label": "3"}] * 2


def test_deep_trees(tmp_path):
    depth = 5_000
    assert len(read(tmp_path, "(1 " * depth + "deep" + ")" * depth)) == depth


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("3 It", "a tree begins with"),
        ("(3 (2 It)", "1 unclosed brackets"),
        ("(3 It))", "'\\)' after the tree's end"),
        ("(3 It) (2 works)", "more than one tree"),
        ("(3 It) works", "'works' after the tree's end"),
        ("(3 (2 It) ())", "a node without a label or without words"),
        ("(3 (2))", "a node without a label or without words"),
        ("((2 It) (2 works))", "a node without a label or without words"),
    ],
)
def test_bad_trees(tmp_path, line, message):
    with pytest.raises(DataError, match=f"train:2: {message}"):
        read(tmp_path, TREE + line)
