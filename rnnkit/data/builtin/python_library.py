"""The standard library's source, as text for language models: code, docstrings and comments.

Read from the interpreter that runs. A module or package belongs to one split, the same one as in `python_source`; files
stand one after another in a fixed shuffled order, of each its first 20,000 characters, until the split has its size.
Files with letters beyond ASCII and those of less than 200 characters are left out.

Python 3.11.7: 1,599,984 characters (130 files) train, 199,964 (19) validation, 199,975 (20) test, of 96 different ones.
The text differs between versions of Python, as their libraries do.
Licence: PSF-2.0, and what single files name; the interpreter's copy is used, rnnkit holds none.
"""

import sysconfig
import tokenize
from collections.abc import Iterator
from functools import cache
from itertools import islice
from pathlib import Path

from rnnkit.data.builtin.plain_text import begin_of, check_split, is_plain, plain
from rnnkit.data.builtin.python_source import modules, split_of
from rnnkit.errors import DataError

SIZES = {"train": 1_600_000, "validation": 200_000, "test": 200_000}  # characters at most

_OF_A_FILE = 20_000  # characters at most, so that long files do not fill a split
_FEWEST = 200  # characters of a file; shorter ones are alike


def examples(split: str, limit: int | None = None) -> Iterator[dict[str, str]]:
    """Yields {"text": str} for each file of a split, in whole lines.

    >>> next(examples("train"))["text"].endswith("\\n")
    True

    Args:
        split: "train" (at most 1,600,000 characters), "validation" or "test" (at most 200,000 each).
        limit: at most so many files.

    Raises:
        DataError: there is no such split, or the source of the standard library is not there (frozen or zipped Python).
    """
    check_split("python_library", split)
    return ({"text": part} for part in islice(_files(split), limit))


def text(split: str) -> str:
    """A split as one text: its files, one after another."""
    return "".join(example["text"] for example in examples(split))


def _files(split: str) -> Iterator[str]:
    left = SIZES[split]
    paths = [path for module, path in modules(Path(sysconfig.get_path("stdlib"))) if split_of(module) == split]
    for begin in filter(None, map(_begin_of_file, paths)):
        part = begin_of(begin, left)
        if part:
            yield part
        if len(part) < len(begin):
            return
        left -= len(part)


@cache
def _begin_of_file(path: Path) -> str:
    """Empty for a file that is left out, one among them that is not in the encoding it names."""
    try:
        with tokenize.open(path) as file:
            source = plain(file.read())
    except (SyntaxError, UnicodeDecodeError):
        return ""
    except OSError as error:
        raise DataError(f"{path}: the standard library's source cannot be read: {error.strerror}") from error
    return begin_of(source, _OF_A_FILE) if is_plain(source) and len(source) >= _FEWEST else ""
