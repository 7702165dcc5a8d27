"""Random choices that are the same on every machine and in every version of Python."""

import hashlib
import math
import random
from collections.abc import Sequence
from typing import TypeVar

Option = TypeVar("Option")


class Draw:
    """Random choices. They use `random.Random.random` alone, whose values Python promises to keep.

    Args:
        seed: A whole number; the same one gives the same choices.
    """

    def __init__(self, seed: int):
        self.fraction = random.Random(seed).random

    def below(self, end: int) -> int:
        """One of 0, 1, …, `end` - 1."""
        return int(self.fraction() * end)

    def between(self, first: int, last: int) -> int:
        """One of `first`, …, `last`, both among them."""
        return first + self.below(last - first + 1)

    def happens(self, chance: float) -> bool:
        """True in `chance` of all cases."""
        return self.fraction() < chance

    def one_of(self, options: Sequence[Option]) -> Option:
        return options[self.below(len(options))]

    def weighted(self, options: Sequence[tuple[float, Option]]) -> Option:
        """One of the (weight, option); the weights need not add up to 1."""
        place = self.fraction() * math.fsum(weight for weight, _ in options)
        for weight, option in options:
            place -= weight
            if place < 0:
                return option
        return options[-1][1]

    def shuffled(self, items: Sequence[Option]) -> list[Option]:
        order = sorted((self.fraction(), place) for place in range(len(items)))
        return [items[place] for _, place in order]


def place_of(key: str, places: int) -> int:
    """One of 0, …, `places` - 1 for a key, spread evenly over all keys, always the same for the same key."""
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "big") % places


def held_out_split(key: str) -> str:
    """The one split of a key: eight in ten are in train, one each in validation and test."""
    return {8: "validation", 9: "test"}.get(place_of(key, 10), "train")
