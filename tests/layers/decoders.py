"""Decoders of every kind with random weights, and what they are called with."""

import numpy as np
import tensorflow as tf

from rnnkit.layers import GRU, AdditiveAttention, Decoder, MultiplicativeAttention
from tests.layers.helpers import randomize

BATCH, STEPS, FEATURES, UNITS, CONTEXT, ENTRIES, MEMORY = 4, 5, 3, 4, 6, 7, 2
MEMORY_MASK = np.arange(ENTRIES) < np.array([[7], [3], [5], [0]])

WAYS = {
    "initial": {"context": "initial"},
    "input": {"context": "input"},
    "both": {"context": "both"},
    "first step": {"context": "first_step"},
    "attention": {"context": "attention", "attention_units": 6},
    "coverage": {"context": "attention", "attention": lambda dtype: AdditiveAttention(coverage=True, dtype=dtype)},
    "input feeding": {"context": "attention", "attention_units": 6, "input_feeding": True},
    "a layer after it": {"context": "attention", "attention_units": 6, "attend_after": 1},
    "all": {
        "context": "attention",
        "attention": lambda dtype: MultiplicativeAttention("concat", units=3, coverage=True, dtype=dtype),
        "input_feeding": True,
    },
}


def made(way, make=GRU, count=1, dtype="float64", cell=(), **options):
    """A decoder with random weights."""
    options = {**WAYS[way], **options}
    if "attention" in options:
        options["attention"] = options["attention"](dtype)
    count = max(count, 1 + options.get("attend_after", 0))
    layers = [make(UNITS, return_sequences=True, dtype=dtype, **dict(cell)) for _ in range(count)]
    decoder = Decoder(layers, dtype=dtype, seed=5, **options)
    attends = decoder.attention is not None
    decoder.build((None, None, FEATURES), (None, CONTEXT), (None, None, MEMORY) if attends else None)
    randomize(decoder)
    return decoder


def given(decoder, dtype="float64"):
    """Random context and, where there is attention, memory: by the names of the arguments."""
    generator = np.random.default_rng(7)
    context = {"context": generator.normal(size=(BATCH, CONTEXT)).astype(dtype)}
    if decoder.attention is None:
        return context
    memory = generator.normal(size=(BATCH, ENTRIES, MEMORY)).astype(dtype)
    return {**context, "memory": memory, "memory_mask": MEMORY_MASK}


TABLE = np.random.default_rng(4).normal(size=(UNITS, FEATURES))


def feed(output):
    """The vector of the most probable of `UNITS` tokens."""
    return tf.gather(TABLE, tf.argmax(output[:, :UNITS], axis=-1))
