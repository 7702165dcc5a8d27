"""Generated reviews for sentiment: English in which the order of the words decides, made by a small grammar.

A review weighs one or two opinions in one sentence: "Although the waiters were rude, the food was not bad."
Every opinion word serves praise and blame, because it is often negated ("far from dull", "never less than dull"), and
most reviews hold opinions of both sides, of which the grammar of the sentence picks the one that counts.

What the opinions are about, with their opinion words, decides the split: a pair such as (waiters, rude) + (food, bad)
is found in one split only, however it is put. So no sentence and no combination of opinions of validation or test is in
train.
"""

import hashlib
import random
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Literal, NamedTuple

from rnnkit.data.builtin import reviews_clauses as clauses
from rnnkit.data.builtin import reviews_lexicon as lexicon
from rnnkit.data.builtin import reviews_structures as structures
from rnnkit.errors import DataError

SIZES = {"train": 10_000, "validation": 1_000, "test": 1_000}
LABELS = ("negative", "positive")

_SEEDS = {"train": 1, "validation": 2, "test": 3}
_KINDS: tuple[tuple[float, clauses.Kind], ...] = ((0.76, "adjective"), (0.12, "stirs"), (0.12, "feels"))
_POLARITIES = ((0.60, clauses.AFFIRMED), (0.27, clauses.REVERSED), (0.13, clauses.KEPT))
_ANY_WORD, _EXTREME_WORD = 0.30, 0.20  # how often an adjective is not the aspect's own
_OPENER = 0.35
_PAST = 0.6
_THIS = 0.4  # "this film" for "the film", where the thing itself is judged


class Opinion(NamedTuple):
    """What is judged, and the word it is judged with."""

    noun: str
    word: str


class Review(NamedTuple):
    """A text, its label and the opinions that it combines."""

    text: str
    label: Literal["negative", "positive"]
    opinions: tuple[Opinion, ...]


def examples(split: str, limit: int | None = None) -> Iterator[dict[str, str]]:
    """Yields the examples {"text": str, "label": "negative" | "positive"} of a split, the same ones on every machine.

    Args:
        split: "train" (10,000 reviews), "validation" or "test" (1,000 each); half of each is positive.
        limit: at most so many.

    Raises:
        DataError: there is no such split.
    """
    return ({"text": review.text, "label": review.label} for review in reviews(split, limit))


def reviews(split: str, limit: int | None = None) -> Iterator[Review]:
    """As `examples`, with the opinions that each review combines."""
    if split not in SIZES:
        raise DataError(f"reviews has no split {split!r}; it has {', '.join(SIZES)}")
    return islice(_generate(split), SIZES[split] if limit is None else min(limit, SIZES[split]))


def split_of(opinions: Sequence[Opinion]) -> str:
    """The one split in which a combination of opinions occurs, whatever their order and wording; eight in ten train."""
    key = " + ".join(sorted(f"{noun}:{word}" for noun, word in opinions))
    place = int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "big") % 10
    return {8: "validation", 9: "test"}.get(place, "train")


def _generate(split: str) -> Iterator[Review]:
    """Endless, without repetition; labels in random order, as many of the one as of the other in every four."""
    draw = _Draw(_SEEDS[split])
    seen = set()
    while True:
        for label in draw.shuffled(LABELS * 2):
            review = draw.review(label)
            while split_of(review.opinions) != split or review.text in seen:
                review = draw.review(label)
            seen.add(review.text)
            yield review


class _Draw:
    """Random choices. They use `random.Random.random` alone, whose values Python promises to keep."""

    def __init__(self, seed: int):
        self._random = random.Random(seed).random

    def one_of(self, options: Sequence):
        return options[int(self._random() * len(options))]

    def weighted(self, options: Sequence[tuple[float, object]]):
        place = self._random() * sum(weight for weight, _ in options)
        for weight, option in options:
            place -= weight
            if place < 0:
                return option
        return options[-1][1]

    def shuffled(self, items: Sequence) -> list:
        order = sorted((self._random(), place) for place in range(len(items)))
        return [items[place] for _, place in order]

    def review(self, label: str) -> Review:
        domain = self.one_of(lexicon.DOMAINS)
        alike = self.weighted(structures.STRUCTURES)
        structure = self.one_of([one for one in alike if one.label in (None, label)])
        is_past = self._random() < _PAST
        aspects = self.shuffled(domain.aspects)[: len(structure.parts)]
        texts, opinions = [], []
        for aspect, part in zip(aspects, structure.parts, strict=True):
            the = "this" if aspect is domain.aspects[0] and self._random() < _THIS else "the"
            good = (label == "positive") == part.agrees
            text, word = self._opinion(aspect, part.role, good, is_past, the)
            while texts and texts[0].split()[:2] == text.split()[:2]:  # no "I expected ..., and I expected ..."
                text, word = self._opinion(aspect, part.role, good, is_past, the)
            texts.append(text)
            opinions.append(Opinion(aspect.noun, word))
        slots = clauses.inflections(aspects[0].noun, aspects[0].plural, is_past)
        body = structure.text.format(*texts, s="ed" if is_past else "" if aspects[0].plural else "s", be=slots["be"])
        text = self._opened(domain, body)
        return Review(text[0].upper() + text[1:] + ".", label, tuple(opinions))

    def _opened(self, domain: lexicon.Domain, body: str) -> str:
        if self._random() >= _OPENER:
            return body
        joint = ": " if body.startswith(structures.FRONTED) else self.one_of((": ", ", and "))
        return self.one_of(domain.openers) + joint + body

    def _opinion(self, aspect: lexicon.Aspect, role: str, good: bool, is_past: bool, the: str) -> tuple[str, str]:
        """A clause or phrase that finds an aspect good or bad, and its opinion word."""
        kind = self.weighted(_KINDS) if role == "clause" else "adjective"
        form = self.one_of(self.weighted(_POLARITIES)[kind] if role == "clause" else clauses.FIXED[role])
        word = self._word(aspect, kind, good == form.keeps, form.grade)
        slots = clauses.inflections(aspect.noun, aspect.plural, is_past, the)
        slots |= clauses.word_slots(word, kind, aspect.plural, is_past)
        slots |= {"very": self.one_of(lexicon.VERY), "somewhat": self.one_of(lexicon.SOMEWHAT)}
        return form.text.format(**slots), word

    def _word(self, aspect: lexicon.Aspect, kind: clauses.Kind, positive: bool, grade: clauses.Grade) -> str:
        if kind == "stirs":
            return self.one_of(lexicon.STIRS_POSITIVE if positive else lexicon.STIRS_NEGATIVE)
        if kind == "feels":
            return self.one_of(lexicon.FEELS_POSITIVE if positive else lexicon.FEELS_NEGATIVE)
        place = self._random()
        if grade == "extreme" or (grade == "any" and place < _EXTREME_WORD):
            return self.one_of(lexicon.EXTREME_POSITIVE if positive else lexicon.EXTREME_NEGATIVE)
        if place > 1 - _ANY_WORD:
            return self.one_of(lexicon.ANY_POSITIVE if positive else lexicon.ANY_NEGATIVE)
        words = aspect.positive if positive else aspect.negative
        return self.one_of([word for word in words if grade == "any" or word not in lexicon.NOT_GRADABLE])
