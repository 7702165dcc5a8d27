"""Measures how fast the layers are beside Keras's own, PyTorch's and the matmuls alone; goes on where it was left.

python -m benchmarks.speed [--subset quick|standard|full] [--only LSTM,GRU] [--again] [--report]
"""

import re
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

    from benchmarks.speed.driver import Driver, chosen_of, torch_of
    from benchmarks.speed.machine import versions
    from benchmarks.speed.measuring import measure

    python, torch = torch_of(torch_python)
    limits, used = SUBSETS[subset], versions(torch)
    cases = chosen_of(cases_of(subset, bool(tf.config.list_physical_devices("GPU"))), only)
    driver = Driver(kept, used, limits.effort, limits.total, AT_ONCE)
    driver.run(cases, lambda case: measure(case, limits, python), again)


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
