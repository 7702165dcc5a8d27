"""Bracketed trees with a label at every node, such as `(3 (2 It) (4 (4 works) (2 .)))`."""

import re
from collections.abc import Iterator
from pathlib import Path

from rnnkit.data.lines import each_line
from rnnkit.data.skips import Skips

_PARTS = re.compile(r"[()]|[^()\s]+")
_ESCAPES = {
    "-LRB-": "(",
    "-RRB-": ")",
    "-LSB-": "[",
    "-RSB-": "]",
    "-LCB-": "{",
    "-RCB-": "}",
    "``": '"',
    "''": '"',
}


def read(path: Path, phrases: bool, skips: Skips) -> Iterator[dict]:
    """Examples of a file with one tree a line.

    The Penn Treebank's escapes are undone (`-LRB-`, `\\/`, quotes as doubled marks), so that the words are those that
    users write.

    Args:
        path: The file.
        phrases: True for every node of a tree (the sentence first, then the phrases in their order), False for the
            sentence alone.
        skips: Reports bad lines.
    """
    return each_line(path, lambda line: _nodes(line) if phrases else _nodes(line)[:1], skips)


def _nodes(line: str) -> list[dict]:
    """A tree's nodes, parents before children."""
    parts = _PARTS.findall(line)
    if not parts or parts[0] != "(":
        raise ValueError("a tree begins with (")
    nodes, words, open_nodes = [], [], []
    for place, part in enumerate(parts):
        if part == "(":
            if nodes and not open_nodes:
                raise ValueError("more than one tree on the line")
            open_nodes.append(len(nodes))
            nodes.append({"label": None, "begin": len(words), "end": len(words)})
        elif not open_nodes:
            raise ValueError(f"{part!r:.60} after the tree's end")
        elif part == ")":
            node = nodes[open_nodes.pop()]
            node["end"] = len(words)
            if node["label"] is None or node["begin"] == node["end"]:
                raise ValueError("a node without a label or without words")
        elif parts[place - 1] == "(":
            nodes[open_nodes[-1]]["label"] = part
        else:
            words.append(_ESCAPES.get(part, part).replace("\\/", "/").replace("\\*", "*"))
    if open_nodes:
        raise ValueError(f"{len(open_nodes)} unclosed brackets")
    return [{"text": " ".join(words[node["begin"] : node["end"]]), "label": node["label"]} for node in nodes]
