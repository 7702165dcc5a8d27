"""What an app is: all that is special about it, for the verbs that every app has."""

import importlib
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class App:
    """What is special about one app.

    Attributes:
        name: as in `python -m apps.<name>` and in `task:` of a configuration.
        summary: one line.
        shape: what goes in and comes out, in the textbooks' words.
        task: `module:Class` of its task, imported when a verb needs it.
        records: turns the served function's answer for a batch of inputs into one dict for each input.
        show: one such dict as text for a terminal.
        verbs: click commands that this app alone has.
        reads: what `predict` is asked about, as its served function names it: a "text", or an "image", by its file.
        example: of what `predict` is given, for hints.
        keys: of a row of JSON, where an input may stand, the first that is there counts: "text"; "tokens", ready ones,
            for a served `tag_tokens`; "class", read as a text; "image".
        why: from what is served for one input to why that is no answer, or None where it is one.
    """

    name: str
    summary: str
    shape: str
    task: str
    records: Callable[[list, dict], list[dict]]
    show: Callable[[dict], str]
    verbs: tuple = ()
    reads: str = "text"
    example: str = '"…"'
    keys: tuple[str, ...] = ("text",)
    why: Callable[[dict], str | None] = lambda answer: None

    def task_class(self) -> type:
        """The task's class; imports TensorFlow."""
        module, name = self.task.split(":")
        return getattr(importlib.import_module(module), name)


def written(name: str, answer: dict) -> dict:
    """The part of a record that says what was written: the best text and its score, and all candidates with theirs.

    Args:
        name: what the record calls a text.
        answer: of one input, `candidates` and `candidate_scores`, best first, -inf where there are fewer.
    """
    found = [
        {name: text.decode("utf-8", "replace"), "score": round(float(score), 4)}
        for text, score in zip(answer["candidates"], answer["candidate_scores"])
        if score > float("-inf")
    ]
    best = found[0] if found else {name: "", "score": None}
    return best | ({"candidates": found} if len(answer["candidates"]) > 1 else {})


def candidate_lines(name: str, record: dict, heading: str) -> list[str]:
    """A heading and a line with its score for each candidate of a record; none where only one text was asked for."""
    lines = [f"{found['score']:9.4f}  {found[name]}" for found in record.get("candidates", ())]
    return [f"{heading}:", *lines] if lines else []
