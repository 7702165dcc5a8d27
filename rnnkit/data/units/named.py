"""Units by the names that they have in a configuration."""

from collections.abc import Iterable, Mapping

from rnnkit.config.schema import UnitText
from rnnkit.data.units.base import Unit
from rnnkit.data.units.char import Characters
from rnnkit.data.units.subword import Subwords
from rnnkit.data.units.word import Words
from rnnkit.errors import ConfigError

UNITS = {unit.unit: unit for unit in (Characters, Words, Subwords)}
_OPTIONS = {
    "char": ("unknown", "lowercase"),
    "word": ("pattern", "punctuation", "newlines", "lowercase", "detokenize"),
    "bpe": ("lowercase",),
}


def fit_unit(unit: str, texts: Iterable[str], **options) -> Unit:
    """Learns the unit `"char"`, `"word"` or `"bpe"` from training texts; `options` are those of its `fit`."""
    return _named(unit).fit(texts, **options)


def fit_configured(text: UnitText, texts: Iterable[str], section: str = "text") -> Unit:
    """Learns the unit that a configuration describes from training texts; errors name the keys of `section`."""
    options = {name: getattr(text, name) for name in _OPTIONS[text.unit]}
    try:
        return fit_unit(text.unit, texts, size=text.vocabulary_size, min_count=text.min_count, **options)
    except ConfigError as error:
        reason = str(error).removeprefix("text.")
        raise ConfigError(f"{section}.{'vocabulary_' * reason.startswith('size')}{reason}") from error


def unit_from_config(config: Mapping) -> Unit:
    """The unit that some `Unit.to_config()` described."""
    return _named(config.get("unit")).from_config(config)


def _named(name):
    if name not in UNITS:
        raise ConfigError(f"unit: got {name!r}; it must be one of {', '.join(map(repr, UNITS))}")
    return UNITS[name]
