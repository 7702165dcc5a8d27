"""The command line that every app has: one grammar, one set of verbs. Imports TensorFlow only when a verb needs it."""

import contextlib
import json
import math
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import click

from rnnkit import config
from rnnkit.app import App
from rnnkit.config.schema import LONGEST_TEXT
from rnnkit.errors import UserError


def main(app: App) -> None:
    """Runs an app's command line; a user's mistake is a message and exit code 2."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # a terminal that cannot show a character is no reason to fail
    sys.exit(run(app, sys.argv[1:]))


def run(app: App, arguments: list[str]) -> int:
    """Runs one command of an app.

    Args:
        app: whose command line.
        arguments: the words after `python -m apps.<name>`.

    Returns:
        The exit code: 0, 2 for a user's mistake, 1 for training that failed, 130 when interrupted.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    try:
        code = _group(app).main(arguments, f"python -m apps.{app.name}", standalone_mode=False, obj=app)
        return code or 0
    except SystemExit:  # click's answer to a reader of our output that went away, as `head` does
        return 1
    except click.ClickException as error:
        error.show()
        return 2
    except UserError as error:
        lines = str(error).splitlines()
        click.echo("\n  ".join(["errors:", *lines]) if len(lines) > 1 else f"error: {error}", err=True)
        return error.exit_code
    except (KeyboardInterrupt, click.Abort):
        click.echo("interrupted", err=True)
        return 130
    except OSError as error:
        if error.errno is None:
            raise
        where = f"{error.filename}: " if error.filename else ""
        click.echo(f"error: {where}{error.strerror or error}", err=True)
        return 2


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """What TensorFlow's libraries say while they are imported inside is shown only if that fails."""
    sys.stderr.flush()
    terminal = os.dup(2)
    with tempfile.TemporaryFile() as said:
        os.dup2(said.fileno(), 2)
        try:
            yield
        except BaseException:
            said.seek(0)
            os.write(terminal, said.read())
            raise
        finally:
            os.dup2(terminal, 2)
            os.close(terminal)


class _Finite(click.FloatRange):
    """A range that infinity and what is no number are never in."""

    def convert(self, value, param, ctx):
        number = super().convert(value, param, ctx)
        if not math.isfinite(number):
            self.fail(f"{value} is no finite number.", param, ctx)
        return number


_DRAWING = (
    click.option("--temperature", type=_Finite(0, min_open=True), help="Below 1 keeps to what is likely."),
    click.option("--top-k", type=click.IntRange(1), help="Draw among this many most probable tokens."),
    click.option("--top-p", type=_Finite(0, 1, min_open=True), help="Draw among the likeliest of this share."),
    click.option("--seed", type=click.IntRange(0, 2**31 - 1), help="Another one gives another text."),
)


def drawing(command: Callable) -> Callable:
    """Gives a command the options of drawing: temperature, top_k, top_p and seed, None where they are not asked for."""
    for option in reversed(_DRAWING):
        command = option(command)
    return command


def pictures_in(directory: str) -> Callable:
    """The option `--directory`, a Path, of a command that draws pictures; its default."""
    kind = click.Path(file_okay=False, path_type=Path)
    help = "Where the pictures go."
    return click.option("--directory", default=directory, show_default=True, metavar="DIR", type=kind, help=help)


OVERRIDES = click.argument("overrides", nargs=-1, metavar="[KEY=VALUE]...")
TOKENS = click.option("--tokens", type=click.IntRange(1, LONGEST_TEXT), help="How many are written at most.")
MODEL = click.option(
    "--model", "model", required=True, metavar="PATH", help="A run directory or an exported SavedModel."
)
CONFIG_OPTION = click.option("--config", "path", metavar="FILE", help="Configuration over the model's own.")
SETTINGS = click.option(
    "--set", "overrides", multiple=True, metavar="KEY=VALUE", help="Change a key of the configuration."
)
INPUT = click.option(
    "--input",
    "source",
    metavar="FILE|-",
    help="A text, class or picture's path on each line; FILE.jsonl: rows with it as text, tokens, class or image.",
)
FORMAT = click.option(
    "--format", "form", type=click.Choice(["text", "jsonl"]), default="text", help="How answers are printed."
)


@click.command()
@click.argument("path", required=False, metavar="[CONFIG]")
@OVERRIDES
@click.option("--resume", "interrupted", metavar="RUN", help="Go on with a run directory that was interrupted.")
@click.pass_obj
def train(app, path, overrides, interrupted):
    """Train a model as CONFIG says; key=value changes single keys of it."""
    if interrupted is not None and path is not None and "=" in path:
        path, overrides = None, (path, *overrides)
    if (path is None) == (interrupted is None):
        raise click.UsageError("give either a CONFIG or --resume RUN")
    with quiet():
        from rnnkit.verbs import resume, train
    if interrupted is not None:
        resume.resume(app, interrupted, overrides)
    else:
        train.train(app, path, overrides)


@click.command()
@click.argument("path", metavar="CONFIG")
@OVERRIDES
@click.pass_obj
def finetune(app, path, overrides):
    """Go on training the model that finetune.from names, with other data."""
    with quiet():
        from rnnkit.verbs import finetune
    finetune.finetune(app, path, overrides)


@click.command()
@MODEL
@CONFIG_OPTION
@OVERRIDES
@click.pass_obj
def evaluate(app, model, path, overrides):
    """Score a model on a split of its data, or of the data that key=value names."""
    with quiet():
        from rnnkit.verbs import evaluate
    evaluate.evaluate(app, model, path, overrides)


@click.command()
@MODEL
@CONFIG_OPTION
@OVERRIDES
@click.pass_obj
def export(app, model, path, overrides):
    """Write the next version of a SavedModel that takes what predict takes."""
    with quiet():
        from rnnkit.verbs import export
    export.export(app, model, path, overrides)


@click.command()
@MODEL
@click.argument("texts", nargs=-1, metavar="[TEXT]...")
@INPUT
@FORMAT
@CONFIG_OPTION
@SETTINGS
@click.pass_obj
def predict(app, model, texts, source, form, path, overrides):
    """Ask a model about texts; about pictures, by their files or folders of them."""
    with quiet():
        from rnnkit.verbs import predict
    return predict.predict(app, model, texts, source, form, path, overrides)


@click.command()
@click.argument("path", metavar="FILE")
@OVERRIDES
@click.pass_obj
def check(app, path, overrides):
    """Say every error of a configuration file, or that there is none."""
    config.load(path, overrides, task=app.name)
    click.echo(f"{path}: valid")


@click.command()
@click.argument("path", metavar="FILE")
@OVERRIDES
@click.pass_obj
def show(app, path, overrides):
    """Print a configuration with everything it extends and every default filled in."""
    click.echo(config.dump(config.load(path, overrides, task=app.name, needs_files=False)), nl=False)


@click.command()
@click.pass_obj
def schema(app):
    """Print the JSON Schema of this app's configuration files, for editors."""
    click.echo(json.dumps(config.json_schema(app.name), indent=2))


def _group(app: App) -> click.Group:
    """All commands, as those of an app."""
    files = click.Group("config", [check, show, schema], help="Check, show and describe configuration files.")
    return click.Group(
        app.name,
        [train, finetune, evaluate, export, predict, *app.verbs, files],
        help=f"{app.summary}\n\n{app.shape}",
        context_settings={"help_option_names": ["-h", "--help"]},
    )
