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
    """

    name: str
    summary: str
    shape: str
    task: str
    records: Callable[[list, dict], list[dict]]
    show: Callable[[dict], str]
    verbs: tuple = ()
    reads: str = "text"

    def task_class(self) -> type:
        """The task's class; imports TensorFlow."""
        module, name = self.task.split(":")
        return getattr(importlib.import_module(module), name)
