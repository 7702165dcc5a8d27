"""Steps that several verbs share."""

from collections.abc import Iterable

import keras

from rnnkit import config
from rnnkit.app import App
from rnnkit.artifact import Artifact
from rnnkit.config.schema import BUILTIN_CELLS, Run, Train
from rnnkit.errors import ArtifactError
from rnnkit.models.cells import resolve_cell
from rnnkit.tasks.base import Task

FREE_TO_USE = frozenset({"model.engine", "image.max_pixels"})
OF_TRAINING_ALONE = ("device", "devices", "threads", "deterministic")


def over_artifact(
    artifact: Artifact, path: str | None, overrides: Iterable[str], free: Iterable[str], flag: str = "", **options
) -> tuple[Run, frozenset[str], type]:
    """(run, keys that the user named, class of the cell): an artifact's configuration with the user's over it.

    Args:
        artifact: the trained model.
        path, overrides: what the user lays over its configuration.
        free: keys of `model` and `text` that may differ from the model's.
        flag: what stands before an override on this verb's command line, for the message.
        options: as `config.load_on` takes them.

    Raises:
        ArtifactError: the model's cell is code that the user did not name.
    """
    run, named = config.load_on(artifact.run, path, overrides, free=free, **options)
    return run, named, cell_of(artifact, run, named, flag)


def cell_of(artifact: Artifact, run: Run, named: Iterable[str], flag: str = "") -> type:
    """Class of the cell of a run that has it from an artifact; arguments as of `over_artifact`.

    Raises:
        ArtifactError: the cell is code that the user did not name.
    """
    if run.model.cell not in BUILTIN_CELLS and "model.cell" not in named:
        raise ArtifactError(
            f"{artifact.path}: its cell {run.model.cell} is code, which is imported only when you name it; "
            f"add: {flag}model.cell={run.model.cell}"
        )
    return resolve_cell(run.model.cell)


def for_use(
    artifact: Artifact, path: str | None, overrides: Iterable[str], flag: str = "", needs_files: bool = False
) -> tuple[Run, type]:
    """(run, class of the cell) to score, export or ask a model, on whatever machine this is."""
    run, named, cell = over_artifact(artifact, path, overrides, FREE_TO_USE, flag, needs_files=needs_files)
    return anywhere(run, named), cell


def anywhere(run: Run, named: Iterable[str] = ()) -> Run:
    """A run without what its training asked of the machine, except where the user named it now."""
    reset = [key for key in OF_TRAINING_ALONE if f"train.{key}" not in named]
    train = run.train.model_copy(update={key: Train.model_fields[key].default for key in reset})
    return run.model_copy(update={"train": train})


def load_model(app: App, artifact: Artifact, run: Run, cell: type) -> tuple[Task, keras.Model]:
    """(task, model) of an artifact of the app, in float32 (or float64) whatever it was trained in.

    Raises:
        ArtifactError: the files do not fit together.
    """
    return restored(app.task_class(), artifact, run, cell)


def restored(task_class: type[Task], artifact: Artifact, run: Run, cell: type) -> tuple[Task, keras.Model]:
    """As `load_model`, of an artifact of any task.

    Raises:
        ArtifactError: the files do not fit together.
    """
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("float64" if run.train.precision == "float64" else "float32")
    try:
        task = task_class.restore(run, artifact.task_state)
        model = task.build(cell)
        model.load_weights(artifact.weights)
    except (KeyError, TypeError, ValueError, OSError) as error:
        reason = first_line(error)
        raise ArtifactError(f"{artifact.path}: is damaged or of another rnnkit: cannot be built ({reason})") from error
    finally:
        keras.config.set_dtype_policy(policy)
    return task, model


def first_line(error: Exception) -> str:
    """What an error of a library says, short enough to stand within a message."""
    return next(iter(str(error).strip().splitlines()), type(error).__name__)[:200]
