"""Captions and scenes: every caption goes back to its scene, and nothing else is a caption."""

from itertools import product

import pytest

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

THINGS = [Thing(*one) for one in product(SIZE_WORDS, COLOURS, SHAPES)]
RED, BLUE, GREEN = Thing("small", "red", "circle"), Thing("large", "blue", "square"), Thing("large", "green", "cross")


def scenes(step=37):
    """Scenes of every arrangement: all single things and all pairs, and many threes."""
    for name, arrangement in ARRANGEMENTS.items():
        found = list(product(THINGS, repeat=len(arrangement.places)))
        yield from (Scene(name, things) for things in (found if len(found) <= 1600 else found[::step]))


def test_captions_by_hand():
    assert list(captions(Scene("top", (RED,)))) == [
        "a small red circle at the top",
        "a little red circle at the top",
        "there is a small red circle at the top",
        "there is a little red circle at the top",
        "at the top there is a small red circle",
        "at the top there is a little red circle",
    ]
    assert "a big blue square right of a small red circle" in set(captions(Scene("side by side", (RED, BLUE))))
    assert "a large blue square between a small red circle on the left and a large green cross on the right" in set(
        captions(Scene("row", (RED, BLUE, GREEN)))
    )
    assert "a large green cross below both a little red circle and a big blue square to its right" in set(
        captions(Scene("two above one", (RED, BLUE, GREEN)))
    )


def test_every_caption_goes_back_to_its_scene():
    for number, scene in enumerate(scenes(step=641)):
        for caption in list(captions(scene))[number % 3 :: 3]:
            assert parse(caption) == scene


def test_no_caption_is_right_for_two_scenes():
    for name, arrangement in ARRANGEMENTS.items():
        things = (RED, BLUE, GREEN)[: len(arrangement.places)]
        assert {parse(caption) for caption in captions(Scene(name, things))} == {Scene(name, things)}
    forms = [template for arrangement in ARRANGEMENTS.values() for template in arrangement.templates]
    assert len(set(forms)) == len(forms)


@pytest.mark.parametrize("name", ARRANGEMENTS)
def test_a_scene_has_five_captions_at_least(name):
    things = (RED, BLUE, GREEN)[: len(ARRANGEMENTS[name].places)]
    found = list(captions(Scene(name, things)))
    assert len(set(found)) == len(found) >= 5


@pytest.mark.parametrize(
    "caption",
    [
        "",
        "a small red circle",
        "small red circle at the top",
        "an small red circle at the top",
        "a red small circle at the top",
        "a small pink circle at the top",
        "a small red circle at the top at the top",
        "a small red circle above",
        "a small red circle above a large blue square above a large green cross",
        "a small red circle a small red circle at the top",
        "a small red circles at the top",
        "aa small red circle at the top",
        "{0} at the top",
        "{0} above {1}",
        "a small red circle above {1}",
        "<unk> small red circle at the top",
    ],
)
def test_what_is_no_caption(caption):
    assert parse(caption) is None


def test_case_blanks_and_a_full_stop_do_not_matter():
    assert parse(" A Small red\ncircle  at the top. ") == Scene("top", (RED,))
    assert parse("a small red circle at the top..") is None


def test_places_fit_the_templates():
    for arrangement in ARRANGEMENTS.values():
        slots = {f"{{{place}}}" for place in range(len(arrangement.places))}
        for template in arrangement.templates:
            assert all(template.count(slot) == 1 for slot in slots)
    places = [arrangement.places for arrangement in ARRANGEMENTS.values()]
    assert len(set(places)) == len(places)


def test_attributes():
    assert attributes(Scene("side by side", (RED, BLUE))) == {
        "arrangement": "side by side",
        "size 1": "small", "colour 1": "red", "shape 1": "circle",
        "size 2": "large", "colour 2": "blue", "shape 2": "square",
    }  # fmt: skip
