"""Writing files so that a killed process or a full disk leaves the old file or the new one, never a half."""

import contextlib
import errno
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from rnnkit.errors import UserError

TEMPORARY = ".writing-"  # begins the name of what is not finished


@contextlib.contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Turns what the disk says into a UserError that names `path`."""
    try:
        yield
    except OSError as error:
        told = os.strerror(errno.ENOSPC) in str(error)  # by HDF5 and TensorFlow, which give no number
        full = told or error.errno in (errno.ENOSPC, errno.EDQUOT)
        hint = "the disk is full: free some space" if full else "check the path and its permissions"
        raise UserError(f"{path}: cannot be written ({error.strerror or error}); {hint}") from error


@contextlib.contextmanager
def replacing(path: str | Path) -> Iterator[Path]:
    """Yields a temporary path beside `path`, with its suffixes; on success it is flushed to disk and takes the name.

    Raises:
        UserError: the disk is full or the place cannot be written.
    """
    path = Path(path)
    with _explained(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=TEMPORARY, suffix="-" + path.name, dir=path.parent)
        os.close(handle)
        temporary = Path(name)
        try:
            yield temporary
            with open(temporary, "rb") as file:
                os.fsync(file.fileno())
            os.chmod(temporary, 0o666 & ~_umask())
            os.replace(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)


@contextlib.contextmanager
def new_directory(path: str | Path) -> Iterator[Path]:
    """Yields a temporary directory that becomes `path` on success; an existing `path` is never touched.

    Raises:
        UserError: the disk is full, the place cannot be written, or `path` came into being meanwhile.
    """
    path = Path(path)
    with _explained(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(prefix=TEMPORARY, dir=path.parent))
        try:
            yield temporary
            os.chmod(temporary, 0o777 & ~_umask())
            if path.exists():  # an empty directory would be replaced
                raise FileExistsError(errno.EEXIST, "it exists already")
            os.rename(temporary, path)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)


def leftovers(directory: Path) -> list[Path]:
    """What a process left there that was killed while it wrote."""
    return list(directory.glob(f"{TEMPORARY}*"))


def write_text(path: str | Path, text: str) -> None:
    """Writes UTF-8 text atomically."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(path: str | Path, value) -> None:
    """Writes JSON atomically; a value that is not JSON (such as NaN) is a ValueError."""
    write_text(path, json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False) + "\n")


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
