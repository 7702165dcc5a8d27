"""Lines of plain and compressed files."""

import gzip

import pytest

from rnnkit.data.lines import decoded, raw_lines
from rnnkit.errors import DataError
from tests.data.helpers import write


@pytest.mark.parametrize("compress", [False, True])
@pytest.mark.parametrize("content", [b"one\ntwo\n", b"\xef\xbb\xbfone\r\ntwo", b"one\ntwo"])
def test_ends_and_byte_order_mark_go_whatever_the_name(tmp_path, content, compress):
    write(tmp_path / "any.name", content, compress)
    assert list(raw_lines(tmp_path / "any.name")) == [(1, b"one"), (2, b"two")]


def test_only_a_line_feed_ends_a_line(tmp_path):
    write(tmp_path / "x", "a\u2028b\x0bc\u0085d\rc\n")
    assert len(list(raw_lines(tmp_path / "x"))) == 1


def test_a_file_of_nothing_has_no_lines(tmp_path):
    write(tmp_path / "x", b"")
    assert list(raw_lines(tmp_path / "x")) == []


def test_missing_file_and_folder_are_named(tmp_path):
    with pytest.raises(DataError, match=r"absent: cannot be read: No such file"):
        list(raw_lines(tmp_path / "absent"))
    with pytest.raises(DataError, match=r"cannot be read: Is a directory"):
        list(raw_lines(tmp_path))


@pytest.mark.parametrize("damage", [lambda packed: packed[:-12], lambda packed: packed[:40] + b"\xff" * 40])
def test_damaged_gzip_is_told_with_its_line(tmp_path, damage):
    packed = gzip.compress("".join(f"line {number * 7919}\n" for number in range(1000)).encode())
    write(tmp_path / "x.gz", damage(packed))
    with pytest.raises(DataError, match=r"x\.gz:\d+: damaged gzip file"):
        list(raw_lines(tmp_path / "x.gz"))


def test_wrong_encoding_names_the_byte():
    with pytest.raises(ValueError, match="byte 0xe9 at position 4"):
        decoded("café".encode("latin-1"))
