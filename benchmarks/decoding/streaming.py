"""One text whose tokens are handed to Python one by one: ours, its step as exported, and a stateful Keras model."""

import tempfile

import keras
import numpy as np
import tensorflow as tf

from benchmarks.speed.timing import Contender
from rnnkit import decoding


def streams(network):
    """`rnnkit.decoding.stream`, greedy, compiled by XLA and as a plain graph."""
    options = decoding.DecodingOptions(max_length=network.case.shape.tokens)

    def writer(jit_compile):
        def write():
            given = network.step, network.state, network.start, options
            return [int(token[0]) for token in decoding.stream(*given, jit_compile=jit_compile)]

        return write

    return [_contender("ours stream XLA", writer(True)), _contender("ours stream graph", writer(False))]


def exported(network):
    """A loop in Python over the signature `step` of a SavedModel: token and states in, logits and states out."""
    specs = {name: tf.TensorSpec([None, *state.shape[1:]], name=name) for name, state in network.state.items()}

    def step(tokens, **state):
        logits, after = network.step(tokens, state)
        return {"logits": logits, **after}

    signature = tf.function(step).get_concrete_function(tokens=tf.TensorSpec([None], tf.int32, "tokens"), **specs)
    with tempfile.TemporaryDirectory() as directory:
        tf.saved_model.save(network, directory, signatures={"step": signature})
        loaded = tf.saved_model.load(directory)

    def write():
        token, state, tokens = network.start, network.state, []
        for _ in range(network.case.shape.tokens):
            found = loaded.signatures["step"](tokens=token, **state)
            tokens.append(int(np.argmax(found["logits"].numpy()[0])))
            token, state = tf.constant(tokens[-1:], tf.int32), {name: found[name] for name in state}
        return tokens

    return _contender("ours exported", write)


def keras_loops(network):
    """A stateful Keras model, asked by `predict_on_batch` and through a `tf.function`."""
    _, vocabulary, layers, units, _ = network.case.shape
    recurrent = [
        keras.layers.LSTM(units, stateful=True, return_sequences=layer + 1 < layers) for layer in range(layers)
    ]
    embedding = keras.layers.Embedding(vocabulary, units)
    model = keras.Sequential([keras.Input(batch_shape=(1, 1)), embedding, *recurrent, keras.layers.Dense(vocabulary)])
    arrays = network.arrays
    model.set_weights([arrays[name] for name in network.weights])
    compiled = tf.function(lambda token: model(token, training=False), autograph=False)
    ways = {
        "Keras predict_on_batch": model.predict_on_batch,
        "Keras tf.function": lambda token: compiled(tf.constant(token)).numpy(),
    }

    def loop(ask):
        def write():
            for layer, lstm in enumerate(recurrent):
                for name, state in zip(("hidden", "cell"), lstm.states):
                    state.assign(arrays[f"{name}_{layer}"])
            tokens, token = [], int(network.start[0])
            for _ in range(network.case.shape.tokens):
                token = int(np.argmax(ask(np.array([[token]], "int32"))[0]))
                tokens.append(token)
            return tokens

        return write

    return [_contender(name, loop(ask)) for name, ask in ways.items()]


def _contender(name, write):
    return Contender(name, lambda: [tf.constant([write()])])
