"""CoNLL-U and CoNLL column files: one token a line, a blank line after each sentence."""

import re
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path

from rnnkit.config.schema.data import CONLLU_COLUMNS, FilesData
from rnnkit.data.lines import decoded, raw_lines
from rnnkit.data.skips import Skips

_ANNOTATIONS = ("upos", "xpos", "deprel")  # where _ means that there is none; a form or lemma may really be _
_TEXT = "# text = "


def read_conllu(path: Path, data: FilesData, skips: Skips) -> Iterator[dict]:
    """Sentences of a CoNLL-U file: its syntactic words, without multiword tokens (`5-6`) and empty nodes (`8.1`).

    A sentence whose comments give its text (`# text = …`) has it under `text`.
    """

    def parse(line):
        if line.startswith("#"):
            return None
        fields = line.split("\t")
        if len(fields) != len(CONLLU_COLUMNS):
            raise ValueError(f"{len(fields)} tab-separated columns where CoNLL-U has {len(CONLLU_COLUMNS)}")
        if re.fullmatch(r"\d+[-.]\d+", fields[0]):
            return None
        if not re.fullmatch(r"\d+", fields[0]):
            raise ValueError(f"{fields[0]!r:.60} is no word id such as 5, 5-6 or 8.1")
        word = dict(zip(CONLLU_COLUMNS, fields))
        if data.tags in _ANNOTATIONS and word[data.tags] == "_":
            raise ValueError(f"word {fields[0]} has no {data.tags}")
        return word[data.tokens], word[data.tags]

    return _sentences(path, parse, skips)


def read_columns(path: Path, data: FilesData, skips: Skips) -> Iterator[dict]:
    """Sentences of a file with columns between tabs or, where a line has none, blanks; `-DOCSTART-` is passed over."""

    def parse(line):
        line = line.rstrip(" \t")
        if line.startswith("-DOCSTART-"):
            return None
        fields = line.split("\t") if "\t" in line else [field for field in line.split(" ") if field]
        try:
            return fields[data.tokens], fields[data.tags]
        except IndexError:
            raise ValueError(
                f"{len(fields)} columns; tokens are read from column {data.tokens}, tags from {data.tags}"
            ) from None

    return _sentences(path, parse, skips)


def _sentences(path: Path, parse: Callable[[str], tuple[str, str] | None], skips: Skips) -> Iterator[dict]:
    """Sentences from lines; one bad line makes its whole sentence bad."""
    words, text, bad, begin = [], {}, False, 1
    for number, line in chain(raw_lines(path), [(0, b"")]):
        if not line.strip():
            if words and not bad:
                tokens, tags = map(list, zip(*words))
                yield {"tokens": tokens, "tags": tags, "place": f"{path}:{begin}", **text}
            words, text, bad, begin = [], {}, False, number + 1
        elif not bad:
            try:
                line = decoded(line)
                word = parse(line)
                if word is not None and not all(word):
                    raise ValueError("an empty token or tag")
            except ValueError as problem:
                skips.bad(f"{path}:{number}", problem)
                bad = True
                continue
            if word is not None:
                words.append(word)
            elif line.startswith(_TEXT):
                text = {"text": line.removeprefix(_TEXT)}
