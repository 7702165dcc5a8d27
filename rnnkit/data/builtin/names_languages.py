"""The invented languages of the corpus of names: what their syllables and endings are made of."""

from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple


class Language(NamedTuple):
    """How the names of a language are built: syllables of an onset, a nucleus and a coda, and an ending.

    Each is a text and its probability; the empty text is one of them where a part may be missing. `syllables` counts
    them: 1, 2, … and the probability of each.
    """

    onsets: Mapping[str, float]
    nuclei: Mapping[str, float]
    codas: Mapping[str, float]
    endings: Mapping[str, float]
    syllables: Mapping[int, float]


_SYLLABLES = {1: 0.3, 2: 0.7}


def _weighed(pieces: str) -> dict[str, float]:
    """Pieces apart by blanks to their probabilities; one that stands there twice is twice as likely, "-" is nothing."""
    counts = Counter("" if piece == "-" else piece for piece in pieces.split())
    return {piece: count / counts.total() for piece, count in counts.items()}


def _language(onsets: str, nuclei: str, codas: str, endings: str) -> Language:
    parts = (_weighed(pieces) for pieces in (onsets, nuclei, codas, endings))
    return Language(*parts, _SYLLABLES)


LANGUAGES: Mapping[str, Language] = {
    "Avarin": _language(
        onsets="l l n n r r m v f s th - - d t",
        nuclei="a a e e i i o ae ia ie",
        codas="- - - l n r s nd",
        endings="iel wen dir en as eth ina ora an a ir in",
    ),
    "Borgish": _language(
        onsets="b b d g g k r br dr gr h th m n t",
        nuclei="a a o o u u i au",
        codas="- r r g k n ld rn rd m",
        endings="in im or ur ar dun rik an bor a ir en",
    ),
    "Chelmic": _language(
        onsets="ch sh k z l m v s p t d n r -",
        nuclei="e e a o o i y ie",
        codas="- - - v s n k l sk",
        endings="ov ova ek ka ski mir a ina in an or en",
    ),
    "Dunami": _language(
        onsets="k k t t m n n s sh h r y - ts w",
        nuclei="a a a i i o o u e",
        codas="- - - - - - n",
        endings="ko ra mi to ki shi no a ka na in an",
    ),
    "Esparan": _language(
        onsets="b c c d f g l m n p r s t v - qu tr",
        nuclei="a a e e i o o u ia ue",
        codas="- - - - n r s l",
        endings="o a ez ina ito ero an ora os in or en",
    ),
    "Faleng": _language(
        onsets="p f l l m n t t h k v - - s",
        nuclei="a a e i o u u ai au ea",
        codas="- - - - - - ng",
        endings="la lani nga tu kai a ka ina mana na an",
    ),
    "Gwelic": _language(
        onsets="gw c c d ll br r m n rh t g - b s",
        nuclei="a a e i o y y w ae",
        codas="- n n r l d dd th",
        endings="wyn an en ys eth or wen in ir a as",
    ),
    "Hatsan": _language(
        onsets="k q z h h t b d r s sh j n - kh",
        nuclei="a a a i i u u aa",
        codas="- - r l m n b sh d",
        endings="i ir an im ad ah iya a ar in ina or",
    ),
}
