"""The pictures: the same everywhere, with right captions, held-out combinations, and shapes in their places."""

import hashlib
import io
from collections import Counter

import numpy as np
import pytest
from PIL import Image

from rnnkit.data.builtin import coloured_shapes, shapes_drawing
from rnnkit.data.builtin.chance import Draw
from rnnkit.data.builtin.shapes_grammar import ARRANGEMENTS, COLOURS, SHAPES, SIZE_WORDS, Scene, Thing, parse
from rnnkit.errors import DataError
from tests.data.builtin.alone import run_alone

SPLITS = ("train", "validation", "test")


@pytest.fixture(scope="module")
def corpus():
    return {split: list(coloured_shapes.shown(split, 500)) for split in SPLITS}


def digest(split, count=50):
    made = hashlib.sha256()
    for example in coloured_shapes.examples(split, count):
        made.update(example["image"].tobytes() + "\n".join(example["captions"]).encode())
    return made.hexdigest()


@pytest.mark.parametrize(
    ("split", "expected"),
    [
        ("train", "51ed9a069f4449272abd5ce28d8719051383c62768399eb4047a12640dc4ea45"),
        ("validation", "eba0f6e242c83dccd61628948da6bd70fe5d67fc95d19f0a65476cb80352e745"),
        ("test", "2d4605c6a0d06063b9c90863fa54eda048352fba1f2eba48d78c33f0cd7a56c3"),
    ],
)
def test_pictures_and_captions_are_pinned(split, expected):
    assert digest(split) == expected


def test_a_process_with_another_hash_seed_makes_the_same_without_tensorflow():
    program = """
from rnnkit.data.builtin import coloured_shapes
print([(one.captions, int(one.image.sum())) for one in coloured_shapes.shown("test", 5)])
print([name for name in ("tensorflow", "keras") if name in sys.modules])
"""
    made = [(one.captions, int(one.image.sum())) for one in coloured_shapes.shown("test", 5)]
    assert run_alone(program, PYTHONHASHSEED="7") == f"{made}\n[]"


def test_sizes_limit_and_form():
    assert coloured_shapes.SIZES == {"train": 6_000, "validation": 500, "test": 500}
    assert sum(1 for _ in coloured_shapes.examples("test")) == 500
    assert list(coloured_shapes.examples("test", 0)) == []
    (example,) = coloured_shapes.examples("train", 1)
    assert example["image"].shape == (64, 64, 3) and example["image"].dtype == np.uint8
    assert len(set(example["captions"])) == coloured_shapes.CAPTIONS


@pytest.mark.parametrize("split", SPLITS)
def test_captions_are_right(corpus, split):
    for one in corpus[split]:
        assert len(set(one.captions)) == 5
        assert {parse(caption) for caption in one.captions} == {one.scene}


def combination(scene):
    return (*sorted(scene.things), scene.arrangement if len(scene.things) == 1 else None)


def test_no_combination_is_in_two_splits(corpus):
    found = [{combination(one.scene) for one in corpus[split]} for split in SPLITS]
    assert not found[0] & found[1] and not found[0] & found[2] and not found[1] & found[2]
    assert min(map(len, found)) > 200


def test_a_combination_is_the_same_however_it_is_arranged():
    red, blue = Thing("small", "red", "circle"), Thing("large", "blue", "square")
    places = [
        Scene(name, things) for name in ("side by side", "one above the other") for things in ((red, blue), (blue, red))
    ]
    assert len({coloured_shapes.split_of(scene) for scene in places}) == 1


@pytest.mark.parametrize("split", SPLITS)
def test_a_scene_is_in_its_split(corpus, split):
    assert {coloured_shapes.split_of(one.scene) for one in corpus[split]} == {split}


def test_arrangements_and_counts_are_shared_out(corpus):
    scenes = [one.scene for one in corpus["train"]]
    counts = Counter(len(scene.things) for scene in scenes)
    assert all(abs(counts[count] / len(scenes) - share) < 0.06 for share, count in coloured_shapes._COUNTS)
    assert {scene.arrangement for scene in scenes} == set(ARRANGEMENTS)
    assert {scene.arrangement for scene in (one.scene for one in corpus["test"])} == set(ARRANGEMENTS)
    assert len({thing for scene in scenes for thing in scene.things}) == len(SIZE_WORDS) * len(COLOURS) * len(SHAPES)


def test_no_two_pictures_are_equal(corpus):
    images = [one.image.tobytes() for found in corpus.values() for one in found]
    assert len(set(images)) == len(images)


def test_an_unknown_split_is_named():
    with pytest.raises(DataError, match="no split 'dev'; it has train, validation, test"):
        coloured_shapes.examples("dev")


# === Pictures ===


def centre_of(image, colour):
    """Mean (x, y) of the pixels nearer to a colour than its tint and the noise can be off."""
    far = np.abs(image.astype(int) - shapes_drawing._RGB[colour]).max(axis=-1)
    rows, columns = np.nonzero(far < 45)
    return np.array([columns.mean(), rows.mean()]) + 0.5


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("name", ARRANGEMENTS)
def test_things_are_where_the_arrangement_says(name, seed):
    places = np.array(ARRANGEMENTS[name].places)
    things = tuple(Thing("large", colour, "circle") for colour in COLOURS[: len(places)])
    image = shapes_drawing.picture(Scene(name, things), Draw(seed))
    centres = np.array([centre_of(image, thing.colour) for thing in things])
    assert np.abs((centres - centres[0]) - 20.5 * (places - places[0])).max() < 4
    if len(things) == 1:
        assert np.abs(centres - 32 - 20.5 * places).max() < 2.5


def test_the_ground_is_one_grey_with_noise():
    image = shapes_drawing.picture(Scene("middle", (Thing("small", "red", "cross"),)), Draw(5)).astype(int)
    ground = np.concatenate([image[:16], image[48:]])
    assert np.ptp(ground.mean(axis=(0, 1))) < 2 and 5 < ground.std() < 7


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("size", SIZE_WORDS)
def test_areas_of_shapes(shape, size):
    """Pixels covered, beside the area by geometry."""
    least, most = shapes_drawing._RADIUS[size]
    cover = shapes_drawing._cover(Thing(size, "red", shape), 32.0, 32.0, _Middle())
    radius = (least + most) / 2
    areas = {"circle": np.pi, "square": 1.75**2, "triangle": 1.875**2 / 2, "cross": 2 * 2 * 0.625 - 0.625**2}
    assert cover.sum() == pytest.approx(areas[shape] * radius**2, rel=0.08)
    assert cover.min() == 0 and cover.max() == 1


class _Middle:
    """Draws the middle of every range."""

    def fraction(self):
        return 0.5


def test_noise_is_centred_and_as_strong_as_said():
    noise = shapes_drawing._noise(Draw(3))
    assert noise.shape == (64, 64, 3)
    assert abs(noise.mean()) < 0.3 and noise.std() == pytest.approx(6, rel=0.03)


def test_large_things_side_by_side_do_not_touch():
    largest, furthest = shapes_drawing._RADIUS["large"][1], shapes_drawing._SHIFT
    assert shapes_drawing._SPACING - 2 * furthest - 2 * largest >= 0.5
    assert 32 + shapes_drawing._SPACING + furthest + largest < 64
    assert 32 + shapes_drawing._SLIDE + furthest + largest < 64


def test_a_png_holds_the_picture():
    image = next(coloured_shapes.shown("test")).image
    data = coloured_shapes.png(image)
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    read = Image.open(io.BytesIO(data))
    assert read.mode == "RGB" and np.array_equal(np.asarray(read), image)
