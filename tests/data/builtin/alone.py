"""Runs the built-in corpora in a fresh process without the rest of rnnkit.data, which imports TensorFlow."""

import os
import subprocess
import sys
from pathlib import Path

import rnnkit

ROOT = Path(rnnkit.__file__).parents[1]

_PRELUDE = """
import sys, types
package = types.ModuleType("rnnkit.data")
package.__path__ = ["rnnkit/data"]
sys.modules["rnnkit.data"] = package
"""


def run_alone(program: str, **environment: str) -> str:
    """What a Python program prints."""
    done = subprocess.run(
        [sys.executable, "-c", _PRELUDE + program],
        cwd=ROOT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()
