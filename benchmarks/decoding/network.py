"""The step that all contenders decode with: embedding, LSTM, attention where asked for, softmax over a vocabulary."""

import numpy as np
import tensorflow as tf

from benchmarks.decoding.cases import END

MEMORY = 20  # steps that attention looks at
START = 1  # the token that every text begins after
FORCE = 50.0  # what is added to the end token's logit when a text has to end, and taken from it before


def weights_of(case):
    """Random weights by name; gates i, f, g, o. Logits are spread so that no two tokens are nearly as likely."""
    random = np.random.default_rng(0)
    _, vocabulary, layers, units, _ = case.shape

    def matrix(rows, columns, scale):
        return random.normal(0.0, scale / np.sqrt(rows), (rows, columns)).astype("float32")

    weights = {"embedding": matrix(vocabulary, units, np.sqrt(vocabulary))}
    for layer in range(layers):
        weights[f"kernel_{layer}"] = matrix(units, 4 * units, 1.0)
        weights[f"recurrent_{layer}"] = matrix(units, 4 * units, 1.5)
        weights[f"bias_{layer}"] = random.normal(0.0, 0.1, 4 * units).astype("float32")
    if case.attention:
        weights["combine"] = matrix(2 * units, units, 2.0)
    return weights | {"head": matrix(units, vocabulary, 10.0), "head_bias": np.zeros(vocabulary, "float32")}


def states_of(case):
    """The states before the first token by name, those of each text another: (texts, ...)."""
    random = np.random.default_rng(1)
    batch, _, layers, units, tokens = case.shape
    names = [f"{name}_{layer}" for layer in range(layers) for name in ("hidden", "cell")]
    states = {name: np.tanh(random.standard_normal((batch, units))).astype("float32") for name in names}
    if case.attention:
        states["memory"] = random.standard_normal((batch, MEMORY, units)).astype("float32")
    if case.ends:
        left = np.floor(np.linspace(tokens // 5, tokens - tokens // 5, batch)).astype("float32")
        states["left"] = random.permutation(left)[:, None]  # steps before the one that ends the text
    return states


class Network(tf.Module):
    """The step of a case in TensorFlow, and where it starts.

    Attributes:
        arrays: Weights and states as arrays by name.
        state: States before the first token, a dictionary of tensors.
        start: (texts,) int32, what is read first.
    """

    def __init__(self, case):
        super().__init__()
        self.case = case
        weights, states = weights_of(case), states_of(case)
        self.arrays = weights | states
        self.weights = {name: tf.Variable(value, trainable=False) for name, value in weights.items()}
        self.state = {name: tf.constant(value) for name, value in states.items()}
        self.start = tf.fill([case.shape.batch], START)

    def step(self, tokens, state):
        """A step as `rnnkit.decoding` takes it."""
        weights, after = self.weights, dict(state)
        vector = tf.gather(weights["embedding"], tokens)
        for layer in range(self.case.shape.layers):
            vector, cell = self._lstm(layer, vector, state[f"hidden_{layer}"], state[f"cell_{layer}"])
            after |= {f"hidden_{layer}": vector, f"cell_{layer}": cell}
        if self.case.attention:
            vector = self._attended(vector, state["memory"])
        logits = tf.matmul(vector, weights["head"]) + weights["head_bias"]
        if self.case.ends:
            logits += tf.where(state["left"] <= 0, FORCE, -FORCE) * tf.one_hot(END, self.case.shape.vocabulary)
            after["left"] = state["left"] - 1
        return logits, after

    def _lstm(self, layer, vector, hidden, cell):
        kernel, recurrent, bias = (self.weights[f"{name}_{layer}"] for name in ("kernel", "recurrent", "bias"))
        gates = tf.matmul(vector, kernel) + tf.matmul(hidden, recurrent) + bias
        update, forget, candidate, output = tf.split(gates, 4, axis=1)
        cell = tf.sigmoid(forget) * cell + tf.sigmoid(update) * tf.tanh(candidate)
        return tf.sigmoid(output) * tf.tanh(cell), cell

    def _attended(self, vector, memory):
        """Luong's dot: tanh([vector; context] W)."""
        scores = tf.nn.softmax(tf.linalg.matvec(memory, vector))
        context = tf.linalg.matvec(memory, scores, transpose_a=True)
        return tf.tanh(tf.matmul(tf.concat([vector, context], axis=1), self.weights["combine"]))
