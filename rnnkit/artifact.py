"""What a trained model leaves behind: the same few files in a run directory and in a SavedModel's `assets.extra`."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from rnnkit import __version__, config
from rnnkit.atomic import leftovers, write_json, write_text
from rnnkit.config.schema import Run
from rnnkit.errors import ArtifactError

FORMAT = 1
MANIFEST, CONFIG, TASK, WEIGHTS = "rnnkit.json", "config.yaml", "task.json", "model.weights.h5"
METRICS, CARD = "metrics.json", "model_card.md"


@dataclass(frozen=True)
class Artifact:
    """A trained model on disk.

    Attributes:
        path: the run's directory or the SavedModel's version, also where the user named the folder of its versions.
        directory: where the files lie: a run directory or `assets.extra`.
        saved_model: the SavedModel's directory, or None for a run.
        run: its resolved configuration.
        task_state: vocabularies and labels, as `Task.state` gave them.
    """

    path: Path
    directory: Path
    saved_model: Path | None
    run: Run
    task_state: dict

    @property
    def weights(self) -> Path:
        """The file of Keras weights; of an unfinished run, those of its best epoch so far.

        Raises:
            ArtifactError: no epoch is finished yet.
        """
        final = self.directory / WEIGHTS
        if final.exists():
            return final
        best = sorted(self.directory.glob("best-*.weights.h5"), key=lambda path: path.stat().st_mtime)
        if not best:
            raise ArtifactError(f"{self.path}: has no weights yet; go on with: train --resume {self.path}")
        return best[-1]


def begin(directory: Path, run: Run, task_state: dict) -> Artifact:
    """Writes what is known before training: configuration, vocabularies, labels and a manifest with their digests."""
    write_json(directory / TASK, task_state)
    write_text(directory / CONFIG, config.dump(run))
    digests = {name: _digest(directory / name) for name in (CONFIG, TASK)}
    manifest = {"format": FORMAT, "app": run.task, "rnnkit": __version__, "sha256": digests}
    write_json(directory / MANIFEST, manifest)
    return Artifact(directory, directory, None, run, task_state)


def not_begun(directory: Path) -> bool:
    """Whether a directory holds nothing, or only what a process leaves that was killed before `begin` was through."""
    if not directory.is_dir():
        return False
    left = {path.name for path in {*directory.iterdir()} - {*leftovers(directory)}}
    return left in (set(), {TASK}, {TASK, CONFIG})


def open_artifact(path: str | Path, app: str | tuple[str, ...] | None = None) -> Artifact:
    """Reads a run directory, an exported SavedModel's version, or the newest version below a folder of versions.

    Args:
        path: the directory.
        app: the app it has to be of, or several; None takes any.

    Raises:
        ArtifactError: missing, foreign, damaged, of a newer rnnkit, or of another app.
    """
    path = Path(path).expanduser()
    if not path.exists():
        raise ArtifactError(f"{path}: no such run directory or SavedModel")
    found = _newest_version(path)
    is_saved_model = (found / "saved_model.pb").exists()
    directory = found / "assets.extra" if is_saved_model else found
    if not (directory / MANIFEST).exists():
        kind = (
            "a SavedModel that rnnkit did not export" if is_saved_model else "neither a run directory nor a SavedModel"
        )
        raise ArtifactError(f"{path}: is {kind} ({MANIFEST} is missing)")
    manifest = _read_json(directory / MANIFEST)
    if (
        not isinstance(manifest, dict)
        or manifest.get("format") != FORMAT
        or not isinstance(manifest.get("sha256"), dict)
    ):
        raise ArtifactError(f"{directory / MANIFEST}: is of a format that rnnkit {__version__} does not read")
    wanted = (app,) if isinstance(app, str) else app
    if wanted and manifest.get("app") not in wanted:
        raise ArtifactError(f"{path}: is a model of the {manifest.get('app')} app, not of {' or '.join(wanted)}")
    for name, digest in manifest["sha256"].items():
        if not (directory / name).exists() or _digest(directory / name) != digest:
            raise ArtifactError(
                f"{directory / name}: is missing or was changed since it was written; the model is damaged"
            )
    run = config.from_artifact(directory / CONFIG)
    return Artifact(found, directory, found if is_saved_model else None, run, _read_json(directory / TASK))


def _newest_version(path: Path) -> Path:
    """`path` itself, or its highest-numbered folder where `path` holds versions of a SavedModel."""
    versions = [p for p in path.iterdir() if p.name.isdecimal() and p.is_dir()] if path.is_dir() else []
    return max(versions, key=lambda p: int(p.name)) if versions and not (path / MANIFEST).exists() else path


def seal(directory: Path, names: tuple[str, ...]) -> None:
    """Adds the digests of further files to the manifest of a directory."""
    manifest = _read_json(directory / MANIFEST)
    manifest["sha256"].update({name: _digest(directory / name) for name in names})
    write_json(directory / MANIFEST, manifest)


def _digest(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _read_json(path: Path):
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise ArtifactError(f"{path}: cannot be read ({error}); the model is damaged") from error
