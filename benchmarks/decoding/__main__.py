"""Measures how fast texts are decoded beside KerasHub and PyTorch; goes on where it was left.

python -m benchmarks.decoding [--subset quick|full] [--only beam,16x] [--again] [--report]
"""

from pathlib import Path

import click

from benchmarks.decoding.cases import SUBSETS, cases_of

HERE = Path(__file__).parent
COMMITTED = HERE / "results.json"
TRIED = Path("runs") / "decoding" / "results.json"
AT_ONCE = 20  # cases of one process: see `benchmarks.speed.__main__`
PARTS = ("decoding",)


@click.command()
@click.option("--subset", type=click.Choice(list(SUBSETS)), default="quick", show_default=True, help="How much.")
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
    """Time decoding beside its peers (see benchmarks/decoding/README.md)."""
    from benchmarks.decoding.report import report
    from benchmarks.speed.report import write_into
    from benchmarks.speed.results import Results

    kept = Results(results or (COMMITTED if subset == "full" or report_only else TRIED))
    if not report_only:
        _measure_all(kept, subset, only, again, torch_python)
    if not kept.rows:
        raise click.ClickException(f"{kept.path}: nothing was measured yet")
    text = report(kept.rows)
    if report_only:
        write_into(HERE / "README.md", text)
        click.echo(f"Figures: {HERE / 'README.md'}")
    click.echo("\n" + text)


def _measure_all(kept, subset, only, again, torch_python):
    from benchmarks.decoding import measuring
    from benchmarks.speed.driver import Driver, chosen_of, torch_of
    from benchmarks.speed.machine import version_of, versions

    python, torch = torch_of(torch_python)
    limits, used = SUBSETS[subset], versions(torch, PARTS) | {"keras-hub": version_of("keras-hub")}
    driver = Driver(kept, used, limits.effort, limits.total, AT_ONCE)
    driver.run(chosen_of(cases_of(subset), only), lambda case: measuring.measure(case, limits, python), again)


if __name__ == "__main__":
    main()
