"""Peak memory of a training step, each contender in a process of its own: `python -m benchmarks.speed.memory`."""

import ctypes
import gc
import json
import re
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import keras
import tensorflow as tf

from benchmarks.speed.cases import Case, Shape
from benchmarks.speed.cells import CELLS, RECOMPUTE
from benchmarks.speed.contenders import Workload
from benchmarks.speed.rows import Skipped, row
from rnnkit import layers

CONTENDERS = ("ours", "ours, recomputing", "Keras graph", "Keras XLA")
LONGEST = 900  # seconds for one process


def measure(case, subset, torch_python):
    """Peak memory of one training step in MiB, above what the process had before its first one."""
    if tf.config.list_physical_devices("GPU"):
        raise Skipped("peak memory is compared on CPUs")
    if not Path("/proc/self/clear_refs").exists():
        raise Skipped("peak memory is read from /proc, which this system has not")
    values, left_out = {}, {}
    for name in CONTENDERS:
        answer = _in_a_process(case, name)
        if "peak" in answer:
            values[name] = answer["peak"]
        else:
            left_out[name] = answer["why"]
    if CONTENDERS[0] not in values:
        raise Skipped(left_out[CONTENDERS[0]])
    base = values[CONTENDERS[0]]
    results = {name: {"value": [peak] * 3, "ratio": [round(peak / base, 3)] * 3} for name, peak in values.items()}
    return row(CONTENDERS[0], "MiB", 1, results, left_out)


def _in_a_process(case, name):
    """`{"peak": MiB}`, or `{"why": reason}`."""
    command = [sys.executable, "-m", "benchmarks.speed.memory", name, json.dumps(asdict(case))]
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False, timeout=LONGEST)
    except subprocess.TimeoutExpired:
        return {"why": f"did not end in {LONGEST} s"}
    return json.loads(done.stdout) if done.returncode == 0 else {"why": f"ended with code {done.returncode}"}


def peak_of_a_step(case, name):
    """Measures one contender in this process."""
    pair, units = CELLS[case.cell], case.shape.units
    if name.startswith("Keras"):
        layer = pair.keras(units)
    else:
        try:
            layer = pair.ours(units, **(RECOMPUTE if name == "ours, recomputing" else {}))
        except (TypeError, ValueError) as error:
            return {"why": f"this version's layer says: {error}"}
    keras.utils.set_random_seed(1)
    _start_the_runtime(case)
    step = Workload(case).step(layer, jit=name.endswith("XLA"))
    _tidy()
    before = _memory("VmRSS")
    step()  # compiles
    _tidy()
    Path("/proc/self/clear_refs").write_text("5")  # the highest mark starts anew
    step()
    return {"peak": round(_memory("VmHWM") - before, 1)}


def _start_the_runtime(case):
    """Runs a small step, so that what TensorFlow takes once for all does not count."""
    small = Case("memory", case.cell, Shape(2, 3, 4, 5))
    for jit in (False, True):
        Workload(small).step(layers.LSTM(5), jit=jit)()


def _tidy():
    """Gives back to the system what is free in this process."""
    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # glibc has it
    if trim is not None:
        trim(0)


def _memory(what):
    """MiB that the kernel counts for this process."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return int(re.search(rf"^{what}:\s+(\d+) kB", status, flags=re.MULTILINE)[1]) / 1024


def main(name, text):
    """Prints the answer for a contender's name and a case as JSON."""
    fields = json.loads(text)
    print(json.dumps(peak_of_a_step(Case(**{**fields, "shape": Shape(*fields["shape"])}), name)))


if __name__ == "__main__":
    main(*sys.argv[1:])
