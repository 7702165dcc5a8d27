"""Writes configuration files and reads the mistakes told about them."""

import pytest

from rnnkit import config
from rnnkit.errors import ConfigError

REVIEWS = """\
task: sentiment
data:
  source: builtin
  name: reviews
"""


def write(directory, text, name="run.yaml"):
    """Writes `text` and returns the path as text."""
    path = directory / name
    path.write_text(text, encoding="utf-8")
    return str(path)


def mistakes(path, overrides=(), **options):
    """The lines told about a file, each without the file's directory."""
    with pytest.raises(ConfigError) as raised:
        config.load(path, overrides, **options)
    return told(raised, path)


def told(raised, path):
    """The lines of a raised error, each without the directory of `path`."""
    return str(raised.value).replace(path.rpartition("/")[0] + "/", "").split("\n")
