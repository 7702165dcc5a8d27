"""The command line that every app has: one grammar, one set of verbs. Imports TensorFlow only when a verb needs it."""

import importlib
import json
import os
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass

import click

from rnnkit import config
from rnnkit.errors import UserError


@dataclass(frozen=True)
class App:
    """What is special about one app.

    Attributes:
        name: as in `python -m apps.<name>` and in `task:` of a configuration.
        summary: one line.
        shape: what goes in and comes out, in the textbooks' words.
        task: `module:Class` of its task, imported when a verb needs it.
        records: turns the served function's answer for a batch of inputs into one dict for each input.
        show: one such dict as text for a terminal.
    """

    name: str
    summary: str
    shape: str
    task: str
    records: Callable[[list, dict], list[dict]]
    show: Callable[[dict], str]

    def task_class(self) -> type:
        """The task's class; imports TensorFlow."""
        module, name = self.task.split(":")
        return getattr(importlib.import_module(module), name)


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
        code = _commands(app).main(arguments, prog_name=f"python -m apps.{app.name}", standalone_mode=False)
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


OVERRIDES = click.argument("overrides", nargs=-1, metavar="[KEY=VALUE]...")
MODEL = click.option(
    "--model", "model", required=True, metavar="PATH", help="A run directory or an exported SavedModel."
)
CONFIG_OPTION = click.option("--config", "path", metavar="FILE", help="Configuration over the model's own.")


def _commands(app: App) -> click.Group:
    """The verbs of an app."""
    group = click.Group(
        app.name, help=f"{app.summary}\n\n{app.shape}", context_settings={"help_option_names": ["-h", "--help"]}
    )

    @group.command()
    @click.argument("path", required=False, metavar="[CONFIG]")
    @OVERRIDES
    @click.option("--resume", metavar="RUN", help="Go on with a run directory that was interrupted.")
    def train(path, overrides, resume):
        """Train a model as CONFIG says; key=value changes single keys of it."""
        if resume is not None and path is not None and "=" in path:
            path, overrides = None, (path, *overrides)
        if (path is None) == (resume is None):
            raise click.UsageError("give either a CONFIG or --resume RUN")
        if resume is not None:
            _verb("resume").resume(app, resume, overrides)
        else:
            _verb("train").train(app, path, overrides)

    @group.command()
    @click.argument("path", metavar="CONFIG")
    @OVERRIDES
    def finetune(path, overrides):
        """Go on training the model that finetune.from names, with other data."""
        _verb("finetune").finetune(app, path, overrides)

    @group.command()
    @MODEL
    @CONFIG_OPTION
    @OVERRIDES
    def evaluate(model, path, overrides):
        """Score a model on a split of its data, or of the data that key=value names."""
        _verb("evaluate").evaluate(app, model, path, overrides)

    @group.command()
    @MODEL
    @CONFIG_OPTION
    @OVERRIDES
    def export(model, path, overrides):
        """Write the next version of a SavedModel that takes text and gives labels."""
        _verb("export").export(app, model, path, overrides)

    @group.command()
    @MODEL
    @click.argument("texts", nargs=-1, metavar="[TEXT]...")
    @click.option(
        "--input", "source", metavar="FILE|-", help="A text on each line; FILE.jsonl: rows with text (or tokens)."
    )
    @click.option(
        "--format", "form", type=click.Choice(["text", "jsonl"]), default="text", help="How answers are printed."
    )
    @CONFIG_OPTION
    @click.option("--set", "overrides", multiple=True, metavar="KEY=VALUE", help="Change a key of the configuration.")
    def predict(model, texts, source, form, path, overrides):
        """Label texts with a model."""
        return _verb("predict").predict(app, model, texts, source, form, path, overrides)

    group.add_command(_config_commands(app))
    return group


def _config_commands(app: App) -> click.Group:
    group = click.Group("config", help="Check, show and describe configuration files.")

    @group.command()
    @click.argument("path", metavar="FILE")
    @OVERRIDES
    def check(path, overrides):
        """Say every error of a configuration file, or that there is none."""
        config.load(path, overrides, task=app.name)
        click.echo(f"{path}: valid")

    @group.command()
    @click.argument("path", metavar="FILE")
    @OVERRIDES
    def show(path, overrides):
        """Print a configuration with everything it extends and every default filled in."""
        click.echo(config.dump(config.load(path, overrides, task=app.name, needs_files=False)), nl=False)

    @group.command()
    def schema():
        """Print the JSON Schema of this app's configuration files, for editors."""
        click.echo(json.dumps(config.json_schema(app.name), indent=2))

    return group


def _verb(name: str):
    """The module of a verb. What TensorFlow's libraries say while they load is shown only if that fails."""
    sys.stderr.flush()
    terminal = os.dup(2)
    with tempfile.TemporaryFile() as said:
        os.dup2(said.fileno(), 2)
        try:
            return importlib.import_module(f"rnnkit.verbs.{name}")
        except BaseException:
            said.seek(0)
            os.write(terminal, said.read())
            raise
        finally:
            os.dup2(terminal, 2)
            os.close(terminal)
