"""Paths written in a configuration: ~ and $VARIABLES expanded, and whether the files are there."""

import os
import re
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import get_args

from rnnkit.config.document import KeyPath
from rnnkit.config.schema import FilesData, Role, Run, TfdsData
from rnnkit.config.words import meant
from rnnkit.errors import ConfigError

_VARIABLE = re.compile(r"\$(?:([A-Za-z_]\w*)|\{([^}]*)\})")
ROLES: tuple[Role, ...] = get_args(Role)


def expand(text: str) -> Path:
    """The path that a shell would make of `text`, relative to the working directory.

    Raises:
        ConfigError: a $VARIABLE in it is not set; the message names it.
    """
    return Path(os.path.expanduser(_VARIABLE.sub(_variable, text)))


def split_paths(data: FilesData, role: Role) -> list[Path]:
    """The files (or folders) of one split, in the order given; none where the split is not named.

    Raises:
        ConfigError: a $VARIABLE in a path is not set; the message names it.
    """
    return [_inside(data, text) for text in _texts(data, role)]


def parallel_paths(data: FilesData, role: Role) -> list[tuple[Path, Path]]:
    """The files of the source and of the target, for each path of a split in the format `parallel`.

    The name of a side, as `data.pair` has it, stands for {} in the path, or at its end after a dot. Where there is no
    such file, but one with `.gz` after it, that one is meant.

    Raises:
        ConfigError: a $VARIABLE in a path is not set; the message names it.
    """
    return [tuple(_side(data, text, name) for name in data.pair) for text in _texts(data, role)]


def absent_files(
    run: Run, data: bool = True, finetune: bool = True, weights: bool = True
) -> Iterator[tuple[KeyPath, str]]:
    """Yields (key, reason) for every path of `run.data`, `finetune.from` and `picture.weights` that cannot be read."""
    if data and isinstance(run.data, FilesData):
        yield from _absent_splits(run.data)
    if data and isinstance(run.data, TfdsData) and run.data.manual_dir is not None:
        yield from _absent(("data", "manual_dir"), run.data.manual_dir, expand, folder=True)
    if finetune and run.finetune is not None:
        yield from _absent(("finetune", "from"), run.finetune.source, expand, folder=True)
    picture = getattr(run.model, "picture", None)
    if weights and picture is not None and picture.weights not in (None, "imagenet"):
        yield from _absent(("model", "picture", "weights"), picture.weights, expand, folder=False)


def _absent_splits(data: FilesData) -> Iterator[tuple[KeyPath, str]]:
    wrong = list(_absent(("data", "directory"), data.directory, expand, folder=True))
    if wrong:
        yield from wrong
        return
    finds = [partial(_inside, data)]
    if data.format == "captions":
        yield from _absent(("data", "image_directory"), data.image_directory, *finds, folder=True)
    if data.format == "parallel":
        finds = [partial(_side, data, name=name) for name in data.pair]
    for role in ROLES:
        for place, text in enumerate(_texts(data, role)):
            key = ("data", "splits", role, *([] if isinstance(getattr(data.splits, role), str) else [place]))
            for find in finds:
                yield from _absent(key, text, find, folder=data.format == "folders")


def _texts(data: FilesData, role: Role) -> list[str]:
    named = getattr(data.splits, role)
    return [named] if isinstance(named, str) else named or []


def _inside(data: FilesData, text: str) -> Path:
    return expand(data.directory) / expand(text)


def _side(data: FilesData, text: str, name: str) -> Path:
    """The file of one side, or, where only that is there, the same with `.gz` after it."""
    path = _inside(data, text.replace("{}", name) if "{}" in text else f"{text}.{name}")
    compressed = path.with_name(f"{path.name}.gz")
    return compressed if os.path.exists(compressed) and not os.path.exists(path) else path


def _absent(key: KeyPath, text: str, find: Callable[[str], Path], folder: bool) -> Iterator[tuple[KeyPath, str]]:
    try:
        path = find(text)
    except ConfigError as error:
        yield key, f"got {text!r}: {error}"
        return
    if not os.path.exists(path):
        yield key, f"there is no {'folder' if folder else 'file'} {path}{_beside(path)}"
    elif os.path.isdir(path) != folder:
        yield key, f"{path} is a {'file, a folder' if folder else 'folder, a file'} is needed"
    elif not os.access(path, os.R_OK):
        yield key, f"{path} cannot be read; change its permissions"


def _beside(path: Path) -> str:
    """What else is in the folder and has a name like it."""
    try:
        return meant(path.name, os.listdir(path.parent))
    except OSError:
        return ""


def _variable(match: re.Match) -> str:
    name = match[1] or match[2]
    if name not in os.environ:
        raise ConfigError(f"the environment variable {name} is not set; set it: export {name}=…")
    return os.environ[name]
