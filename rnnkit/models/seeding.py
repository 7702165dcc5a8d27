"""Weights and dropout that a seed decides."""

import contextlib
import random
from collections.abc import Iterator


@contextlib.contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Everything made inside that was given no seed of its own gets one that `seed` decides, each another.

    Keras draws such seeds, those of initialisers and of dropout, from Python's `random`. Its state is set for the while
    and then put back, so that no other code is changed by this.
    """
    state = random.getstate()
    random.seed(seed)
    try:
        yield
    finally:
        random.setstate(state)
