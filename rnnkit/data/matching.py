"""The words of a language model for a task that reads the same kind of token: matched as they are written."""

from collections import Counter
from collections.abc import Iterable

import numpy as np
import tensorflow as tf

from rnnkit.data.text import cased
from rnnkit.data.units import PADDING_ID, SPECIAL, UNKNOWN_ID
from rnnkit.data.units.listed import ListedUnit
from rnnkit.data.vocabulary import PADDING, UNKNOWN, Vocabulary

NEW = -1


def words_of(unit: ListedUnit, lowercase: bool) -> Vocabulary:
    """The tokens of a language model, the special ones left out, in the forms that a task looks up.

    Args:
        unit: Of the language model.
        lowercase: Whether the task looks words up in lower case; spellings of one form then share it.
    """
    vocabulary, counts = unit.vocabulary, Counter()
    tokens, seen = vocabulary.tokens[len(SPECIAL) :], vocabulary.counts[len(SPECIAL) :]
    for form, count in zip(_forms(tokens, lowercase), seen.tolist()):
        if form not in (PADDING, UNKNOWN):  # a word may be written <UNK>
            counts[form] += count
    return Vocabulary(counts, counts.values())


def rows_of(unit: ListedUnit, vocabulary: Vocabulary) -> np.ndarray:
    """The language model's id of every token of another vocabulary.

    Padding and the unknown token have those of their own kind; any other that of the same token, or else of the most
    frequent one that differs in upper and lower case alone.

    Args:
        unit: Of the language model.
        vocabulary: Of the task that goes on from it.

    Returns:
        `(len(vocabulary),)` int32, `NEW` where the language model has no such token.
    """
    known = unit.vocabulary.tokens[len(SPECIAL) :]
    exact = {token: row for row, token in enumerate(known, len(SPECIAL))}
    folded = {form: row for row, form in reversed([*enumerate(_forms(known, True), len(SPECIAL))])}  # the first counts
    others = vocabulary.tokens[2:]
    found = [exact.get(token, folded.get(form, NEW)) for token, form in zip(others, _forms(others, True))]
    return np.array([PADDING_ID, UNKNOWN_ID, *found], np.int32)


def _forms(tokens: Iterable[str], lowercase: bool) -> list[str]:
    return [form.decode() for form in cased(tf.constant(list(tokens), tf.string), lowercase).numpy()]
