"""Says where the time of a training run goes, through the app's own code.

python -m benchmarks.profile APP CONFIG [KEY=VALUE …] [--steps 40] [--rounds 5]
"""

import importlib
import statistics
import sys
import tempfile
from pathlib import Path

import click

from benchmarks.profile.pieces import Pieces, Waited
from rnnkit import config, data
from rnnkit.app import App
from rnnkit.config.schema import Run
from rnnkit.errors import UserError
from rnnkit.training import runtime
from rnnkit.training.loop import Training, length
from rnnkit.training.runtime import Runtime
from rnnkit.training.step import TrainStep

BESIDE = ("input alone", "start of an epoch")


@click.command()
@click.argument("name", metavar="APP")
@click.argument("path", metavar="CONFIG")
@click.argument("overrides", nargs=-1, metavar="[KEY=VALUE]...")
@click.option("--steps", default=40, help="Steps of a turn: the first ones of epoch 0.")
@click.option("--rounds", default=5, help="Turns of each piece; medians are printed.")
def main(name: str, path: str, overrides: tuple[str, ...], steps: int, rounds: int) -> None:
    """Train APP with CONFIG for a few steps and print the milliseconds of a step by what takes them."""
    app = importlib.import_module(f"apps.{name}").APP
    try:
        run = config.load(path, (*overrides, "train.devices=null", "finetune=null"), task=app.name)
        with runtime.started(run.train, run.seed) as started, tempfile.TemporaryDirectory() as directory:
            measure(app, run, started, Path(directory), steps, rounds)
    except UserError as error:
        sys.exit(f"error: {error}")


def measure(app: App, run: Run, started: Runtime, directory: Path, steps: int, rounds: int) -> None:
    """Prints the table of a run; what the run writes goes to `directory`."""
    task_class = app.task_class()
    corpus = data.load(run, task_class.kind, roles=["train"])
    task = task_class.fit(run, corpus.splits["train"])
    all_batches = task.batches(corpus.splits["train"], training=True)
    count = min(steps, all_batches.steps_per_epoch)
    batches = Waited(all_batches, count)
    model = task.build()
    total, _ = length(run, all_batches.steps_per_epoch)
    step = TrainStep(task, model, run.train, started, total, shapes=all_batches.shapes)
    short = run.model_copy(update={"train": run.train.model_copy(update={"epochs": 1, "steps": None})})

    def loop() -> float:
        return Training(task, model, short, step, batches, None, directory, lambda line: None).train().seconds

    pieces = Pieces(step, batches, loop)
    turns = [pieces.turn() for _ in range(rounds)]
    click.echo(
        f"{started.description}; {count} of {all_batches.steps_per_epoch} steps of an epoch, {all_batches.shapes} "
        f"shapes, {100.0 * all_batches.padding_waste:.1f}% padding; first step {pieces.first:.1f} s, "
        f"first turn of everything {pieces.warming:.1f} s\n"
    )
    click.echo(table({name: statistics.median(turn[name] for turn in turns) for name in turns[0]}))


def table(found: dict[str, float]) -> str:
    """Milliseconds by name as Markdown; shares are of `all`, and what is done beside the steps has none."""
    rows = ["| | ms a step | % |", "|---|---|---|"]
    rows += [f"| {k} | {v:.2f} | {100.0 * v / found['all']:.0f} |" for k, v in found.items() if k not in BESIDE]
    beside = "; ".join(f"{name} {found[name]:.2f} ms" for name in BESIDE)
    return "\n".join([*rows, "", f"Beside the steps: {beside}."])


if __name__ == "__main__":
    main()
