"""How steps run over time."""

from rnnkit.engines.cudnn import cudnn_scan
from rnnkit.engines.fused import fused_scan
from rnnkit.engines.graphs import few_shapes, portable
from rnnkit.engines.linear import linear_scan
from rnnkit.engines.select import ENGINES, Call, choose_engine, compilation_pays, compiled_steps_pay, why_not
from rnnkit.engines.steps import run_steps

__all__ = [
    "ENGINES",
    "Call",
    "choose_engine",
    "compilation_pays",
    "compiled_steps_pay",
    "cudnn_scan",
    "few_shapes",
    "fused_scan",
    "linear_scan",
    "portable",
    "run_steps",
    "why_not",
]
