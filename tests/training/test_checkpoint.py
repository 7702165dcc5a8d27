"""A checkpoint gives back every bit, or says what is wrong with it."""

import errno

import numpy as np
import pytest

from rnnkit.errors import ArtifactError, UserError
from rnnkit.training import checkpoint
from rnnkit.training.checkpoint import FILE, Progress
from tests.training.helpers import NOISE, one_batch, sentiment, stepping, texts

TRAIN = {"averaging": {"decay": 0.9}}


@pytest.fixture(scope="module")
def trained():
    """A step that has been made twice, and the examples that it saw."""
    task, _, step = stepping(sentiment(NOISE, TRAIN))
    batch = one_batch(task, texts(6))
    step(*batch)
    step(*batch)
    return step, batch


def values(variables):
    return [variable.numpy() for members in variables.values() for variable in members]


def test_round_trip_to_the_bit(tmp_path, trained):
    step, batch = trained
    progress = Progress(1, 2, 3, {"loss": 0.1}, 0, 0.5, 1, [{"epoch": 1, "loss": 1 / 3}], 4.5, False, [7, "a1b2"])
    checkpoint.save(tmp_path, step.variables, progress)
    _, _, other = stepping(sentiment(NOISE, TRAIN, seed=2))
    assert checkpoint.load(tmp_path, other.variables) == progress == checkpoint.read_progress(tmp_path)
    for one, expected in zip(values(other.variables), values(step.variables), strict=True):
        assert one.dtype == expected.dtype
        np.testing.assert_array_equal(one, expected)
    assert any("seed" in variable.path for variable in step.variables["model"])
    np.testing.assert_array_equal(other(*batch).total, step(*batch).total)  # the same dropout


def test_there_is_none_yet(tmp_path):
    assert checkpoint.read_progress(tmp_path) is None


def test_a_damaged_file(tmp_path, trained):
    step, _ = trained
    checkpoint.save(tmp_path, step.variables, Progress())
    whole = (tmp_path / FILE).read_bytes()
    draw = np.random.default_rng(1)
    flipped = []
    for place in [*range(64), *draw.integers(0, len(whole), 60), *range(len(whole) - 60, len(whole))]:
        flipped.append(whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :])
    read = 0
    for content in [b"", b"no archive", whole[: len(whole) // 2], whole[:-1], *flipped]:
        (tmp_path / FILE).write_bytes(content)
        try:
            checkpoint.load(tmp_path, step.variables)
            read += 1  # a byte that tells nothing, such as a file's date
        except ArtifactError as error:
            assert str(tmp_path / FILE) in str(error)
    assert read < 90


def test_a_file_that_numpy_reads_and_rnnkit_did_not_write(tmp_path, trained):
    np.savez(tmp_path / FILE, model=np.zeros(3))
    with pytest.raises(ArtifactError, match="not a checkpoint"):
        checkpoint.read_progress(tmp_path)


@pytest.mark.parametrize("model", [{"units": 4}, {"layers": 2}, {"cell": "gru"}], ids=str)
def test_another_model(tmp_path, trained, model):
    checkpoint.save(tmp_path, trained[0].variables, Progress())
    _, _, other = stepping(sentiment({**NOISE, **model}, TRAIN))
    with pytest.raises(ArtifactError, match="another model"):
        checkpoint.load(tmp_path, other.variables)


def test_a_full_disk_leaves_the_checkpoint_before(tmp_path, trained, monkeypatch):
    step, _ = trained
    checkpoint.save(tmp_path, step.variables, Progress(step=1))

    def fill(file, **arrays):
        file.write(b"half of it")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(checkpoint.np, "savez", fill)
    with pytest.raises(UserError, match=rf"{FILE}.*disk is full"):
        checkpoint.save(tmp_path, step.variables, Progress(step=2))
    assert checkpoint.load(tmp_path, step.variables).step == 1
    assert [path.name for path in tmp_path.iterdir()] == [FILE]
