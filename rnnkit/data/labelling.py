"""Examples of named fields: labelled texts, with one label field or several of which exactly one is set, and pairs."""

from collections.abc import Mapping, Sequence

from rnnkit.config.schema import FilesData, TfdsData
from rnnkit.data.corpus import FIELDS
from rnnkit.data.skips import Skips

_FLAGS = {1: True, "1": True, "true": True, "True": True, 0: False, "0": False, "false": False, "False": False}


def wanted_fields(kind: str, data: FilesData | TfdsData) -> dict[str, list[str]]:
    """The fields that examples of a kind, `"text"`, `"label"` or `"pair"`, are made of, by the key that names them."""
    if kind == "pair":
        return {"data.pair": data.pair}
    return {"data.text": [data.text], "data.label": [data.label] if isinstance(data.label, str) else data.label}


def example_of(kind: str, fields: Mapping[str, object], data: FilesData | TfdsData, skips: Skips) -> dict | None:
    """The labelled text (kind `"text"` or `"label"`) or the pair (`"pair"`) that some fields hold.

    Returns:
        The example; None if it has not exactly one label.

    Raises:
        ValueError: If a field is missing or does not fit, or a side of a pair or the text of a `"label"` is empty.
    """
    if kind == "pair":
        return {side: _not_empty(text_of(fields, name), name) for side, name in zip(FIELDS["pair"], data.pair)}
    label = label_of(fields, data.label, skips)
    if label is None:
        return None
    text = text_of(fields, data.text)
    return {"text": _not_empty(text, data.text) if kind == "label" else text, "label": label}


def label_of(fields: Mapping[str, object], label: str | Sequence[str], skips: Skips) -> str | None:
    """The label of an example.

    Args:
        fields: The fields of the example.
        label: The field that holds the label, or the fields of which the one that is set (1, true) is the label.
        skips: Counts examples that have not exactly one of several fields set.

    Returns:
        The label; None if not exactly one of several fields is set.

    Raises:
        ValueError: If a field is missing, is no label or is not 0 or 1.
    """
    if isinstance(label, str):
        return _named(label, _field(fields, label))
    chosen = [name for name in label if _is_set(name, _field(fields, name))]
    if len(chosen) == 1:
        return chosen[0]
    skips.left_out("not exactly one label")
    return None


def text_of(fields: Mapping[str, object], name: str) -> str:
    """The text of an example.

    Raises:
        ValueError: If the field is missing or holds no text.
    """
    value = _field(fields, name)
    if not isinstance(value, str):
        raise ValueError(f"{name!r} must be a text, not {value!r:.60}")
    return value


def _not_empty(text, name):
    if not text.strip():
        raise ValueError(f"{name!r} is empty")
    return text


def _field(fields, name):
    if name not in fields:
        raise ValueError(f"no {name!r} among {', '.join(map(repr, fields))}")
    return fields[name]


def _named(name, value):
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (str, int)) and str(value).strip():
        return str(value)
    raise ValueError(f"label {name!r} must be a text or an integer, not {value!r:.60}")


def _is_set(name, value):
    if isinstance(value, (str, int)) and value in _FLAGS:
        return _FLAGS[value]
    raise ValueError(f"label column {name!r} must be 0 or 1, not {value!r:.60}")
