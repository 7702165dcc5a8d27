"""Which tag may follow which: the grammar of IOB2 and BIOES."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

PREFIXES = {"iob2": "BI", "bioes": "BIES"}
SCHEMES = tuple(PREFIXES)


class Allowed(NamedTuple):
    """What a sequence of K tags may look like; True is allowed.

    Attributes:
        start: (K,) bool, the tag may be the first.
        transitions: (K, K) bool, [i, j]: tag j may follow tag i.
        end: (K,) bool, the tag may be the last.
    """

    start: np.ndarray
    transitions: np.ndarray
    end: np.ndarray


def allowed_transitions(tags: Sequence[str], scheme: str) -> Allowed:
    """Which of `tags` may start a sequence, follow one another and end it.

    `iob2`: an entity of type X is `B-X` and then any number of `I-X`; `O` is outside.
    `bioes`: an entity is `S-X`, or `B-X`, any number of `I-X`, `E-X`; it has to be closed.

    Args:
        tags: the names of the K tags, `O` or a prefix of the scheme, a hyphen and a type.
        scheme: "iob2" or "bioes".

    Raises:
        ValueError: for an unknown scheme, or a tag that the scheme does not have.

    Example:
        >>> allowed_transitions(["O", "B-x", "I-x"], "iob2").transitions.astype(int)
        array([[1, 1, 0],
               [1, 1, 1],
               [1, 1, 1]])
    """
    if scheme not in PREFIXES:
        raise ValueError(f"scheme: one of {', '.join(SCHEMES)}, got {scheme!r}")
    parsed = [_parse(tag, scheme) for tag in tags]
    opens = np.array([prefix in "OBS" for prefix, _ in parsed])
    closes = np.array([scheme == "iob2" or prefix in "OES" for prefix, _ in parsed])
    transitions = np.outer(closes, opens)
    for i, (before, kind) in enumerate(parsed):
        for j, (after, other) in enumerate(parsed):
            transitions[i, j] |= before in "BI" and after in "IE" and kind == other
    return Allowed(opens, transitions, closes)


def _parse(tag: str, scheme: str) -> tuple[str, str]:
    """'B-LOC' -> ('B', 'LOC'), 'O' -> ('O', '')."""
    if tag == "O":
        return "O", ""
    prefix, hyphen, kind = tag.partition("-")
    if not hyphen or not kind or len(prefix) != 1 or prefix not in PREFIXES[scheme]:
        forms = ", ".join(f"{letter}-TYPE" for letter in PREFIXES[scheme])
        raise ValueError(
            f"{tag!r} is no tag of {scheme}, which has O, {forms}; choose the scheme that the tags are of, or none"
        )
    return prefix, kind
