"""A language model's words in the vocabulary of another task, matched as they are written."""

import pytest

from rnnkit.data.matching import NEW, rows_of, words_of
from rnnkit.data.units import Characters, Words
from rnnkit.data.vocabulary import Vocabulary

TEXTS = ["the The the cat THE dog Dog the Dog İstanbul <UNK>"]


def words(**options):
    return Words.fit(TEXTS, pattern=r"\S+", punctuation=False, **options)


def test_the_words_of_a_task_that_keeps_case():
    unit = words()
    assert unit.vocabulary.tokens[4:] == ("the", "Dog", "<UNK>", "THE", "The", "cat", "dog", "İstanbul")
    found = words_of(unit, lowercase=False)
    assert found.tokens == ("<pad>", "<unk>", *unit.vocabulary.tokens[4:])
    assert found.counts.tolist() == [0, 0, *unit.vocabulary.counts[4:]]


def test_spellings_of_one_form_share_it_in_lower_case():
    found = words_of(words(), lowercase=True)
    assert found.tokens[2:] == ("the", "dog", "cat", "i̇stanbul")  # <UNK> would be written like the unknown word
    assert found.counts.tolist() == [0, 0, 5, 3, 1, 1]


@pytest.mark.parametrize(
    ("lowercase", "token", "row"),
    [
        (False, "the", "the"),
        (False, "THE", "THE"),
        (False, "thE", "the"),  # the most frequent spelling
        (False, "dog", "dog"),
        (False, "DOG", "Dog"),
        (False, "bird", None),
        (False, "</s>", None),  # as a user may write it
        (True, "The", "the"),  # what such a model reads it as
        (True, "dog", "dog"),
    ],
)
def test_rows_of_words(lowercase, token, row):
    unit = words(lowercase=lowercase)
    rows = rows_of(unit, Vocabulary([token]))
    expected = NEW if row is None else unit.vocabulary.tokens.index(row)
    assert rows.dtype == "int32" and rows.tolist() == [0, 1, expected]


def test_every_word_of_a_language_model_has_its_row():
    unit = words()
    assert rows_of(unit, words_of(unit, False)).tolist() == [0, 1, *range(4, len(unit))]


def test_rows_of_characters():
    unit = Characters.fit(["baab\n"])
    assert unit.vocabulary.tokens[4:] == ("a", "b", "\n")
    assert rows_of(unit, Vocabulary(["\n", "c", "a"])).tolist() == [0, 1, 6, NEW, 4]
