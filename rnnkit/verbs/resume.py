"""train --resume: an interrupted run goes on where its last checkpoint left it."""

from pathlib import Path

from rnnkit import artifact as artifacts
from rnnkit.app import App
from rnnkit.errors import ArtifactError
from rnnkit.models.cells import resolve_cell
from rnnkit.training import runtime
from rnnkit.training.checkpoint import FILE as CHECKPOINT
from rnnkit.verbs import finetune
from rnnkit.verbs.running import Setting, carry_on, load_corpus


def resume(app: App, path: str) -> Path:
    """Goes on with an interrupted run; from its beginning where it left no checkpoint."""
    directory = Path(path).expanduser()
    if not directory.is_dir():
        raise ArtifactError(f"{directory}: no such run directory")
    artifact = artifacts.open_artifact(directory, app.name)
    if artifact.saved_model:
        raise ArtifactError(f"{directory}: is a SavedModel; a run directory is needed to go on training")
    if (directory / artifacts.WEIGHTS).exists() and not (directory / CHECKPOINT).exists():
        raise ArtifactError(f"{directory}: is trained to its end; to train further, finetune it")
    run = artifact.run
    with runtime.started(run.train, run.seed) as started:
        corpus = load_corpus(app, run)
        task = app.task_class().restore(run, artifact.task_state)
        setting = Setting(task, artifact, corpus, started, cell=resolve_cell(run.model.cell), resumed=True)
        if run.finetune:
            setting = finetune.resumed(app, setting)
        carry_on(setting)
    return directory
