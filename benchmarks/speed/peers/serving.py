"""Times PyTorch, asked line by line: for modules that an interpreter runs which has torch and NumPy.

Reads requests as JSON, one a line, on standard input and answers each with one line of JSON. `{"do": "prepare", ...}`
makes the work with the arrays in an `.npz` file, does it once and writes its results to another;
`{"do": "time", "repeats": n}` answers with the mean seconds of a run.
"""

import json
import statistics
import sys
import time

import numpy as np
import torch

SETTLE = 0.005  # seconds after which the threads of a finished run no longer wait actively


def serve(ways_of, shown):
    """Answers requests until the input ends.

    Args:
        ways_of: Function `(request, arrays)`, arrays as tensors by name, that returns ways to do the work by name:
            functions without arguments that return lists of tensors. The fastest is taken.
        shown: How many of the results are written.
    """
    step = None
    for line in sys.stdin:
        request = json.loads(line)
        if request["do"] == "prepare":
            with np.load(request["arrays"]) as arrays:
                ways = ways_of(request, {name: torch.from_numpy(arrays[name]) for name in arrays.files})
            note, step = _fastest(ways, request["threads"])
            np.savez(request["results"], *(result.detach().numpy() for result in step()[:shown]))
            answer = {"note": note}
        else:
            answer = {"seconds": _seconds(step, request["repeats"])}
            time.sleep(SETTLE)
        print(json.dumps(answer), flush=True)


def _fastest(ways, most):
    """The fastest way, with one thread or as many as there are cores, and what it is in words."""
    times = {}
    for threads in {1, most}:
        torch.set_num_threads(threads)
        for name, step in ways.items():
            step()
            times[threads, name] = statistics.median(_seconds(step, 1) for _ in range(5))
    threads, name = min(times, key=times.get)
    torch.set_num_threads(threads)
    return f"{name}, {threads} thread(s)" if name else f"{threads} thread(s)", ways[name]


def _seconds(step, repeats):
    started = time.perf_counter()
    for _ in range(repeats):
        step()
    return (time.perf_counter() - started) / repeats
