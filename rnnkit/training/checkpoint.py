"""A checkpoint: every variable of a training process and where it stands, in one file that is replaced atomically."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np

from rnnkit.atomic import replacing
from rnnkit.errors import ArtifactError, DataError

FILE = "checkpoint.npz"


@dataclass
class Progress:
    """Where a run stands; with the variables, all that going on needs.

    Attributes:
        epoch: epoch being trained, from 0.
        batch: batches of that epoch already trained on.
        step: updates of the whole run.
        sums: running sums over the epoch: loss, weight and the gradient norm of every part.
        best_epoch, best_value: epoch (from 0) and value of the best monitored metric so far.
        waited: epochs since the last improvement that is worth waiting for.
        history: one row of metrics for every finished epoch.
        seconds: time spent training.
        finished: whether there is nothing left to train.
        data: (examples, digest) of the training data, which no part of a run may differ in.
    """

    epoch: int = 0
    batch: int = 0
    step: int = 0
    sums: dict[str, float] = field(default_factory=dict)
    best_epoch: int | None = None
    best_value: float | None = None
    waited: int = 0
    history: list[dict] = field(default_factory=list)
    seconds: float = 0.0
    finished: bool = False
    data: list = field(default_factory=list)


def save(directory: Path, variables: Mapping[str, Sequence], progress: Progress) -> None:
    """Writes `directory`/checkpoint.npz.

    Args:
        directory: a run's directory.
        variables: lists of Keras or TensorFlow variables by group; their order must be the same at `load`.
        progress: where the run stands.
    """
    arrays = {key: variable.numpy() for key, variable in _named(variables).items()}
    arrays["progress"] = np.frombuffer(json.dumps(asdict(progress)).encode(), dtype=np.uint8)
    with replacing(directory / FILE) as path, open(path, "wb") as file:
        np.savez(file, **arrays)


def load(directory: Path, variables: Mapping[str, Sequence]) -> Progress:
    """Sets `variables` to what `save` wrote and returns where the run stood.

    Raises:
        ArtifactError: the file is damaged or belongs to another model.
    """
    path = directory / FILE
    named = _named(variables)
    arrays = _read(path)
    progress = arrays.pop("progress")
    if set(arrays) != set(named) or any(arrays[key].shape != tuple(v.shape) for key, v in named.items()):
        raise ArtifactError(f"{path}: was written by another model than this run's configuration describes")
    for key, variable in named.items():
        variable.assign(arrays[key])
    return progress


def check_data(directory: Path, progress: Progress, data: list) -> None:
    """Makes sure that a run goes on with the training data that it began with.

    Raises:
        DataError: `data` is not what `progress` was made with.
    """
    if progress.data == data:
        return
    (before, _), (now, _) = progress.data, data
    what = f"{before:,} examples then, {now:,} now" if before != now else f"as many examples, {now:,}, but others"
    raise DataError(
        f"data.splits.train: is no longer what {directory} began with: {what}; "
        "put the old data back, or train a new run"
    )


def read_progress(directory: Path) -> Progress | None:
    """Where a run stands, or None before its first checkpoint."""
    path = directory / FILE
    return _read(path)["progress"] if path.exists() else None


def _read(path: Path) -> dict:
    try:
        with np.load(path, allow_pickle=False) as archive:
            content = {key: archive[key] for key in archive.files}
        content["progress"] = Progress(**json.loads(content["progress"].tobytes()))
    except Exception as error:  # what a damaged archive makes zipfile and NumPy raise is a long list
        raise ArtifactError(
            f"{path}: not a checkpoint or damaged ({error}); remove it to start this run anew"
        ) from error
    return content


def _named(variables: Mapping[str, Sequence]) -> dict:
    return {f"{group}.{i}": variable for group, members in variables.items() for i, variable in enumerate(members)}
