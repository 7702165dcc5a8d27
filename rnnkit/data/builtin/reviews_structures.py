"""The sentences of the generated reviews: how two clauses weigh up."""

from typing import Literal, NamedTuple


class Part(NamedTuple):
    """One opinion inside a structure: how it is put, and whether it agrees with the whole review."""

    role: Literal["clause", "phrase", "weak", "strong", "inverted"]
    agrees: bool


class Structure(NamedTuple):
    """How opinions make a review. `label` is set where the wording allows one outcome only."""

    text: str
    parts: tuple[Part, ...]
    label: Literal["negative", "positive"] | None = None


_PRO, _CONTRA = Part("clause", True), Part("clause", False)
_PRO_PHRASE, _CONTRA_PHRASE = Part("phrase", True), Part("phrase", False)


def _structures(
    lines: str, *parts: Part, label: Literal["negative", "positive"] | None = None
) -> tuple[Structure, ...]:
    return tuple(Structure(line.strip(), parts, label) for line in lines.strip().splitlines())


# (how often, the structures that share this)
STRUCTURES: tuple[tuple[float, tuple[Structure, ...]], ...] = (
    (0.16, _structures("{0}", _PRO)),
    (
        0.33,
        _structures(
            """
            {0}, and {1}
            {0}, and {1}
            {0}; {1}
            {0}, and what is more, {1}
            {0}, and on top of that, {1}
            """,
            _PRO,
            _PRO,
        )
        + _structures("not only {0}, but {1}", Part("inverted", True), _PRO),
    ),
    (
        0.22,
        _structures(
            """
            {0}, but {1}
            {0}, but {1}
            {0}, yet {1}
            {0}; however, {1}
            {0}; still, {1}
            {0}, but in the end {1}
            """,
            _CONTRA,
            _PRO,
        ),
    ),
    (
        0.14,
        _structures(
            """
            although {0}, {1}
            even though {0}, {1}
            granted, {0}; all the same, {1}
            """,
            _CONTRA,
            _PRO,
        )
        + _structures(
            """
            {0}, although {1}
            {0}, even though {1}
            {0}, never mind that {1}
            """,
            _PRO,
            _CONTRA,
        ),
    ),
    (
        0.08,
        _structures("despite {0}, {1}\nin spite of {0}, {1}", _CONTRA_PHRASE, _PRO)
        + _structures("{0}, despite {1}\n{0}, in spite of {1}", _PRO, _CONTRA_PHRASE),
    ),
    (
        0.07,
        _structures("{0} outweigh{s} {1}\n{0} matter{s} more than {1}", _PRO_PHRASE, _CONTRA_PHRASE)
        + _structures("{0} {be} outweighed by {1}\n{0} matter{s} less than {1}", _CONTRA_PHRASE, _PRO_PHRASE)
        + _structures("{0} managed to make up for {1}", _PRO_PHRASE, _CONTRA_PHRASE, label="positive")
        + _structures("{0} could not make up for {1}", _CONTRA_PHRASE, _PRO_PHRASE, label="negative")
        + _structures("{0} managed to spoil {1}", _PRO_PHRASE, _CONTRA_PHRASE, label="negative")
        + _structures("{0} could not spoil {1}", _CONTRA_PHRASE, _PRO_PHRASE, label="positive"),
    ),
    (
        0.08,
        _structures("{0}, and {1}\n{0}; {1}\n{0}, while {1}", Part("weak", False), Part("strong", True))
        + _structures("{0}, and {1}\n{0}; {1}\n{0}, while {1}", Part("strong", True), Part("weak", False)),
    ),
)

# Beginnings that "..., and" cannot come before.
FRONTED = ("although", "even", "despite", "in spite", "granted", "not only")
