"""Keras layers made of cells and engines, and the cells themselves."""

from rnnkit.cells import FusedCell, GRUCell, LeakyRNNCell, LSTMCell, SimpleRNNCell
from rnnkit.layers.bidirectional import Bidirectional
from rnnkit.layers.characters import CharacterEncoder
from rnnkit.layers.crf import CRF, TagChain
from rnnkit.layers.gru import GRU
from rnnkit.layers.leaky import LeakyRNN
from rnnkit.layers.lstm import LSTM
from rnnkit.layers.pooling import TimePooling
from rnnkit.layers.rnn import RNN
from rnnkit.layers.simple import SimpleRNN
from rnnkit.layers.stack import RNNStack
from rnnkit.layers.stacked_cells import StackedRNNCells
from rnnkit.layers.word_dropout import WordDropout

__all__ = [
    "CRF",
    "GRU",
    "LSTM",
    "RNN",
    "Bidirectional",
    "CharacterEncoder",
    "FusedCell",
    "GRUCell",
    "LSTMCell",
    "LeakyRNN",
    "LeakyRNNCell",
    "RNNStack",
    "SimpleRNN",
    "SimpleRNNCell",
    "StackedRNNCells",
    "TagChain",
    "TimePooling",
    "WordDropout",
]
