"""Measures how fast the layers are beside Keras's own, PyTorch's and the matmuls alone; goes on where it was left.

python -m benchmarks.speed [--subset quick|standard|full] [--only LSTM,GRU] [--again] [--report]
"""

import os
import re
import sys
import time
from pathlib import Path

import click

from benchmarks.speed.cases import SUBSETS, cases_of

HERE = Path(__file__).parent
COMMITTED = HERE / "results.json"
TRIED = Path("runs") / "speed" / "results.json"
AT_ONCE = 40  # cases of one process: XLA frees nothing that it compiled, until the system refuses more memory maps


@click.command()
@click.option("--subset", type=click.Choice(list(SUBSETS)), default="standard", show_default=True, help="How much.")
@click.option("--only", default="", help="Parts of names, with commas: cases that have one of them.")
@click.option("--again", is_flag=True, help="Measure anew also what the results have already.")
@click.option("--report", "report_only", is_flag=True, help="Measure nothing: write the figures into README.md.")
@click.option("--torch-python", help="An interpreter that has torch. Default: this one, if it has.")
@click.option(
    "--results",
    type=click.Path(dir_okay=False, path_type=Path),
    help=f"File of results. Default: {COMMITTED.name} beside this program with full, otherwise {TRIED}.",
)
def main(subset, only, again, report_only, torch_python, results):
    """Time the layers beside their peers (see benchmarks/speed/README.md)."""
    from benchmarks.speed.results import Results

    committed = subset == "full" or report_only
    kept = Results(results or (COMMITTED if committed else TRIED))
    if not report_only:
        _measure_all(kept, subset, only, again, torch_python)
    _show(kept, HERE / "README.md" if report_only else None)


def _measure_all(kept, subset, only, again, torch_python):
    """Measures what is wanted and missing, case by case, and tells its progress."""
    import tensorflow as tf

    from benchmarks.speed.machine import device, versions
    from benchmarks.speed.torch_peer import torch_version

    began = time.monotonic()
    tf.get_logger().setLevel("ERROR")  # it takes many functions, each traced once, for one that is traced again
    machine, torch = device(), torch_version(torch_python)
    if torch_python and torch is None:
        raise click.UsageError(f"--torch-python: {torch_python} cannot import torch")
    limits, used = SUBSETS[subset], versions(torch)
    chosen = _chosen(cases_of(subset, bool(tf.config.list_physical_devices("GPU"))), only)
    missing = [case for case in chosen if again or not kept.has(case, machine, used, limits.effort)]
    click.echo(f"{machine}; {', '.join(f'{name} {version}' for name, version in used.items() if version)}")
    click.echo(
        f"{len(chosen)} cases, {len(chosen) - len(missing)} of them measured already; load {os.getloadavg()[0]:.2f}"
    )
    longest = 0.0
    for index, case in enumerate(missing):
        if limits.total is not None and time.monotonic() - began + longest > limits.total:
            click.echo(f"Time is up: {len(missing) - index} cases are left. The same command goes on with them.")
            break
        if index == AT_ONCE and limits.total is None and not again:
            sys.stdout.flush()
            os.execv(sys.executable, sys.orig_argv)  # the same command, which goes on where this one was
        started = time.monotonic()
        measured = _measured(case, limits, torch and (torch_python or sys.executable))
        kept.add(case, machine, used, limits.effort, measured)
        longest = max(longest, time.monotonic() - started)
        click.echo(f"[{index + 1}/{len(missing)}] {_line(case, measured)}  ({time.monotonic() - started:.0f} s)")


def _chosen(cases, only):
    words = [word.strip() for word in only.split(",") if word.strip()]
    chosen = [case for case in cases if not words or any(word in case.name for word in words)]
    if not chosen:
        raise click.UsageError(f"--only: no case has {only!r} in its name; names are like {cases[0].name!r}")
    return chosen


def _measured(case, limits, torch_python):
    """A case's measurement; what goes wrong with one is told and does not end the others."""
    import keras

    from benchmarks.speed.measuring import measure

    try:
        return measure(case, limits, torch_python)
    except Exception as error:
        return {"failed": f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"}
    finally:
        keras.backend.clear_session(free_memory=False)


def _line(case, measured):
    if "contenders" not in measured:
        return f"{case.name}: {measured.get('skipped') or measured['failed']}"
    values = (f"{name} {each['value'][1]:.4g}" for name, each in measured["contenders"].items())
    return f"{case.name}: {', '.join(values)} {measured['unit']}"


def _show(kept, readme):
    """Prints the tables and draws a plot for each machine; writes them into the README where one is given."""
    from benchmarks.speed.plot import draw
    from benchmarks.speed.report import report, write_into

    def plot_name(machine):
        return f"{kept.path.stem}-{re.sub(r'[^a-z0-9]+', '-', machine.lower()).strip('-')}.png"

    if not kept.rows:
        raise click.ClickException(f"{kept.path}: nothing was measured yet")
    for machine in dict.fromkeys(row["machine"] for row in kept.rows):
        path = kept.path.parent / plot_name(machine)
        if draw([row for row in kept.rows if row["machine"] == machine], machine, path):
            click.echo(f"Plot: {path}")
    text = report(kept.rows, plot_name)
    if readme is not None:
        write_into(readme, text)
        click.echo(f"Figures: {readme}")
    click.echo("\n" + text)


if __name__ == "__main__":
    main()
