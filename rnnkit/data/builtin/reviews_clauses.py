"""The clauses of the generated reviews: the ways to say that something is good, or bad, or not."""

from typing import Literal, NamedTuple

from rnnkit.data.builtin import reviews_lexicon as lexicon

Kind = Literal["adjective", "stirs", "feels"]
Grade = Literal["any", "gradable", "extreme"]


class Form(NamedTuple):
    """A way to put a clause. `keeps` is False where it turns the meaning of its word round."""

    text: str
    keeps: bool
    grade: Grade = "any"


def _forms(lines: str, keeps: bool, grade: Grade = "any") -> tuple[Form, ...]:
    return tuple(Form(line.strip(), keeps, grade) for line in lines.strip().splitlines())


# === Clauses: an affirmation, a negation that turns the word round, a negation that leaves it as it is ===

AFFIRMED: dict[Kind, tuple[Form, ...]] = {
    "adjective": _forms(
        """
        {np} {be} {word}
        {np} {be} {word}
        {np} {be} {word}
        I {find} {np} {word}
        {np} {seem} {word} to me
        I expected {np} to be {word} and was proved right
        a friend called {np} {word}, and rightly so
        anyone who calls {np} {word} is right
        to my mind, {np} {be} {word}
        """,
        keeps=True,
    )
    + _forms(
        """
        {np} {be} {very} {word}
        {np} {be} {very} {word}
        {np} {be} even {comparative} than I had expected
        {np} {be} every bit as {word} as everyone says
        """,
        keeps=True,
        grade="gradable",
    ),
    "stirs": _forms(
        """
        {np} {stirs} me
        {np} {stirs} me
        {np} really {stirs} me
        I {be1} {stirred} by {np}
        I expected {np} to {stir} me and was proved right
        """,
        keeps=True,
    ),
    "feels": _forms(
        """
        I {feel} {np}
        I {feel} {np}
        I really {feel} {np}
        """,
        keeps=True,
    ),
}

REVERSED: dict[Kind, tuple[Form, ...]] = {
    "adjective": _forms(
        """
        {np} {be} not {word}
        {np} {isnt} {word}
        {np} {isnt} {word} at all
        {np} {be} never {word}
        {np} {be} far from {word}
        {np} {be} anything but {word}
        {np} {be} hardly {word}
        {np} {be} by no means {word}
        there {be0} nothing {word} about {np}
        I {dont} find {np} {word}
        nobody would call {np} {word}
        nobody could call {np} {word}
        I never thought that {np} {be} {word}
        I would not call {np} {word}
        I can't say that {np} {be} {word}
        not once {be} {np} {word}
        it is not true that {np} {be} {word}
        anyone who calls {np} {word} is mistaken
        I expected {np} to be {word} and was proved wrong
        I expected {np} to be {word}, and {they} {be} anything but
        a friend called {np} {word} and could not have been more wrong
        """,
        keeps=False,
    )
    + _forms(
        """
        {np} {be} not in the least {word}
        {np} {be} not particularly {word}
        {np} {be} not nearly as {word} as I had expected
        {np} {be} nowhere near as {word} as everyone says
        """,
        keeps=False,
        grade="gradable",
    ),
    "stirs": _forms(
        """
        {np} {doesnt} {stir} me
        {np} never {stirs} me
        {np} {fail} to {stir}
        {np} {fail} to {stir} me
        {np} never {stirs}
        {np} {do} little to {stir} me
        nothing about {np} {stirs1} me
        I {be1} not {stirred} by {np}
        I expected {np} to {stir} me and was proved wrong
        """,
        keeps=False,
    ),
    "feels": _forms(
        """
        I {dont} {feelbare} {np}
        I can't say that I {feel} {np}
        it is hard to {feelbare} {np}
        I {find} no reason to {feelbare} {np}
        nobody will {feelbare} {np}
        I expected to {feelbare} {np} and was proved wrong
        """,
        keeps=False,
    ),
}

KEPT: dict[Kind, tuple[Form, ...]] = {
    "adjective": _forms(
        """
        {np} {be} never less than {word}
        nobody could deny that {np} {be} {word}
        there {be0} no denying that {np} {be} {word}
        nobody could say that {np} {be} not {word}
        it would be wrong to say that {np} {isnt} {word}
        I can't say that {np} {isnt} {word}
        it is no exaggeration to call {np} {word}
        anyone who calls {np} {word} is not mistaken
        I expected {np} to be {word} and was not wrong
        """,
        keeps=True,
    )
    + _forms("{np} could not {couldbe} {comparative}", keeps=True, grade="gradable")
    + _forms("{np} {be} nothing short of {word}", keeps=True, grade="extreme"),
    "stirs": _forms(
        """
        {np} never {fail} to {stir}
        {np} never {fail} to {stir} me
        {np} {do} nothing but {stir} me
        I can't say that {np} {doesnt} {stir} me
        """,
        keeps=True,
    ),
    "feels": _forms(
        """
        it is hard not to {feelbare} {np}
        nobody could fail to {feelbare} {np}
        I can't say that I {dont} {feelbare} {np}
        """,
        keeps=True,
    ),
}

# What can stand in one place of a sentence only.
FIXED: dict[str, tuple[Form, ...]] = {
    "phrase": _forms("the {word} {noun}", keeps=True),
    "inverted": _forms("{be} {np} {word}", keeps=True),
    "weak": _forms("{np} {be} {somewhat} {word}", keeps=True, grade="gradable"),
    "strong": _forms("{np} {be} {very} {word}", keeps=True, grade="gradable")
    + _forms("{np} {be} {word}", keeps=True, grade="extreme"),
}


def inflections(noun: str, plural: bool, is_past: bool, the: str = "the") -> dict[str, str]:
    """What the slots of a form stand for, but for its opinion word: number and tense agree with the noun."""
    be = ("were" if plural else "was") if is_past else ("are" if plural else "is")
    do = "did" if is_past else ("do" if plural else "does")
    return {
        "np": f"{the} {noun}",
        "noun": noun,
        "they": "they" if plural else "it",
        "be": be,
        "isnt": be + "n't",
        "be0": "was" if is_past else "is",
        "be1": "was" if is_past else "am",
        "do": do,
        "doesnt": do + " not",
        "dont": "did not" if is_past else "do not",
        "find": "found" if is_past else "find",
        "seem": "seemed" if is_past else lexicon.present("seem", plural),
        "fail": "failed" if is_past else lexicon.present("fail", plural),
        "couldbe": "have been" if is_past else "be",
    }


def word_slots(word: str, kind: Kind, plural: bool, is_past: bool) -> dict[str, str]:
    """The forms that an opinion word takes: adjective and comparative, or the tenses of a verb."""
    if kind == "adjective":
        return {"word": word, "comparative": lexicon.comparative(word)}
    past = lexicon.past(word)
    if kind == "stirs":
        return {
            "stir": word,
            "stirred": past,
            "stirs": past if is_past else lexicon.present(word, plural),
            "stirs1": past if is_past else lexicon.present(word, plural=False),
        }
    return {"feelbare": word, "feel": past if is_past else word}
