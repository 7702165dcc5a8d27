"""Pictures of what was attended to."""

import warnings

import numpy as np
import pytest
from matplotlib import image

from rnnkit.tasks import plots
from rnnkit.tasks.plots import MOST_PANELS, draw_alignment, draw_caption, free_name


def drawn(path, source, target, scores):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        draw_alignment(path, source, target, scores)
    assert path.read_bytes().startswith(b"\x89PNG")
    return image.imread(path)


def test_a_row_for_each_written_token_darker_where_it_was_looked_at(tmp_path):
    size = 8
    picture = drawn(tmp_path / "a.png", list("abcdefgh"), list("ABCDEFGH"), np.eye(size, dtype="float32"))
    mean = picture[..., :3].mean(-1)
    height, width = mean.shape
    assert mean[height // 2 :, : width // 3].min() < 0.5  # the names of the rows
    dark = np.argwhere(mean[int(0.25 * height) :, int(0.25 * width) :] < 0.2)
    assert np.corrcoef(dark.T)[0, 1] > 0.9  # the diagonal
    assert min(height, width) >= 300


@pytest.mark.parametrize(
    ("source", "target"),
    [(["猫", "が", "寝る"], ["$x$", "_", "кот"]), ([" a b", "\n"], ["\t", "שלום", "</s>"]), (["a"], ["b"])],
    ids=["scripts", "spaces", "one"],
)
def test_any_script(source, target, tmp_path):
    drawn(tmp_path / "a.png", source, target, np.full((len(target), len(source)), 1 / len(source)))


def test_long_texts_are_cut(tmp_path, monkeypatch):
    monkeypatch.setattr(plots, "MOST_TOKENS", 10)
    picture = drawn(tmp_path / "a.png", ["x"] * 40, ["y"] * 40, np.zeros((40, 40)))
    assert max(picture.shape) < 120 * (3 + 0.32 * 10)


# === captions ===


def captioned(path, picture, caption, *seen):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        draw_caption(path, picture, caption, *seen)
    return image.imread(path)[..., :3]


def test_a_small_picture_for_each_token_glows_where_it_was_looked_at(tmp_path):
    blue = np.zeros((8, 8, 3))
    blue[..., 2] = 1.0
    scores = np.zeros((2, 4, 4))
    scores[0, 0, 0] = scores[1, 3, 3] = 0.25
    found = captioned(tmp_path / "a.png", blue, "a b", ["a", "b"], scores)
    height, width = found.shape[:2]
    right = found[:, width // 3 :]
    glowing = np.argwhere((right[..., 2] - right[..., 0] < 0.3) & (right[..., 0] > 0.4) & (right[..., 2] > 0.55))
    assert len(glowing) and width > 2 * height
    whole = found[:, : width // 5]
    assert np.mean(np.all(np.abs(whole - (0, 0, 1)) < 0.05, axis=-1)) > 0.3  # the picture as it is


@pytest.mark.parametrize("count", [0, 1, MOST_PANELS + 5])
def test_pictures_of_any_shape_and_captions_of_any_length_and_script(tmp_path, count):
    picture = np.full((10, 40, 3), 0.5)
    seen = () if count == 0 else (["猫$"] * count, np.full((count, 3, 9), 1 / 27))
    found = captioned(tmp_path / "a.png", picture, "eine_Katze $ " * count, *seen)
    assert found.shape[0] > 60 and found.shape[1] < 120 * 20


def test_a_drawing_takes_no_name_that_is_taken(tmp_path):
    assert free_name(tmp_path, "one / cat?").name == "one-cat.png"
    (tmp_path / "one-cat.png").touch()
    assert free_name(tmp_path, "one / cat?").name == "one-cat-2.png" and free_name(tmp_path, "?").name == "text.png"
