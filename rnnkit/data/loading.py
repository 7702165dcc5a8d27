"""From a configuration to its corpus."""

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from importlib import import_module
from itertools import count, islice
from threading import Lock

from rnnkit.config.paths import ROLES
from rnnkit.config.schema import BuiltinData, Run
from rnnkit.data import files, tfds
from rnnkit.data.builtin.shapes_drawing import png
from rnnkit.data.corpus import FIELDS, Corpus, Kind, Split
from rnnkit.data.images import readable
from rnnkit.data.refining import fingerprint, refined
from rnnkit.data.skips import Skips
from rnnkit.errors import DataError


def load(run: Run, kind: Kind, roles: Sequence[str] | None = None) -> Corpus:
    """The corpus that `run.data` describes.

    Args:
        run: The configuration.
        kind: What its examples are: labelled `"text"`, a `"label"` with a text, tagged `"tokens"`, `"running"` text,
            a `"pair"` of texts, or a picture with `"caption"`s, which must be readable as `run.image` says.
        roles: The splits to open, where the configuration names them; None for all of them.

    Raises:
        DataError: If a split does not exist or cannot be opened.
    """
    data = run.data
    named = [role for role in ROLES if getattr(data.splits, role)]
    roles = [role for role in named if roles is None or role in roles]
    wanted = named if data.exclude_overlap and "train" in roles else roles
    open_split = _SOURCES[data.source]
    starts = {role: open_split(data, kind, role) for role in wanted}
    if kind == "caption":
        starts = {role: readable(start, run.image) for role, start in starts.items()}

    @cache
    def held_out() -> set[bytes]:
        sources = (starts[role] for role in ("validation", "test") if role in starts)
        return {fingerprint(example) for start in sources for example in start(Skips(data.on_bad_example))}

    def refining(role: str) -> Callable[[Skips], Iterator[dict]]:
        return lambda skips: refined(starts[role](skips), data, role == "train", held_out, skips)

    return Corpus(_name(data), {role: Split(role, kind, refining(role), data.on_bad_example) for role in roles})


def _open_builtin(data: BuiltinData, kind: Kind, role: str) -> Callable[[Skips], Iterator[dict]]:
    corpus = import_module(f"rnnkit.data.builtin.{data.name}")
    split = getattr(data.splits, role)
    if split not in ROLES:
        raise DataError(f"data.splits.{role}: {data.name} has no split {split!r}, only {', '.join(ROLES)}")
    sides = FIELDS["pair"]
    if kind == "pair" and set(data.pair) != set(sides):
        raise DataError(f"data.pair: got {', '.join(data.pair)}; the sides of {data.name} are {' and '.join(sides)}")

    def examples():
        return (_of_kind(kind, example, data) for example in corpus.examples(split))

    start = _Remembered(examples) if kind == "caption" else examples  # to draw pictures takes longer than to keep them
    return lambda skips: start()


class _Remembered:
    """Starts passes over examples that are made once, when they are first asked for, and kept.

    Args:
        make: Makes them; called again where a pass broke off while it made one.
    """

    def __init__(self, make: Callable[[], Iterator[dict]]):
        self._make, self._rest, self._kept, self._lock = make, None, [], Lock()

    def __call__(self) -> Iterator[dict]:
        for number in count():
            with self._lock:
                if number == len(self._kept) and not self._one_more():
                    return
            yield self._kept[number]

    def _one_more(self) -> bool:
        rest, self._rest = self._rest or islice(self._make(), len(self._kept), None), None
        before = len(self._kept)
        self._kept += islice(rest, 1)
        self._rest = rest  # only now: what broke off gives nothing more
        return len(self._kept) > before


def _of_kind(kind, example, data):
    if kind == "pair":
        return {side: example[name] for side, name in zip(FIELDS["pair"], data.pair)}
    if kind == "running":
        return {"text": f"{example['text']}\n"} if "label" in example else example
    return {**example, "image": png(example["image"])} if kind == "caption" else example


def _name(data) -> str:
    return f"{data.format} files in {data.directory}" if data.source == "files" else f"{data.name} ({data.source})"


_SOURCES = {"builtin": _open_builtin, "files": files.open_split, "tfds": tfds.open_split}
