"""Units by the names that they have in a configuration."""

from collections.abc import Iterable, Mapping

from rnnkit.data.units.base import Unit
from rnnkit.data.units.char import Characters
from rnnkit.data.units.subword import Subwords
from rnnkit.data.units.word import Words
from rnnkit.errors import ConfigError

UNITS = {unit.unit: unit for unit in (Characters, Words, Subwords)}


def fit_unit(unit: str, texts: Iterable[str], **options) -> Unit:
    """Learns the unit `"char"`, `"word"` or `"bpe"` from training texts; `options` are those of its `fit`."""
    return _named(unit).fit(texts, **options)


def unit_from_config(config: Mapping) -> Unit:
    """The unit that some `Unit.to_config()` described."""
    return _named(config.get("unit")).from_config(config)


def _named(name):
    if name not in UNITS:
        raise ConfigError(f"unit: got {name!r}; it must be one of {', '.join(map(repr, UNITS))}")
    return UNITS[name]
