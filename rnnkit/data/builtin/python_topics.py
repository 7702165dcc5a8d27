"""The documentation topics of the interpreter that runs (what `help("LAMBDA")` shows), as text for language models.

Real English about a language, with its grammar and examples. The topics stand one after another in a fixed shuffled
order; the first 80% of the paragraphs' characters are train, the next 10% validation, the rest test. Topics repeat
parts of each other (COMPOUND holds IF and WHILE): a paragraph is kept where it comes first, so that none of 60
characters or more is in two splits. ASCII only: paragraphs with other letters are left out.

Python 3.11.7: 302,519 characters train, 37,703 validation, 37,500 test, of 94 different ones. The text differs between
versions of Python, releases of one minor version among them (3.13.0: 419,103 in all).
Licence: PSF-2.0; the interpreter's copy is used, rnnkit holds none.
"""

import hashlib
from collections.abc import Iterator
from functools import cache
from itertools import islice

from rnnkit.data.builtin.plain_text import SPLITS, check_split, is_plain, plain
from rnnkit.errors import DataError

SHARES = {"train": 0.8, "validation": 0.1, "test": 0.1}  # of the characters, in this order

_SHORT = 60  # characters; shorter paragraphs ("See also:") may repeat


def examples(split: str, limit: int | None = None) -> Iterator[dict[str, str]]:
    """Yields {"text": str} for each topic, or part of a topic, of a split; each ends with an empty line.

    >>> next(examples("train"))["text"].endswith("\\n\\n")
    True

    Args:
        split: "train", "validation" or "test".
        limit: at most so many.

    Raises:
        DataError: there is no such split, or this Python has no documentation topics.
    """
    check_split("python_topics", split)
    return ({"text": part} for part in islice(_parts()[split], limit))


def text(split: str) -> str:
    """A split as one text: its examples, one after another."""
    return "".join(example["text"] for example in examples(split))


def unrepeated(topics: dict[str, str]) -> list[list[str]]:
    """The paragraphs of each topic, as plain text, without those that have come before; in a fixed shuffled order."""
    seen, kept = set(), []
    for name in sorted(topics, key=lambda name: hashlib.sha256(name.encode()).digest()):
        paragraphs = []
        for paragraph in plain(topics[name]).rstrip("\n").split("\n\n"):
            key = " ".join(paragraph.split())
            if key and is_plain(key) and (key not in seen or len(key) < _SHORT):
                paragraphs.append(paragraph.strip("\n") + "\n\n")
                seen.add(key)
        kept.append(paragraphs)
    return kept


@cache
def _parts() -> dict[str, list[str]]:
    """The topics of each split; one that a border cuts is in both, with the paragraphs before and behind it."""
    topics = unrepeated(_topics())
    total = sum(len(paragraph) for topic in topics for paragraph in topic)
    first, second = total * SHARES["train"], total * (SHARES["train"] + SHARES["validation"])
    parts, place = {split: [] for split in SPLITS}, 0
    for topic in topics:
        pieces = dict.fromkeys(SPLITS, "")
        for paragraph in topic:
            pieces["train" if place < first else "validation" if place < second else "test"] += paragraph
            place += len(paragraph)
        for split, piece in pieces.items():
            parts[split] += [piece] if piece else []
    return parts


def _topics() -> dict[str, str]:
    try:
        from pydoc_data.topics import topics
    except ImportError as error:
        raise DataError(
            "python_topics is made from the interpreter's documentation topics, and this Python has no "
            "pydoc_data.topics: use one with its whole standard library, or data.source: files"
        ) from error
    return topics
