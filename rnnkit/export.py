"""From a trained model to a SavedModel that needs TensorFlow only."""

import shutil
from pathlib import Path

import keras
import tensorflow as tf

from rnnkit.artifact import CARD, CONFIG, MANIFEST, METRICS, TASK, WEIGHTS, Artifact, seal
from rnnkit.atomic import new_directory
from rnnkit.engines import portable
from rnnkit.errors import UserError
from rnnkit.tasks.base import Task

FILES = (CONFIG, TASK, METRICS, CARD, MANIFEST)


class Served(tf.Module):
    """A task's served functions, with everything that they refer to.

    Args:
        task: gives the functions, the vectorizer and the labels.
        model: the network.
    """

    def __init__(self, task: Task, model: keras.Model):
        super().__init__(name=task.run.task)
        self.weights = [variable.value for variable in model.variables]
        self.vectorizer, self.labels = task.vectorizer, task.labels
        self.functions = task.signatures(model)


def write(artifact: Artifact, task: Task, model: keras.Model, directory: Path) -> Path:
    """Writes the next version of a SavedModel, aside first, then under its number.

    Args:
        artifact: whose configuration, vocabularies, weights, metrics and card travel along in `assets.extra`.
        task, model: what is served.
        directory: folder of the versions, which count up from 1; none is ever overwritten.

    Returns:
        The new version's directory.
    """
    with portable():
        served = Served(task, model)
    while True:
        version = directory / str(_last_version(directory) + 1)
        try:
            with new_directory(version) as temporary:
                _save(served, temporary)
                extra = temporary / "assets.extra"
                extra.mkdir()
                for name in FILES:
                    if (artifact.directory / name).exists():
                        shutil.copyfile(artifact.directory / name, extra / name)
                shutil.copyfile(artifact.weights, extra / WEIGHTS)
                seal(extra, (WEIGHTS,))
            return version
        except UserError:
            if not version.exists():  # otherwise another export took this number meanwhile
                raise


def _save(served: Served, directory: Path) -> None:
    try:
        with portable():  # where the functions are traced
            tf.saved_model.save(served, str(directory), signatures=served.functions)
    except tf.errors.OpError as error:
        raise OSError(f"TensorFlow: {error.message}") from error


def _last_version(directory: Path) -> int:
    versions = [int(path.name) for path in directory.iterdir() if path.name.isdecimal()] if directory.is_dir() else []
    return max(versions, default=0)
