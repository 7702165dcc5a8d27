"""Engines: how the steps of a cell run over time."""

from rnnkit.engines.fused import fused_scan
from rnnkit.engines.select import ENGINES, choose_engine, why_not_fused

__all__ = ["ENGINES", "choose_engine", "fused_scan", "why_not_fused"]
