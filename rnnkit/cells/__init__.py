"""Cells: one time step of a recurrent network, one family per file."""

from rnnkit.cells.base import FusedCell
from rnnkit.cells.gru import GRUCell
from rnnkit.cells.leaky import LeakyRNNCell
from rnnkit.cells.lstm import LSTMCell
from rnnkit.cells.simple import SimpleRNNCell

__all__ = ["FusedCell", "GRUCell", "LSTMCell", "LeakyRNNCell", "SimpleRNNCell"]
