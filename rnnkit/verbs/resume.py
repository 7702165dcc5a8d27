"""train --resume: an interrupted run goes on where its last checkpoint left it."""

from collections.abc import Iterable
from pathlib import Path

from rnnkit import artifact as artifacts
from rnnkit.app import App
from rnnkit.errors import ArtifactError, ConfigError
from rnnkit.training.checkpoint import FILE as CHECKPOINT
from rnnkit.verbs import finetune
from rnnkit.verbs.common import over_artifact
from rnnkit.verbs.running import Setting, carry_on, held, opened


def resume(app: App, path: str, overrides: Iterable[str] = ()) -> Path:
    """Goes on with an interrupted run; from its beginning where it left no checkpoint.

    Args:
        app: whose run.
        path: its directory.
        overrides: nothing but the run's own `model.cell=…`, which lets a user's cell be imported.

    Raises:
        ArtifactError: there is no run, or nothing left to train.
        ConfigError: an override changes the run, or another process trains it.
        DataError: among others, the training data has changed.
    """
    if artifacts.not_begun(Path(path).expanduser()):
        raise ArtifactError(f"{path}: no run has begun there; give the train command again, it may use this directory")
    artifact = artifacts.open_artifact(path, app.name)
    directory = artifact.directory
    if artifact.saved_model:
        raise ArtifactError(f"{path}: is a SavedModel; a run directory is needed to go on training")
    if (directory / artifacts.WEIGHTS).exists() and not (directory / CHECKPOINT).exists():
        raise ArtifactError(f"{path}: is trained to its end; to train further, use it in finetune.from")
    run, named, cell = over_artifact(artifact, None, overrides, free=())
    if named - {"model.cell"}:
        raise ConfigError(
            f"{', '.join(sorted(named - {'model.cell'}))}: a resumed run goes on exactly as it began; "
            "remove it, or train a new run"
        )
    with held(directory), opened(app, run, directory) as (started, corpus):
        task = app.task_class().restore(run, artifact.task_state)
        prepare = None if (directory / CHECKPOINT).exists() else task.prepare
        setting = Setting(task, directory, corpus, started, cell, resumed=True, prepare=prepare)
        carry_on(finetune.resumed(app, setting) if run.finetune else setting)
    return directory
