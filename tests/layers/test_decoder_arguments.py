"""What a decoder cannot be made with, and cannot be called with."""

import keras
import numpy as np
import pytest

from rnnkit.layers import LSTM, AdditiveAttention, Bidirectional, Decoder, RNNStack
from tests.layers.decoders import BATCH, UNITS, feed, given, made
from tests.layers.helpers import sequences


def sequence_layer(**options):
    return LSTM(UNITS, **{"return_sequences": True, "name": "low", **options})


def called(way, without=(), **more):
    """A call of a decoder that lacks the arguments `without`."""
    decoder = made(way)
    arguments = {name: value for name, value in given(decoder).items() if name not in without}
    return decoder(sequences(dtype="float64"), **{**arguments, **more})


@pytest.mark.parametrize(
    "make, error, words",
    [
        (lambda: Decoder([]), ValueError, ["`layers`", "at least one"]),
        (lambda: Decoder(RNNStack([sequence_layer()])), TypeError, ["recurrent layers"]),
        (
            lambda: Decoder([sequence_layer(), keras.layers.Dense(3)], "attention", attend_after=1),
            TypeError,
            ["recurrent layers"],
        ),
        (lambda: Decoder(sequence_layer(return_sequences=False)), ValueError, ["layer low", "return_sequences=True"]),
        (lambda: Decoder(sequence_layer(return_state=True)), ValueError, ["layer low", "return_state=False"]),
        (lambda: Decoder(sequence_layer(stateful=True)), ValueError, ["layer low", "stateful=False"]),
        (lambda: Decoder(Bidirectional(sequence_layer(), name="both")), ValueError, ["layer both", "one direction"]),
        (lambda: Decoder(sequence_layer(), "always"), ValueError, ["`context`", "'attention'", "'always'"]),
        (lambda: Decoder(sequence_layer(), attention=AdditiveAttention()), ValueError, ["`attention`", "'initial'"]),
        (lambda: Decoder(sequence_layer(), attention_units=3), ValueError, ["`attention_units`", "'attention'"]),
        (lambda: Decoder(sequence_layer(), "input", input_feeding=True), ValueError, ["`input_feeding`", "'input'"]),
        (lambda: Decoder(sequence_layer(), return_scores=True), ValueError, ["`return_scores`", "'attention'"]),
        (lambda: Decoder(sequence_layer(), "attention", "luong"), TypeError, ["`attention`", "'luong'"]),
        (lambda: Decoder(sequence_layer(), "attention", attention_units=0), ValueError, ["`attention_units`", "0"]),
        (lambda: Decoder(sequence_layer(), "attention", attend_after=0), ValueError, ["`attend_after`", "0"]),
        (lambda: Decoder(sequence_layer(), "attention", attend_after=2), ValueError, ["1 layers", "attend_after=2"]),
        (lambda: Decoder(sequence_layer(), "both", attend_after=1), ValueError, ["`attend_after`", "'both'"]),
        (lambda: made("a layer after it", input_feeding=True), ValueError, ["`input_feeding`", "attend_after=1"]),
        (lambda: called("initial", ["context"]), ValueError, ["'initial'", "context vector"]),
        (lambda: called("input", ["context"]), ValueError, ["'input'", "context vector"]),
        (lambda: called("first step", ["context"]), ValueError, ["'first_step'", "context vector"]),
        (lambda: called("first step", feed=feed, chances=0.5), ValueError, ["`feed`", "'first_step'"]),
        (lambda: called("attention", ["memory", "memory_mask"]), ValueError, ["`memory`", "without"]),
        (lambda: called("both", memory=np.ones((BATCH, 2, 2))), ValueError, ["`memory`", "'both' with"]),
        (lambda: called("both", feed=feed), ValueError, ["`feed` without `chances`"]),
        (lambda: called("both", chances=0.5), ValueError, ["`chances` without `feed`"]),
        (lambda: called("both", feed=feed, chances=7.0), ValueError, ["`chances`", "chances=7.0"]),
        (lambda: called("both", initial_state=[np.ones((BATCH, UNITS))] * 2), ValueError, ["1 states", "2 states"]),
    ],
)
def test_errors(make, error, words):
    with pytest.raises(error) as raised:
        make()
    for word in words:
        assert word in str(raised.value)
