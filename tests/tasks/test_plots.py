"""Pictures of what was attended to."""

import warnings

import numpy as np
import pytest
from matplotlib import image

from rnnkit.tasks.plots import MOST_TOKENS, draw_alignment


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


def test_long_texts_are_cut(tmp_path):
    count = MOST_TOKENS + 30
    picture = drawn(tmp_path / "a.png", ["x"] * count, ["y"] * count, np.zeros((count, count)))
    assert max(picture.shape) < 120 * (3 + 0.32 * MOST_TOKENS)
