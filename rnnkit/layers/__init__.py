"""Keras layers made of cells and engines, and the cells themselves."""

from rnnkit.cells import (
    FusedCell,
    GRUCell,
    LeakyRNNCell,
    LinearCell,
    LinearLeakyCell,
    LSTMCell,
    MinGRUCell,
    MinLSTMCell,
    SimpleRNNCell,
)
from rnnkit.layers.additive_attention import AdditiveAttention
from rnnkit.layers.attention import coverage_loss
from rnnkit.layers.bidirectional import Bidirectional
from rnnkit.layers.characters import CharacterEncoder
from rnnkit.layers.crf import CRF, TagChain
from rnnkit.layers.decoder import Decoder
from rnnkit.layers.gru import GRU
from rnnkit.layers.leaky import LeakyRNN
from rnnkit.layers.linear_leaky import LinearLeaky
from rnnkit.layers.lstm import LSTM
from rnnkit.layers.min_gru import MinGRU
from rnnkit.layers.min_lstm import MinLSTM
from rnnkit.layers.multiplicative_attention import MultiplicativeAttention
from rnnkit.layers.pooling import TimePooling
from rnnkit.layers.rnn import RNN
from rnnkit.layers.seq2seq import Seq2Seq
from rnnkit.layers.simple import SimpleRNN
from rnnkit.layers.stack import RNNStack
from rnnkit.layers.stacked_cells import StackedRNNCells
from rnnkit.layers.word_dropout import WordDropout

__all__ = [
    "CRF",
    "GRU",
    "LSTM",
    "RNN",
    "AdditiveAttention",
    "Bidirectional",
    "CharacterEncoder",
    "Decoder",
    "FusedCell",
    "GRUCell",
    "LSTMCell",
    "LeakyRNN",
    "LeakyRNNCell",
    "LinearCell",
    "LinearLeaky",
    "LinearLeakyCell",
    "MinGRU",
    "MinGRUCell",
    "MinLSTM",
    "MinLSTMCell",
    "MultiplicativeAttention",
    "RNNStack",
    "Seq2Seq",
    "SimpleRNN",
    "SimpleRNNCell",
    "StackedRNNCells",
    "TagChain",
    "TimePooling",
    "WordDropout",
    "coverage_loss",
]
