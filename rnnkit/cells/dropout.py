"""Dropout masks that stay the same for every step of a sequence.

`keras.layers.RNN` draws the masks of a cell before its loop and drops them after it, but only for cells that derive
from one mixin, which Keras does not export. It is taken here, and nowhere else, from the bases of a public cell, so
that our cells keep one mask per sequence inside `keras.layers.RNN` too. `tests/cells/test_dropout.py` fails by name
when Keras changes it.
"""

import keras

SequenceDropout = next(base for base in keras.layers.SimpleRNNCell.__mro__ if base.__name__ == "DropoutRNNCell")
