"""Trains every experiment with several seeds through the apps' own commands and prints a table; can be interrupted.

python -m benchmarks.quality --data DIR [--only sst2,ewt] [--seeds 1,2,3]
"""

import hashlib
import importlib
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
from pathlib import Path

import click

from benchmarks.quality.experiments import BY_NAME, DIGESTS, EXPERIMENTS, PREPARED, Experiment
from rnnkit import __version__, config
from rnnkit.atomic import write_json

RESULTS = Path(__file__).parent / "results.json"
RUNS = Path("runs") / "quality"


@click.command()
@click.option("--data", type=click.Path(exists=True, file_okay=False), required=True, help="Folder of the corpora.")
@click.option("--only", default="", help="Names of experiments, with commas.")
@click.option("--seeds", default="1,2,3", help="Seeds, with commas.")
@click.option("--again", is_flag=True, help="Measure anew also what results.json has already.")
def main(data: str, only: str, seeds: str, again: bool) -> None:
    """Measure quality on real corpora (see benchmarks/quality/README.md for where they come from)."""
    names = [name for name in only.split(",") if name]
    unknown = set(names) - set(BY_NAME)
    if unknown:
        raise click.UsageError(f"--only: no experiment {', '.join(sorted(unknown))}; there are {_names()}")
    results = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    for experiment in EXPERIMENTS:
        if names and experiment.name not in names:
            continue
        if not names and not (Path(data) / experiment.corpus).is_dir():
            click.echo(f"{experiment.name}: left out, there is no {Path(data) / experiment.corpus}")
            continue
        check_corpus(Path(data) / experiment.corpus, DIGESTS[experiment.corpus])
        if experiment.prepare is not None:
            if again:
                shutil.rmtree(PREPARED / experiment.corpus, ignore_errors=True)
            experiment.prepare(Path(data) / experiment.corpus, PREPARED / experiment.corpus)
        done, digest = results.setdefault(experiment.name, {}), described(experiment)
        for seed in experiment.seeds or seeds.split(","):
            if again or done.get(seed, {}).get("config") != digest:
                if again or seed in done:
                    shutil.rmtree(RUNS / experiment.app / f"{experiment.name}-{seed}", ignore_errors=True)
                done[seed] = {**run(experiment, seed, data), "config": digest, "machine": machine()}
                write_json(RESULTS, results)
    click.echo(table(results))


def run(experiment: Experiment, seed: str, data: str) -> dict:
    """Trains and scores one seed in a process of its own, or goes on with it; returns its metrics."""
    directory = RUNS / experiment.app / f"{experiment.name}-{seed}"
    metrics = directory / "metrics.json"
    if not metrics.exists():
        command = [sys.executable, "-m", f"apps.{experiment.app}", *_arguments(experiment, seed, directory)]
        click.echo(f"{experiment.name}, seed {seed}: {' '.join(command[1:])}")
        if subprocess.run(command, check=False, env=os.environ | {"DATA": data}).returncode:
            raise click.ClickException(f"{experiment.name}, seed {seed}: did not come to its end")
    found = json.loads(metrics.read_text(encoding="utf-8"))
    return found | {name: rescored(experiment, directory, changed, data) for name, changed in experiment.rescored}


def rescored(experiment: Experiment, directory: Path, overrides: tuple[str, ...], data: str) -> dict:
    """Metrics of a trained model with other settings of scoring, or on other data."""
    from rnnkit.verbs.evaluate import evaluate

    os.environ["DATA"] = data
    app = importlib.import_module(f"apps.{experiment.app}").APP
    return evaluate(app, str(directory), None, overrides)


def described(experiment: Experiment) -> str:
    """Digest of everything in an experiment's configuration that is not as by default; a new key changes none."""
    run = config.load(experiment.config, experiment.overrides, needs_files=False)
    said = json.dumps(run.model_dump(mode="json", exclude_defaults=True), sort_keys=True)
    return hashlib.sha256(said.encode()).hexdigest()


def _arguments(experiment: Experiment, seed: str, directory: Path) -> list[str]:
    """The words of an app's command line that train, go on with or fine-tune one seed."""
    if (directory / "rnnkit.json").exists():
        return ["train", "--resume", str(directory)]
    overrides = [*experiment.overrides, f"seed={seed}", f"train.directory={RUNS}", f"train.name={directory.name}"]
    if experiment.base is None:
        return ["train", experiment.config, *overrides]
    base = BY_NAME[experiment.base]
    source = RUNS / base.app / f"{base.name}-{base.seeds[0] if base.seeds else seed}"
    return ["finetune", experiment.config, f"finetune.from={source}", *overrides]


def machine() -> str:
    """Processor, threads and versions, in words."""
    import keras
    import tensorflow as tf

    return (
        f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}, "
        f"TensorFlow {tf.__version__}, Keras {keras.__version__}, rnnkit {__version__}"
    )


def check_corpus(directory: Path, digests: dict[str, str]) -> None:
    """Stops where a file is missing or another than the one that was measured."""
    for name, expected in digests.items():
        path = directory / name
        if not path.exists():
            raise click.UsageError(f"--data: there is no {path}")
        with open(path, "rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() != expected:
                raise click.UsageError(f"{path}: is another file than the one measured (SHA-256 {expected})")


def table(results: dict) -> str:
    """Markdown: mean and spread over seeds beside published figures."""
    columns = ("experiment", "test metric", "mean (each seed)", "validation", "seconds a run", "published")
    lines = [f"| {' | '.join(columns)} |", "|---" * len(columns) + "|"]
    for experiment in EXPERIMENTS:
        runs = results.get(experiment.name)
        if not runs:
            continue
        for metric in (experiment.metric, *experiment.further):
            lines.append(_line(experiment, experiment.name, "test", metric, runs.values()))
        for name, _ in experiment.rescored:
            lines.append(_line(experiment, f"{experiment.name}: {name}", name, experiment.metric, runs.values()))
    return "\n".join(lines)


def _line(experiment: Experiment, name: str, scored: str, metric: str, runs) -> str:
    """A row of the table: what `scored` found, beside the validation split."""
    scale = 100 if experiment.percent else 1
    values = [scale * run[scored][metric] for run in runs]
    held_out = [scale * run["validation"][metric] for run in runs if metric in run["validation"]]
    each = ", ".join(f"{value:.{experiment.digits}f}" for value in values)
    return (
        f"| {name} | {metric.replace('_', ' ')} | **{statistics.mean(values):.{experiment.digits}f}** ({each}) "
        f"| {f'{statistics.mean(held_out):.{experiment.digits}f}' if held_out else ''} "
        f"| {statistics.mean(run['train_seconds'] for run in runs):.0f} | {experiment.published} |"
    )


def _names() -> str:
    return ", ".join(BY_NAME)


if __name__ == "__main__":
    main()
