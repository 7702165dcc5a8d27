"""JSON lines: one object a line."""

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from rnnkit.config.schema import FilesData
from rnnkit.data.labelling import example_of
from rnnkit.data.lines import each_line
from rnnkit.data.skips import Skips


def read(path: Path, data: FilesData, skips: Skips, kind: str = "text") -> Iterator[dict]:
    """Examples with a text and a label (a string, an integer or a boolean) under the keys of `data`, or pairs.

    Args:
        path: The file.
        data: Names the keys.
        skips: Reports bad lines.
        kind: `"text"` for labelled texts, `"label"` for such that are not empty, `"pair"` for pairs.
    """

    def parse(line):
        example = example_of(kind, object_of(line), data, skips)
        return [] if example is None else [example]

    return each_line(path, parse, skips)


def read_tokens(path: Path, data: FilesData, skips: Skips) -> Iterator[dict]:
    """Examples with a list of tokens and one of as many tags under the keys of `data`."""
    return each_line(path, partial(_token_example, data=data), skips)


def _token_example(line, data):
    fields = object_of(line)
    tokens, tags = _strings(fields, data.tokens), _strings(fields, data.tags)
    if len(tokens) != len(tags):
        raise ValueError(f"{len(tokens)} tokens but {len(tags)} tags")
    yield {"tokens": tokens, "tags": tags}


def object_of(line: str) -> dict:
    """The JSON object that a line is.

    Raises:
        ValueError: If it is none.
    """
    try:
        fields = json.loads(line)
        json.dumps(fields, ensure_ascii=False).encode()
    except json.JSONDecodeError as error:
        raise ValueError(f"not JSON: {error.msg} at position {error.pos + 1} of the line") from None
    except UnicodeEncodeError:
        raise ValueError("holds half of a surrogate pair, which is no character") from None
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if not isinstance(fields, dict):
        raise ValueError(f"must be a JSON object, not {line:.60}")
    return fields


def _strings(fields, key):
    value = fields.get(key)
    if isinstance(value, list) and value and all(isinstance(item, str) and item for item in value):
        return value
    raise ValueError(f"{key!r} must be a list of non-empty strings, not {value!r:.60}")
