"""PyTorch as a contender: a process of another interpreter that does its turns when it is asked to."""

import contextlib
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[2]
CELLS = ("SimpleRNN", "GRU", "LSTM")


class PeerError(Exception):
    """PyTorch's process gave no answer."""


def torch_version(python=None):
    """Version of the torch that an interpreter can import, or `None`.

    Args:
        python: Path of the interpreter; `None` is this one.
    """
    command = [python or sys.executable, "-c", "import torch; print(torch.__version__)"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError:
        return None
    return done.stdout.strip() if done.returncode == 0 else None


class Peer:
    """Work in a process of another interpreter, timed by its own clock; a context that ends the process.

    Args:
        python: Path of the interpreter.
        module: Name of the module of this repository that it runs, which serves as `peers.serving` says.
        name: Its column.
        request: Dictionary that tells the module the work.
        arrays: Dictionary of arrays that the work needs, by name.
    """

    def __init__(self, python, module, name, request, arrays):
        self.name, self.request, self.arrays = name, request, arrays
        self.note = None
        command = [python, "-m", module]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT)

    def prepare(self):
        """Makes the work and does it once; returns its results as arrays."""
        with tempfile.TemporaryDirectory() as directory:
            arrays, results = Path(directory, "arrays.npz"), Path(directory, "results.npz")
            np.savez(arrays, **self.arrays)
            threads = len(os.sched_getaffinity(0))
            paths = {"arrays": str(arrays), "results": str(results)}
            self.note = self._ask(do="prepare", threads=threads, **paths, **self.request)["note"]
            with np.load(results) as found:
                return [found[name] for name in found.files]

    def seconds(self, repeats):
        """Mean seconds of a run."""
        return self._ask(do="time", repeats=repeats)["seconds"]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()

    def _ask(self, **request):
        with contextlib.suppress(BrokenPipeError):  # the missing answer tells
            self.process.stdin.write(json.dumps(request) + "\n")
            self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise PeerError(f"{self.name}'s process ended with code {self.process.wait()}; its message stands above")
        return json.loads(line)


class TorchPeer(Peer):
    """PyTorch's layer on the work of a case.

    Args:
        python: Path of an interpreter that has torch.
        case: `Case` whose cell is one of `CELLS`, unmasked.
        inputs: Array (batch, time, features).
        weights: Arrays in the order of Keras's `get_weights`.
    """

    def __init__(self, python, case, inputs, weights):
        request = {"cell": case.cell, "shape": case.shape, "work": case.work, "bidirectional": case.bidirectional}
        arrays = {"inputs": inputs, **{f"weight_{place}": weight for place, weight in enumerate(weights)}}
        super().__init__(python, "benchmarks.speed.peers.torch_times", "PyTorch", request, arrays)
