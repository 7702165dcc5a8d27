"""PyTorch as a contender: a process of another interpreter that does its turns when it is asked to."""

import contextlib
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

SCRIPT = Path(__file__).parent / "peers" / "torch_times.py"
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


class TorchPeer:
    """PyTorch's layer on the work of a case, timed by its own clock; a context that ends the process.

    Args:
        python: Path of an interpreter that has torch.
        case: `Case` whose cell is one of `CELLS`, unmasked.
        inputs: Array (batch, time, features).
        weights: Arrays in the order of Keras's `get_weights`.
    """

    name = "PyTorch"

    def __init__(self, python, case, inputs, weights):
        self.case = case
        self.arrays = (inputs, *weights)
        self.note = None
        self.process = subprocess.Popen([python, str(SCRIPT)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def prepare(self):
        """Makes the layer and runs it once; returns its results as arrays."""
        with tempfile.TemporaryDirectory() as directory:
            weights, results = Path(directory, "weights.npz"), Path(directory, "results.npz")
            np.savez(weights, *self.arrays)
            case = self.case
            self.note = self._ask(
                do="prepare",
                cell=case.cell,
                shape=case.shape,
                work=case.work,
                bidirectional=case.bidirectional,
                threads=len(os.sched_getaffinity(0)),
                weights=str(weights),
                results=str(results),
            )["note"]
            with np.load(results) as arrays:
                return [arrays[name] for name in arrays.files]

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
            raise PeerError(f"PyTorch's process ended with code {self.process.wait()}; its message stands above")
        return json.loads(line)
