"""evaluate: a trained model scored on a split, beside trivial baselines."""

from collections.abc import Iterable
from pathlib import Path

import click

from rnnkit import data
from rnnkit.app import App
from rnnkit.artifact import open_artifact
from rnnkit.atomic import write_text
from rnnkit.data.corpus import Corpus
from rnnkit.errors import UserError
from rnnkit.training import runtime
from rnnkit.training.evaluation import Evaluator
from rnnkit.verbs.common import for_use, load_model


def evaluate(app: App, model_path: str, path: str | None, overrides: Iterable[str]) -> dict:
    """Scores a model and prints what was found; returns the metrics."""
    artifact = open_artifact(model_path, app.name)
    run, cell = for_use(artifact, path, overrides, needs_files=True)
    role = run.evaluate.split
    with runtime.started(run.train, run.seed) as started:
        click.echo(f"{artifact.path}: {run.task} on {started.description}")
        with_train = run.evaluate.baselines and run.data.splits.train is not None
        corpus = data.load(run, app.task_class().kind, roles=dict.fromkeys(["train", role] if with_train else [role]))
        task, model = load_model(app, artifact, run, cell)
        of_this_run = artifact.saved_model is None and run.data == artifact.run.data
        return score(Evaluator(task, model), corpus, role, artifact.directory if of_this_run else None)


def score(evaluator: Evaluator, corpus: Corpus, role: str, directory: Path | None) -> dict:
    """Metrics of a model and its baselines on a split, printed; table and plots go to `directory`, if given."""
    task, model = evaluator.task, evaluator.model
    batches = task.batches(corpus.splits[role])
    report = evaluator(batches)
    metrics = report.metrics | task.extra_reports(model, corpus, role)
    click.echo(f"\n{role} split, {batches.examples:,} {batches.things}{batches.note_on_cut}")
    click.echo(_row(f"this model ({task.run.model.kind_of_network})", metrics))
    baselines = task.baselines(corpus, role) if task.run.evaluate.baselines and "train" in corpus.splits else {}
    for name, values in baselines.items():
        click.echo(_row(name, values))
    if report.table:
        click.echo("\n" + report.table.rstrip() + "\n")
    if directory:
        try:
            write_text(directory / f"{role}_table.txt", report.table)
            for name, draw in report.plots.items():
                draw(directory / f"{role}_{name}")
        except UserError as error:
            click.echo(f"warning: {error}", err=True)
    return metrics | {"baselines": baselines}


def _row(name: str, metrics: dict[str, float]) -> str:
    return f"  {name:<38}  " + "  ".join(f"{key.replace('_', ' ')} {value:.4f}" for key, value in metrics.items())
