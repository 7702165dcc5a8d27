"""Generation: a class in, texts of it out (one-to-many), checked by a classifier that reads them."""

import click

from apps.sentiment import APP as CLASSIFIER
from rnnkit.app import App, candidate_lines, written
from rnnkit.command_line import CONFIG_OPTION, FORMAT, MODEL, SETTINGS, drawing, main, quiet


def records(inputs: list[dict], answer: dict) -> list[dict]:
    """One record for each class: a text of it with its score, and all candidates with theirs."""
    return [_record(row, {name: value[i] for name, value in answer.items()}) for i, row in enumerate(inputs)]


def _record(row: dict, answer: dict) -> dict:
    found = written("text", answer)
    return {"class": row["text"], **found, "finished": bool(answer["finished"])}


def show(record: dict) -> str:
    """A record as its text, or as its class and a line with its score for each of several candidates."""
    return "\n".join(candidate_lines("text", record, record["class"]) or [record["text"]])


@click.command()
@MODEL
@click.argument("names", nargs=-1, metavar="[CLASS]...")
@click.option("--count", type=click.IntRange(1, 10_000), default=10, show_default=True, help="Texts of each class.")
@drawing
@FORMAT
@CONFIG_OPTION
@SETTINGS
@click.pass_obj
def generate(app, model, names, count, form, path, overrides, **asked):
    """Draw texts of a class, or of several, or of every one where none is named."""
    with quiet():
        from rnnkit.verbs import generating
    generating.generate(app, model, names, count, asked, form, path, overrides)


@click.command()
@MODEL
@click.option(
    "--classifier",
    required=True,
    metavar="PATH",
    help="A run directory or an exported SavedModel of the sentiment app, trained on the same classes.",
)
@click.option("--count", type=click.IntRange(1, 10_000), default=100, show_default=True, help="Texts of each class.")
@drawing
@FORMAT
@CONFIG_OPTION
@SETTINGS
@click.pass_obj
def check(app, model, classifier, count, form, path, overrides, **asked):
    """Have a classifier read texts drawn of every class, beside real ones that were held out."""
    with quiet():
        from rnnkit.verbs import check
    check.check(app, CLASSIFIER, model, classifier, count, asked, form, path, overrides)


APP = App(
    name="generation",
    summary="Writes texts of a class: names by language, headlines by topic.",
    shape="one-to-many: class in, text out",
    task="rnnkit.tasks.generation:TextGeneration",
    records=records,
    show=show,
    verbs=(generate, check),
    keys=("class", "text"),
    example="CLASS",
)

if __name__ == "__main__":
    main(APP)
