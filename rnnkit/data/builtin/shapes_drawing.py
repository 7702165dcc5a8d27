"""Pictures of scenes: coloured shapes, softly edged, on a noisy grey ground.

Drawn with NumPy by sums, products, comparisons and square roots alone, which round the same everywhere, so that the
same draw gives the same picture to the bit on every machine.
"""

import io

import numpy as np
from PIL import Image

from rnnkit.data.builtin.chance import Draw
from rnnkit.data.builtin.shapes_grammar import ARRANGEMENTS, Scene, Thing

SIDE = 64  # pixels

_RGB = {
    "red": (205, 45, 40), "green": (40, 160, 60), "blue": (45, 75, 215), "yellow": (235, 205, 45),
    "purple": (145, 55, 175),
}  # fmt: skip
_RADIUS = {"small": (5.0, 5.5), "large": (8.0, 8.75)}
_SPACING = 20.5  # pixels from a column or row to the next
_SHIFT = 1.0  # pixels that a thing is off its place, at most, each way
_SLIDE = 14.0  # pixels that a row or column is off the middle, at most, each way
_TINT = 18  # of 255, that a colour is off, at most, each way
_GROUNDS = ((15, 50), (200, 240))  # dark and light
_NOISE = 6  # of 255, standard deviation, about


def picture(scene: Scene, draw: Draw) -> np.ndarray:
    """Draws a scene, with shifted places, sizes, tints, ground and noise.

    Args:
        scene: What is to be seen.
        draw: Random choices.

    Returns:
        `(64, 64, 3)` uint8, RGB.
    """
    grey = draw.between(*draw.one_of(_GROUNDS))
    canvas = np.full((SIDE, SIDE, 3), float(grey))
    for thing, (x, y) in zip(scene.things, _centres(scene, draw), strict=True):
        cover = _cover(thing, x, y, draw)[:, :, None]  # (64, 64, 1)
        colour = np.array([channel + draw.between(-_TINT, _TINT) for channel in _RGB[thing.colour]], float)
        canvas = canvas + (colour - canvas) * cover
    return np.clip(np.floor(canvas + _noise(draw) + 0.5), 0, 255).astype(np.uint8)


def png(image: np.ndarray) -> bytes:
    """An image `(height, width, 3)` uint8, RGB, as the bytes of a PNG file."""
    stream = io.BytesIO()
    Image.fromarray(image).save(stream, "PNG")
    return stream.getvalue()


def _centres(scene: Scene, draw: Draw) -> list[tuple[float, float]]:
    """Of each thing, x to the right and y down in pixels. Several in one line may lie anywhere beside the middle."""
    places = ARRANGEMENTS[scene.arrangement].places
    in_line = [len(places) > 1 and len({place[axis] for place in places}) == 1 for axis in (0, 1)]
    middle = [SIDE / 2 + (_around(_SLIDE, draw) if free else 0.0) for free in in_line]
    return [tuple(middle[axis] + _SPACING * place[axis] + _around(_SHIFT, draw) for axis in (0, 1)) for place in places]


def _around(most: float, draw: Draw) -> float:
    return most * (2 * draw.fraction() - 1)


def _cover(thing: Thing, x: float, y: float, draw: Draw) -> np.ndarray:
    """How much of each pixel a thing covers, `(64, 64)` from 0 to 1, by the distance to its edge."""
    least, most = _RADIUS[thing.size]
    radius = least + (most - least) * draw.fraction()
    pixels = np.arange(SIDE) + 0.5
    distance = _DISTANCES[thing.shape]((pixels - x)[None, :], (pixels - y)[:, None], radius)
    return np.clip(0.5 - distance, 0.0, 1.0)


def _circle(x, y, radius):
    return np.sqrt(x * x + y * y) - radius


def _square(x, y, radius):
    return np.maximum(np.abs(x), np.abs(y)) - 0.875 * radius


def _triangle(x, y, radius):
    """Its tip is up; the sides fall two for one."""
    return np.maximum((2 * np.abs(x) - y - radius) / np.sqrt(5.0), y - 0.875 * radius)


def _cross(x, y, radius):
    x, y = np.abs(x), np.abs(y)
    return np.maximum(np.maximum(x, y) - radius, np.minimum(x, y) - 0.3125 * radius)


_DISTANCES = {"circle": _circle, "square": _square, "triangle": _triangle, "cross": _cross}


def _noise(draw: Draw) -> np.ndarray:
    """`(64, 64, 3)`, sums of four even draws. The generator's raw output is taken, which NumPy promises to keep."""
    raw = np.random.PCG64(draw.below(2**32)).random_raw(SIDE * SIDE * 3 // 2)
    octets = raw.astype("<u8").view(np.uint8).reshape(SIDE, SIDE, 3, 4)
    return (octets.sum(axis=-1, dtype=np.int64) - 510) * (_NOISE / 148.0)
