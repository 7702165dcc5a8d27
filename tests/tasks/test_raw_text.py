"""Which characters a gold token stands for, and the score that counts them."""

import pytest
import tensorflow as tf

from rnnkit.tasks.raw_text import raw_text_f1, spans
from tests.training.helpers import split


@pytest.mark.parametrize(
    ("text", "tokens", "found"),
    [
        ("Don't  stop.", ["Do", "n't", "stop", "."], [(0, 2), (2, 5), (7, 11), (11, 12)]),
        ("żółć 😀 שלום!", ["żółć", "😀", "שלום", "!"], [(0, 4), (5, 6), (7, 11), (11, 12)]),
        ("a a a", ["a", "a", "a"], [(0, 1), (2, 3), (4, 5)]),
        ("du chat aime le lait", ["de", "le", "chat", "aime", "le"], [None, None, (3, 7), (8, 12), (13, 15)]),
        ("a left out b c d", ["a", "b", "c", "d"], [(0, 1), None, None, (15, 16)]),
        ("the end", ["nowhere", "end"], [None, (4, 7)]),
        ("one skipped two", ["one", "two"], [(0, 3), (12, 15)]),
        ("x one two three the", ["the", "x"], [None, (0, 1)]),
        ("", ["gone"], [None]),
        ("text", [], []),
    ],
)
def test_spans(text, tokens, found):
    assert spans(text, tokens) == found


def tagger(answers):
    """A served function that gives made-up (start, end, tag) for the texts it knows."""
    asked = []

    def tag_text(texts):
        rows = [answers[text.decode()] for text in texts.numpy()]
        asked.extend(texts.numpy())
        width = max(len(row) for row in rows) + 1
        padded = [row + [(0, 0, "")] * (width - len(row)) for row in rows]
        return {
            "starts": tf.constant([[start for start, _, _ in row] for row in padded]),
            "ends": tf.constant([[end for _, end, _ in row] for row in padded]),
            "tags": tf.constant([[tag for _, _, tag in row] for row in padded]),
            "lengths": tf.constant([len(row) for row in rows]),
        }

    return tag_text, asked


def test_f1_counts_spans_and_tags():
    examples = [
        {"tokens": ["ą", "cat"], "tags": ["DET", "NOUN"], "text": "ą cat"},
        {"tokens": ["do", "n't"], "tags": ["VERB", "PART"], "text": "don't"},
        {"tokens": ["no", "text"], "tags": ["DET", "NOUN"]},
    ]
    tag_text, asked = tagger(
        {
            "ą cat": [(0, 1, "DET"), (2, 5, "VERB")],  # a span right, its tag wrong
            "don't": [(0, 5, "VERB")],  # a span wrong
            "no text": [(0, 2, "DET"), (3, 7, "NOUN")],
        }
    )
    assert raw_text_f1(tag_text, split(examples, "test"), batch_size=2) == pytest.approx(2 * 3 / (5 + 6))
    assert [text.decode() for text in asked] == ["ą cat", "don't", "no text"]


def test_a_gold_token_that_is_not_in_the_text_counts_as_missed():
    tag_text, _ = tagger({"du": [(0, 2, "ADP")]})
    examples = [{"tokens": ["de", "le"], "tags": ["ADP", "DET"], "text": "du"}]
    assert raw_text_f1(tag_text, split(examples)) == 0.0
