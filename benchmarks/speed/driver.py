"""Measures cases one after the other, writes each result at once, and goes on where it was left."""

import os
import sys
import time

import click
import keras
import tensorflow as tf

from benchmarks.speed.machine import device
from benchmarks.speed.torch_peer import torch_version


class Driver:
    """Measures what is missing in results.

    Args:
        kept: `Results`.
        used: Versions of all that takes part.
        effort: A measurement of at least this effort need not be repeated.
        total: Seconds after which no case is begun that could last beyond them; `None` for no limit.
        at_once: Cases of one process, where there is no limit.
    """

    def __init__(self, kept, used, effort, total, at_once):
        self.kept, self.used, self.effort = kept, used, effort
        self.total, self.at_once = total, at_once

    def run(self, cases, measure, again):
        """Measures the cases by `measure(case)` and tells its progress; `again`: also what the results have already."""
        began = time.monotonic()
        tf.get_logger().setLevel("ERROR")  # it takes many functions, each traced once, for one that is traced again
        machine = device()
        missing = [case for case in cases if again or not self.kept.has(case, machine, self.used, self.effort)]
        done, versions = len(cases) - len(missing), (f"{name} {each}" for name, each in self.used.items() if each)
        click.echo(f"{machine}; {', '.join(versions)}")
        click.echo(f"{len(cases)} cases, {done} of them measured already; load {os.getloadavg()[0]:.2f}")
        longest = 0.0
        for index, case in enumerate(missing):
            if self.total is not None and time.monotonic() - began + longest > self.total:
                click.echo(f"Time is up: {len(missing) - index} cases are left. The same command goes on with them.")
                break
            if index == self.at_once and self.total is None and not again:
                sys.stdout.flush()
                os.execv(sys.executable, sys.orig_argv)  # the same command, which goes on where this one was
            started = time.monotonic()
            measured = _measured(case, measure)
            self.kept.add(case, machine, self.used, self.effort, measured)
            longest = max(longest, time.monotonic() - started)
            click.echo(f"[{index + 1}/{len(missing)}] {_line(case, measured)}  ({time.monotonic() - started:.0f} s)")


def torch_of(python):
    """The interpreter that has torch and its version there, `None` for both where there is none.

    Args:
        python: Path of the interpreter that the user named, or `None` for this one.

    Raises:
        click.UsageError: the one that the user named has none.
    """
    version = torch_version(python)
    if python and version is None:
        raise click.UsageError(f"--torch-python: {python} cannot import torch")
    return (python or sys.executable, version) if version else (None, None)


def chosen_of(cases, only):
    """The cases that have one of the words of `only`, separated by commas, in their names; without words all.

    Raises:
        click.UsageError: there is none.
    """
    words = [word.strip() for word in only.split(",") if word.strip()]
    chosen = [case for case in cases if not words or any(word in case.name for word in words)]
    if not chosen:
        raise click.UsageError(f"--only: no case has {only!r} in its name; names are like {cases[0].name!r}")
    return chosen


def _measured(case, measure):
    """A case's measurement; what goes wrong with one is told and does not end the others."""
    try:
        return measure(case)
    except Exception as error:
        return {"failed": f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"}
    finally:
        keras.backend.clear_session(free_memory=False)


def _line(case, measured):
    if "contenders" not in measured:
        return f"{case.name}: {measured.get('skipped') or measured['failed']}"
    values = (f"{name} {each['value'][1]:.4g}" for name, each in measured["contenders"].items())
    return f"{case.name}: {', '.join(values)} {measured['unit']}"
