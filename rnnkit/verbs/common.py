"""Steps that several verbs share."""

from collections.abc import Iterable

import keras

from rnnkit import config
from rnnkit.app import App
from rnnkit.artifact import Artifact
from rnnkit.config.schema import BUILTIN_CELLS, Run
from rnnkit.data.batching import Batches
from rnnkit.data.corpus import Split
from rnnkit.errors import ArtifactError
from rnnkit.models.cells import resolve_cell
from rnnkit.tasks.base import Task

FREE_TO_PREDICT = frozenset({"model.engine"})


def over_artifact(artifact: Artifact, path: str | None, overrides: Iterable[str], free=FREE_TO_PREDICT, needs_files=False):
    """(run, cell): an artifact's configuration with the user's over it, and the user's own cell class, if any.

    Raises:
        ArtifactError: the model's cell is code that the user did not name.
    """
    run, named = config.load_on(artifact.run, path, overrides, free=free, needs_files=needs_files)
    if run.model.cell not in BUILTIN_CELLS and "model.cell" not in named:
        raise ArtifactError(
            f"{artifact.path}: its cell is {run.model.cell}, code that is imported only when you name it: "
            f"model.cell={run.model.cell}"
        )
    return run, resolve_cell(run.model.cell)


def load_model(app: App, artifact: Artifact, run: Run, cell: type | None) -> tuple[Task, keras.Model]:
    """(task, model) of an artifact, in float32 (or float64) whatever it was trained in.

    Raises:
        ArtifactError: the files do not fit together.
    """
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("float64" if run.train.precision == "float64" else "float32")
    try:
        task = app.task_class().restore(run, artifact.task_state)
        model = task.build(cell)
        model.load_weights(artifact.weights)
    except (KeyError, TypeError, ValueError, OSError) as error:
        raise ArtifactError(f"{artifact.path}: its weights do not fit its configuration; the model is damaged ({error})") from error
    finally:
        keras.config.set_dtype_policy(policy)
    return task, model


def make_batches(task: Task, split: Split, training: bool = False) -> Batches:
    """Batches of a split as a run's configuration says: shuffled for training, in a fixed order for scoring."""
    run = task.run
    size = run.train.batch_size if training else run.evaluate.batch_size
    return Batches(split, task.vectorizer, task.labels, run.data, size, run.seed, training)
