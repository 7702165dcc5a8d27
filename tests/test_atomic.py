"""A file or directory is there whole or not at all, whatever happens while it is written."""

import errno
import os

import numpy as np
import pytest

from rnnkit.atomic import new_directory, replacing, write_json, write_text
from rnnkit.errors import UserError

FULL = OSError(errno.ENOSPC, "No space left on device")


def names(directory):
    return sorted(path.name for path in directory.iterdir())


def test_a_file_is_replaced_and_its_folder_made(tmp_path):
    path = tmp_path / "deep" / "er" / "file.txt"
    write_text(path, "one\n")
    write_text(path, "żółć 😀\n")
    assert path.read_bytes() == "żółć 😀\n".encode() and names(path.parent) == ["file.txt"]


def test_permissions_are_those_of_any_new_file(tmp_path):
    write_text(tmp_path / "ours", "")
    (tmp_path / "theirs").touch()
    with new_directory(tmp_path / "our folder"):
        pass
    (tmp_path / "their folder").mkdir()
    for ours, theirs in (("ours", "theirs"), ("our folder", "their folder")):
        assert (tmp_path / ours).stat().st_mode == (tmp_path / theirs).stat().st_mode


def test_the_temporary_file_has_the_same_suffixes(tmp_path):
    with replacing(tmp_path / "model.weights.h5") as temporary:
        assert temporary.name.endswith(".weights.h5") and temporary.parent == tmp_path


@pytest.mark.parametrize("problem", [KeyError("x"), KeyboardInterrupt(), FULL], ids=lambda p: type(p).__name__)
def test_the_old_file_stays_where_the_writer_fails(tmp_path, problem):
    write_text(tmp_path / "file", "old")
    with pytest.raises((UserError, KeyError, KeyboardInterrupt)), replacing(tmp_path / "file") as temporary:
        temporary.write_text("half")
        raise problem
    assert (tmp_path / "file").read_text() == "old" and names(tmp_path) == ["file"]


@pytest.mark.parametrize("writer", [replacing, new_directory])
@pytest.mark.parametrize(
    "problem",
    [FULL, OSError("Can't write data (file write failed: errno = 28, error message = 'No space left on device')")],
    ids=["system", "HDF5"],
)
def test_a_full_disk(tmp_path, writer, problem):
    told = r"thing: cannot be written \(.*No space left.*the disk is full: free"
    with pytest.raises(UserError, match=told), writer(tmp_path / "thing"):
        raise problem
    assert names(tmp_path) == []


def test_a_disk_that_fills_up_only_when_it_is_flushed(tmp_path, monkeypatch):
    write_text(tmp_path / "file", "old")

    def fill(handle):
        raise FULL

    monkeypatch.setattr(os, "fsync", fill)
    with pytest.raises(UserError, match="disk is full"):
        write_text(tmp_path / "file", "new")
    assert (tmp_path / "file").read_text() == "old" and names(tmp_path) == ["file"]


def test_a_place_that_cannot_be_written(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match=r"file/below: cannot be written .*check the path and its permissions"):
        write_text(tmp_path / "file" / "below", "")


def test_a_user_error_of_the_writer_passes_unchanged(tmp_path):
    with pytest.raises(UserError, match=r"^mine$"), replacing(tmp_path / "file"):
        raise UserError("mine")


def test_a_new_directory(tmp_path):
    with new_directory(tmp_path / "deep" / "1") as temporary:
        (temporary / "file").write_text("x")
        assert not (tmp_path / "deep" / "1").exists()
    assert names(tmp_path / "deep") == ["1"] and names(tmp_path / "deep" / "1") == ["file"]


@pytest.mark.parametrize("there", ["full", "empty", "file"])
def test_a_new_directory_never_takes_a_place_that_is_taken(tmp_path, there):
    path = tmp_path / "1"

    def take():
        if there == "file":
            path.write_text("theirs")
        else:
            path.mkdir()
            if there == "full":
                (path / "theirs").touch()

    with pytest.raises(UserError, match=f"{path}: cannot be written"), new_directory(path) as temporary:
        (temporary / "ours").touch()
        take()
    assert path.is_file() if there == "file" else names(path) == ["theirs"] * (there == "full")
    assert names(tmp_path) == ["1"]


def test_json_that_other_programs_read(tmp_path):
    write_json(tmp_path / "x.json", {"ł": [1, 0.5, None]})
    assert (tmp_path / "x.json").read_text(encoding="utf-8") == '{\n "ł": [\n  1,\n  0.5,\n  null\n ]\n}\n'
    with pytest.raises(ValueError):
        write_json(tmp_path / "x.json", {"loss": np.nan})
    assert "ł" in (tmp_path / "x.json").read_text(encoding="utf-8")
