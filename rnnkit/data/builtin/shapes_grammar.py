"""What a scene of coloured shapes is, which captions are right for it, and the way back from a caption to the scene."""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import product
from typing import NamedTuple

SIZE_WORDS: Mapping[str, tuple[str, ...]] = {"small": ("small", "little"), "large": ("large", "big")}
COLOURS = ("red", "green", "blue", "yellow", "purple")
SHAPES = ("circle", "square", "triangle", "cross")


class Thing(NamedTuple):
    """One shape: its size, colour and form, each a name in `SIZE_WORDS`, `COLOURS` and `SHAPES`."""

    size: str
    colour: str
    shape: str


class Scene(NamedTuple):
    """One to three things and how they are arranged, a name in `ARRANGEMENTS`; their order is the arrangement's."""

    arrangement: str
    things: tuple[Thing, ...]


class Arrangement(NamedTuple):
    """Where things are, and how that is said.

    Attributes:
        places: Column and row of each thing, from -1 (left, top) to 1.
        templates: Sentences with {0}, {1} and {2} for the things in the order of `places`.
    """

    places: tuple[tuple[int, int], ...]
    templates: tuple[str, ...]


def _alone(column: int, row: int, *phrases: str) -> Arrangement:
    templates = [(f"{{0}} {phrase}", f"there is {{0}} {phrase}", f"{phrase} there is {{0}}") for phrase in phrases]
    return Arrangement(((column, row),), tuple(text for texts in templates for text in texts))


def _together(places: tuple[tuple[int, int], ...], lines: str) -> Arrangement:
    return Arrangement(places, tuple(line.strip() for line in lines.strip().splitlines()))


ARRANGEMENTS: Mapping[str, Arrangement] = {
    "middle": _alone(0, 0, "in the middle", "in the centre"),
    "top": _alone(0, -1, "at the top"),
    "bottom": _alone(0, 1, "at the bottom"),
    "left": _alone(-1, 0, "on the left"),
    "right": _alone(1, 0, "on the right"),
    "top left": _alone(-1, -1, "at the top left", "in the top left corner"),
    "top right": _alone(1, -1, "at the top right", "in the top right corner"),
    "bottom left": _alone(-1, 1, "at the bottom left", "in the bottom left corner"),
    "bottom right": _alone(1, 1, "at the bottom right", "in the bottom right corner"),
    "side by side": _together(
        ((-1, 0), (1, 0)),
        """
        {0} left of {1}
        {1} right of {0}
        {0} to the left of {1}
        {1} to the right of {0}
        there is {0} to the left of {1}
        {0} on the left and {1} on the right
        """,
    ),
    "one above the other": _together(
        ((0, -1), (0, 1)),
        """
        {0} above {1}
        {1} below {0}
        {1} under {0}
        there is {0} above {1}
        there is {1} below {0}
        {0} at the top and {1} at the bottom
        """,
    ),
    "row": _together(
        ((-1, 0), (0, 0), (1, 0)),
        """
        {0}, {1} and {2} from left to right
        from left to right, {0}, {1} and {2}
        {1} between {0} on the left and {2} on the right
        {0} left of {1}, which is left of {2}
        a row of {0}, {1} and {2}
        """,
    ),
    "column": _together(
        ((0, -1), (0, 0), (0, 1)),
        """
        {0}, {1} and {2} from top to bottom
        from top to bottom, {0}, {1} and {2}
        {1} between {0} at the top and {2} at the bottom
        {0} above {1}, which is above {2}
        a column of {0}, {1} and {2}
        """,
    ),
    "one above two": _together(
        ((0, -1), (-1, 1), (1, 1)),
        """
        {0} above {1} on the left and {2} on the right
        {1} and {2} side by side below {0}
        {0} above both {1} and {2} to its right
        there is {0} above {1} and {2}, side by side
        """,
    ),
    "two above one": _together(
        ((-1, -1), (1, -1), (0, 1)),
        """
        {2} below {0} on the left and {1} on the right
        {0} and {1} side by side above {2}
        {2} below both {0} and {1} to its right
        there is {2} below {0} and {1}, side by side
        """,
    ),
}


def captions(scene: Scene) -> Iterator[str]:
    """Every caption that is right for a scene, each once: all templates with all words for each size."""
    phrases = [[f"a {size} {thing.colour} {thing.shape}" for size in SIZE_WORDS[thing.size]] for thing in scene.things]
    for template in ARRANGEMENTS[scene.arrangement].templates:
        yield from (template.format(*chosen) for chosen in product(*phrases))


def parse(caption: str) -> Scene | None:
    """The scene that a caption is right for; None if the grammar has no such caption.

    Upper case, more blanks than one and a full stop at the end make no difference.

    >>> parse("a big red circle left of a small blue square")
    Scene(arrangement='side by side', things=(Thing(size='large', colour='red', shape='circle'),
    Thing(size='small', colour='blue', shape='square')))
    >>> parse("a red circle") is None
    True
    """
    words = " ".join(caption.lower().split()).removesuffix(".")
    things = [_thing(found) for found in _THING.finditer(words)]
    places = iter(range(len(things)))
    form = _THING.sub(lambda _: f"{{{next(places)}}}", words)
    arrangement, order = _forms().get(form, ("", []))
    if not things or len(things) != len(order):
        return None
    return Scene(arrangement, tuple(things[order.index(place)] for place in range(len(things))))


def attributes(scene: Scene) -> dict[str, str]:
    """What a caption says, one by one, for scores of each: the arrangement, and size, colour and shape of each thing.

    >>> attributes(parse("a small red cross at the top"))
    {'arrangement': 'top', 'size 1': 'small', 'colour 1': 'red', 'shape 1': 'cross'}
    """
    said = {"arrangement": scene.arrangement}
    for number, thing in enumerate(scene.things, 1):
        said |= {f"{name} {number}": value for name, value in thing._asdict().items()}
    return said


_SIZE_OF = {word: size for size, words in SIZE_WORDS.items() for word in words}
_THING = re.compile(rf"\ba ({'|'.join(_SIZE_OF)}) ({'|'.join(COLOURS)}) ({'|'.join(SHAPES)})\b")


def _thing(found: re.Match) -> Thing:
    size, colour, shape = found.groups()
    return Thing(_SIZE_OF[size], colour, shape)


@cache
def _forms() -> dict[str, tuple[str, list[int]]]:
    """Templates with things numbered as they come, to the arrangement and each thing's place in it."""
    forms = {}
    for name, arrangement in ARRANGEMENTS.items():
        for template in arrangement.templates:
            order = [int(place) for place in re.findall(r"{(\d)}", template)]
            numbers = iter(range(len(order)))
            form = re.sub(r"{\d}", lambda _, numbers=numbers: f"{{{next(numbers)}}}", template)
            forms[form] = (name, order)
    return forms
