"""Python source for tagging: the standard library of the interpreter that runs, each token labelled with what it is.

The text is real and on every machine, and most names can be told only from their context: `name` is a parameter, a
keyword argument, an attribute, a local or a global variable. An example is a window of whole logical lines, of a few
dozen tokens. A module or package belongs to one split. The corpus is the same wherever the same version of Python runs,
and differs a little between versions, as their libraries do.
"""

import hashlib
import sysconfig
import tokenize
from collections.abc import Iterator
from functools import cache
from itertools import islice
from pathlib import Path

from rnnkit.data.builtin.python_labels import label
from rnnkit.errors import DataError

SIZES = {"train": 5_000, "validation": 700, "test": 700}

PACKAGES = (
    "asyncio", "collections", "concurrent", "email", "html", "http", "importlib", "json", "logging", "multiprocessing",
    "re", "tomllib", "unittest", "urllib", "wsgiref", "xml", "xmlrpc", "zoneinfo",
)  # fmt: skip
_NO_PROGRAMS = {"__hello__", "antigravity", "this"}  # jokes and examples; files named _sysconfig* are tables

_TESTS = {"test", "tests"}
_MAX_TOKENS = 60
_MIN_TOKENS = 8
_NEW_PART = 20  # tokens after which a definition begins a new window
_PER_MODULE = 60  # windows taken of each file, so that long ones do not fill the corpus
_FEWEST_MODULES = 20

Line = list[tuple[str, str]]


def examples(split: str, limit: int | None = None) -> Iterator[dict[str, list[str]]]:
    """Yields the examples {"tokens": [str], "tags": [str]} of a split; `python_labels.TAGS` says what the tags mean.

    Args:
        split: "train" (at most 5,000 windows), "validation" or "test" (at most 700 each).
        limit: at most so many.

    Raises:
        DataError: there is no such split, or the source of the standard library is not there (frozen or zipped Python).
    """
    if split not in SIZES:
        raise DataError(f"python_source has no split {split!r}; it has {', '.join(SIZES)}")
    wanted = SIZES[split] if limit is None else min(limit, SIZES[split])
    for window in islice(_windows_of(split), wanted):
        yield {"tokens": [text for text, _ in window], "tags": [tag for _, tag in window]}


def split_of(module: str) -> str:
    """The split of a top-level module or package; seven in ten train."""
    place = hashlib.sha256(f"split of {module}".encode()).digest()[0] % 20
    return "train" if place < 14 else "validation" if place < 17 else "test"


def modules(library: Path) -> list[tuple[str, Path]]:
    """The files that the corpus is read from, with the top-level module of each, in a fixed shuffled order.

    Raises:
        DataError: `library` does not hold the source of the standard library.
    """
    single = [path for path in library.glob("*.py") if path.stem not in _NO_PROGRAMS and "_sysconfig" not in path.stem]
    packaged = [path for name in PACKAGES for path in (library / name).rglob("*.py")]
    placed = [(path.relative_to(library), path) for path in single + packaged]
    found = [(inside.parts[0].removesuffix(".py"), path) for inside, path in placed if not _TESTS & set(inside.parts)]
    if len(found) < _FEWEST_MODULES:
        raise DataError(
            f"{library}: {len(found)} files of Python source, but python_source is made from the standard library's; "
            "this Python has it zipped, frozen or left out: use one that is installed with it, or data.source: files"
        )
    return sorted(found, key=lambda one: hashlib.sha256(one[1].relative_to(library).as_posix().encode()).digest())


def windows(lines: list[Line]) -> Iterator[Line]:
    """Joins logical lines to windows of 8 to 60 tokens; a definition begins a new one where the last is long enough."""
    window, decorated = [], False
    for line in lines:
        opens = line[0][0] in ("def", "class", "@", "async") and not decorated
        decorated = line[0][0] == "@"
        if len(window) + len(line) > _MAX_TOKENS or (opens and len(window) >= _NEW_PART):
            if len(window) >= _MIN_TOKENS:
                yield window
            window = []
        if len(line) <= _MAX_TOKENS:
            window = window + line
    if len(window) >= _MIN_TOKENS:
        yield window


def _windows_of(split: str) -> Iterator[Line]:
    for module, path in modules(Path(sysconfig.get_path("stdlib"))):
        if split_of(module) == split:
            yield from _windows_in(path)


@cache
def _windows_in(path: Path) -> tuple[Line, ...]:
    """The windows taken of one file, spread evenly over it; none of a file that does not parse."""
    try:
        with tokenize.open(path) as file:
            found = list(windows(label(file.read())))
    except (SyntaxError, UnicodeDecodeError):
        return ()
    except OSError as error:
        raise DataError(f"{path}: the standard library's source cannot be read: {error.strerror}") from error
    taken = min(len(found), _PER_MODULE)
    return tuple(found[place * len(found) // taken] for place in range(taken))
