"""From a YAML file to a validated, frozen description of a run, without TensorFlow.

The schema (`rnnkit.config.schema`) is the only home of options and their defaults.
"""

from rnnkit.config.loading import finetune_source, from_artifact, load, load_on, load_with
from rnnkit.config.output import dump, json_schema
from rnnkit.config.paths import expand, split_paths
from rnnkit.config.schema import RUNS, Run

__all__ = [
    "RUNS",
    "Run",
    "dump",
    "expand",
    "finetune_source",
    "from_artifact",
    "json_schema",
    "load",
    "load_on",
    "load_with",
    "split_paths",
]
