"""What captions of the built-in scenes tell rightly."""

import pytest

from rnnkit.config.schema import TextEvaluate
from rnnkit.tasks.attributes import SceneScorer, attribute_counts, is_right

ALONE = ["a small red circle at the top", "at the top there is a little red circle"]
TWO = ["a big blue cross left of a small red square"]


def test_any_words_of_the_grammar_are_right():
    assert is_right("there is a little red circle at the top", ALONE)
    assert is_right("a little red square right of a large blue cross", TWO)
    assert not is_right("a small red circle", ALONE) and not is_right("a small red square at the top", ALONE)


def test_attributes_are_counted_by_kind():
    found = attribute_counts(
        ["a large red circle at the top", "a big blue cross left of a big red circle"], [ALONE, TWO]
    )
    assert found == {
        "count": (2, 2), "place": (1, 1), "relation": (1, 1), "size": (1, 3), "colour": (3, 3), "shape": (2, 3)
    }  # fmt: skip


@pytest.mark.parametrize("nothing", ["", "a dog", "a red circle at the top", "<unk>"])
def test_what_is_no_caption_tells_nothing(nothing):
    assert attribute_counts([nothing], [ALONE]) == dict.fromkeys(("count", "place", "size", "colour", "shape"), (0, 1))


def test_a_single_thing_where_there_are_two():
    assert attribute_counts(["a big blue cross on the left"], [TWO]) == {
        "count": (0, 1), "relation": (0, 1), "size": (1, 2), "colour": (1, 2), "shape": (1, 2)
    }  # fmt: skip


def test_scores_and_a_table():
    scorer = SceneScorer(TextEvaluate())
    written = ["there is a little red circle at the top", "a big blue cross left of a small red circle"]
    scores = scorer.scores(written, [ALONE, TWO])
    assert scores["exact_match"] == 0.5 and scores["attribute_accuracy"] == pytest.approx(12 / 13)
    table = scorer.table([], written, [ALONE, TWO])
    assert "shape          2 of      3  0.6667" in table and "1 of 2 are not exactly as the reference" in table
    assert "BLEU|nrefs:var" in table and "reference  a big blue cross left of a small red square" in table
