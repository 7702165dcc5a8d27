"""Which text of a split a unit refuses, and why."""

import re
from collections.abc import Callable, Mapping
from itertools import islice

from rnnkit.data.corpus import Split, place_of
from rnnkit.data.units import Unit
from rnnkit.errors import DataError

_AT_ONCE = 1024  # examples whose texts are looked through together


def explain_refusal(split: Split, unit: Unit, texts_of: Callable[[Mapping], Mapping[str, str]]) -> None:
    """Reads a split anew, up to the first text that a unit refuses.

    Args:
        split: What is read.
        unit: Reads the texts.
        texts_of: From an example to its texts, by what they are called.

    Raises:
        DataError: At that text: the example's place, what the text is called, and the unit's reason.
    """
    examples = ((place_of(example, number), texts_of(example)) for number, example in enumerate(split.examples()))
    while part := list(islice(examples, _AT_ONCE)):
        if _reason(unit, [text for _, texts in part for text in texts.values()]):
            for place, texts in part:
                for name, text in texts.items():
                    if reason := _reason(unit, [text]):
                        raise DataError(f"{split}, {place}, {name}: {reason}")


def _reason(unit, texts):
    try:
        unit.check(texts)
    except DataError as error:
        return re.sub(r"^text \d+, ", "", str(error))
    return None
