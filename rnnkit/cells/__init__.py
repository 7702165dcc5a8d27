"""Cells: one time step of a recurrent network, one family per file."""

from rnnkit.cells.activations import activate_blocks
from rnnkit.cells.base import FusedCell
from rnnkit.cells.gru import GRUCell
from rnnkit.cells.leaky import LeakyRNNCell
from rnnkit.cells.linear import LinearCell
from rnnkit.cells.linear_leaky import LinearLeakyCell
from rnnkit.cells.lstm import LSTMCell
from rnnkit.cells.min_gru import MinGRUCell
from rnnkit.cells.min_lstm import MinLSTMCell
from rnnkit.cells.simple import SimpleRNNCell

__all__ = [
    "FusedCell",
    "GRUCell",
    "LSTMCell",
    "LeakyRNNCell",
    "LinearCell",
    "LinearLeakyCell",
    "MinGRUCell",
    "MinLSTMCell",
    "SimpleRNNCell",
    "activate_blocks",
]
