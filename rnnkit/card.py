"""The model card: what a trained model is, on one page."""

import platform
from datetime import date
from pathlib import Path

import keras
import tensorflow as tf

from rnnkit import __version__
from rnnkit.atomic import write_text
from rnnkit.config.schema import BuiltinData, FilesData, Run
from rnnkit.data.corpus import Corpus


def write_card(path: Path, run: Run, metrics: dict, corpus: Corpus) -> None:
    """Writes a model card in Markdown.

    Args:
        path: the file.
        run: how the model was trained.
        metrics: as in metrics.json.
        corpus: what it was trained on.
    """
    model, train = run.model, run.train
    lines = [
        f"# {run.task}: {model.description}",
        "",
        f"Trained on {date.today().isoformat()} with rnnkit {__version__}, TensorFlow {tf.__version__}, "
        f"Keras {keras.__version__}, Python {platform.python_version()} on {metrics['device']}.",
        "",
        "## Data",
        "",
        f"{_source(run)}; {_origin(run)}.",
        "",
        *(f"    {line}" for line in corpus.describe().splitlines()),
        "",
        "## Training",
        "",
        f"Seed {run.seed}, {metrics['epochs']} epochs ({metrics['steps']} updates of {train.batch_size}), "
        f"{train.optimizer.name} at {train.optimizer.learning_rate:g}, "
        f"{metrics['train_seconds']:.0f} s, {train.precision}"
        f"{', deterministic' if train.deterministic else ''}. Everything else is in `config.yaml`.",
        "",
        "## Scores",
        "",
        *_scores(metrics),
        "",
        "## Limits",
        "",
        run.LIMITS.format(text=run.text),
        "",
    ]
    write_text(path, "\n".join(lines))


def _origin(run: Run) -> str:
    if run.finetune is None:
        return f"{'labels and words' if run.HAS_LABELS else 'its tokens'} come from the training split alone"
    words = "that model's" + (" and the training split's" if run.finetune.vocabulary == "grow" else "")
    labels = "labels come from the training split, words" if run.HAS_LABELS else "its tokens"
    return f"fine-tuned from `{run.finetune.source}`: {labels} are {words}"


def _source(run: Run) -> str:
    data = run.data
    if isinstance(data, BuiltinData):
        return f"rnnkit's built-in corpus `{data.name}`"
    if isinstance(data, FilesData):
        return f"local {data.format} files"
    return f"TensorFlow Datasets `{data.name}`"


def _scores(metrics: dict) -> list[str]:
    lines = ["| split | model | scores |", "|---|---|---|"]
    for role in ("validation", "test", "train"):
        values = dict(metrics.get(role, {}))
        baselines = values.pop("baselines", {})
        for name, scores in [*({"this model": values} if values else {}).items(), *baselines.items()]:
            lines.append(f"| {role} | {name} | {', '.join(f'{k} {v:.4f}' for k, v in scores.items())} |")
    return lines
