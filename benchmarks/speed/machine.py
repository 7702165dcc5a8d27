"""Where and with what a measurement was made."""

import functools
import hashlib
import importlib.metadata
import os
import platform
import re
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

import rnnkit

PARTS = ("cells", "engines", "layers")


def device():
    """The machine in words: the GPU if there is one, the processor, the number of cores."""
    processor = _cpu_info("model name") or platform.machine()
    avx = "AVX512-BF16" if "avx512_bf16" in processor_flags() else "AVX-512" if "avx512f" in processor_flags() else ""
    words = [f"{len(os.sched_getaffinity(0))} cores of {processor}", avx, f"{_memory():.0f} GiB"]
    gpus = [tf.config.experimental.get_device_details(gpu) for gpu in tf.config.list_physical_devices("GPU")]
    return ", ".join([*(gpu.get("device_name", "GPU") for gpu in gpus), *(word for word in words if word)])


def versions(torch=None, parts=PARTS):
    """Versions of all that takes part; rnnkit's has a digest of the packages that are measured.

    Args:
        torch: String or `None`, the version of torch that the other interpreter has.
        parts: Names of rnnkit's packages whose code decides the results.
    """
    named = {"tensorflow": tf.__version__, "keras": keras.__version__, "numpy": np.__version__}
    return {
        "rnnkit": f"{rnnkit.__version__}+{_digest(parts)}",
        "python": platform.python_version(),
        **named,
        "torch": torch,
    }


def version_of(package):
    """Version of an installed package, or `None`."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


@functools.cache
def processor_flags():
    """Names of the processor's extensions, empty where they are not known."""
    return frozenset(_cpu_info("flags").split())


def _cpu_info(key):
    path = Path("/proc/cpuinfo")
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    found = re.search(rf"^{key}\s*: (.*)$", text, flags=re.MULTILINE)
    return found[1].strip() if found else ""


def _memory():
    """GiB of memory."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30


@functools.cache
def _digest(parts):
    digest = hashlib.sha256()
    root = Path(rnnkit.__file__).parent
    for path in sorted(path for part in parts for path in (root / part).rglob("*.py")):
        digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:8]
