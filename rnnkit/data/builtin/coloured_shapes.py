"""Pictures of coloured shapes with English captions, for captioning.

One to three shapes, each small or large, of five colours and four forms, in fifteen arrangements: "a small red circle
left of a large blue square". A scene has several right captions, all those of a small grammar (`shapes_grammar`), and
`parse` takes a caption back to the scene, so that exactness and each attribute can be scored:

    parse(caption) == scene                                  # right, in whatever phrasing
    attributes(parse(caption)), attributes(scene)            # side by side; parse gives None for what is no caption

What a scene combines is held out: things that are together in a scene of test, such as a small red circle and a large
blue square, are the things of no scene of train or validation, however they are arranged; of a single thing it is the
thing and its place. Every thing and every arrangement is in train.

Pictures are 64 × 64 × 3, uint8, with shifted places and sizes, tints, a dark or light ground and noise. 7,000 scenes of
five captions each. Frozen: a test pins pictures and captions. Made for rnnkit, under its licence.
"""

from collections.abc import Iterator
from itertools import islice, product
from typing import NamedTuple

import numpy as np

from rnnkit.data.builtin.chance import Draw, held_out_split
from rnnkit.data.builtin.shapes_drawing import picture, png
from rnnkit.data.builtin.shapes_grammar import (
    ARRANGEMENTS,
    COLOURS,
    SHAPES,
    SIZE_WORDS,
    Scene,
    Thing,
    attributes,
    captions,
    parse,
)
from rnnkit.errors import DataError

__all__ = ["SIZES", "Shown", "attributes", "captions", "examples", "parse", "png", "shown", "split_of"]

SIZES = {"train": 6_000, "validation": 500, "test": 500}
CAPTIONS = 5  # of each scene

_SEEDS = {"train": 1, "validation": 2, "test": 3}
_COUNTS = ((0.25, 1), (0.40, 2), (0.35, 3))
_EVERY_THING = [Thing(*one) for one in product(SIZE_WORDS, COLOURS, SHAPES)]


class Shown(NamedTuple):
    """A scene, its picture `(64, 64, 3)` uint8, and five of its right captions, all different."""

    scene: Scene
    image: np.ndarray
    captions: tuple[str, ...]


def examples(split: str, limit: int | None = None) -> Iterator[dict]:
    """Yields {"image": (64, 64, 3) uint8, "captions": [str]} for each scene of a split, the same ones on every machine.

    >>> example = next(examples("test"))
    >>> example["image"].shape, len(example["captions"])
    ((64, 64, 3), 5)

    Args:
        split: "train" (6,000 scenes), "validation" or "test" (500 each).
        limit: at most so many.

    Raises:
        DataError: there is no such split.
    """
    return ({"image": one.image, "captions": list(one.captions)} for one in shown(split, limit))


def shown(split: str, limit: int | None = None) -> Iterator[Shown]:
    """As `examples`, with the scene of each."""
    if split not in SIZES:
        raise DataError(f"coloured_shapes has no split {split!r}; it has {', '.join(SIZES)}")
    return islice(_generate(split), SIZES[split] if limit is None else min(limit, SIZES[split]))


def split_of(scene: Scene) -> str:
    """The one split in which a combination of things occurs, or of a thing and its place; eight in ten train."""
    place = [scene.arrangement] if len(scene.things) == 1 else []
    return held_out_split(" + ".join([*sorted(" ".join(thing) for thing in scene.things), *place]))


def _generate(split: str) -> Iterator[Shown]:
    draw = Draw(_SEEDS[split])
    while True:
        scene = _scene(draw)
        while split_of(scene) != split:
            scene = _scene(draw)
        chosen = draw.shuffled(list(captions(scene)))[:CAPTIONS]
        yield Shown(scene, picture(scene, draw), tuple(chosen))


def _scene(draw: Draw) -> Scene:
    count = draw.weighted(_COUNTS)
    alike = [name for name, arrangement in ARRANGEMENTS.items() if len(arrangement.places) == count]
    return Scene(draw.one_of(alike), tuple(draw.one_of(_EVERY_THING) for _ in range(count)))
