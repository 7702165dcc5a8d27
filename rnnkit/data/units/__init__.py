"""What a text is made of, for models that write text: characters, words or parts of words, and their ids."""

from rnnkit.data.units.base import END_ID, PADDING_ID, SPECIAL, START_ID, UNKNOWN_ID, Unit
from rnnkit.data.units.char import Characters
from rnnkit.data.units.named import UNITS, fit_configured, fit_unit, unit_from_config
from rnnkit.data.units.subword import Subwords
from rnnkit.data.units.word import Words

__all__ = [
    "END_ID",
    "PADDING_ID",
    "SPECIAL",
    "START_ID",
    "UNITS",
    "UNKNOWN_ID",
    "Characters",
    "Subwords",
    "Unit",
    "Words",
    "fit_configured",
    "fit_unit",
    "unit_from_config",
]
