"""Graph equals eager, for any number of rows, with a recurrent network; and what is exported does the same."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from rnnkit.cells import LSTMCell
from rnnkit.decoding import DecodingOptions, decode
from tests.decoding import chains

END, VOCABULARY, UNITS = 2, 11, 5
METHODS = ["greedy", "sample", "beam"]


def options_of(method):
    return DecodingOptions(
        method=method, max_length=9, beam_width=4, n_best=3, min_length=2, no_repeat_ngram=2, top_k=6, top_p=0.95,
        banned=[4], temperature=1.3,
    )  # fmt: skip


class Network(tf.Module):
    """An LSTM that attends to a memory which no step changes; emits its attention."""

    def __init__(self):
        super().__init__()
        keras.utils.set_random_seed(0)
        self.embedding, self.head = keras.layers.Embedding(VOCABULARY, UNITS), keras.layers.Dense(VOCABULARY)
        self.cell = LSTMCell(UNITS, kernel_initializer="glorot_normal")
        self.embedding.build(None)
        self.head.build((None, 2 * UNITS))
        self.cell.build((None, UNITS))
        for weight in (self.head.kernel, self.cell.kernel, self.embedding.embeddings):
            weight.assign(3 * weight)

    def begin(self, rows):
        zeros = tf.zeros([rows, UNITS])
        memory = tf.random.stateless_normal([rows, 7, UNITS], [1, 2])
        return {"cell": (zeros, zeros), "memory": memory}

    def step(self, tokens, state):
        hidden, cell = self.cell(self.embedding(tokens), list(state["cell"]))
        weights = tf.nn.softmax(tf.einsum("bu,btu->bt", hidden, state["memory"]))
        context = tf.einsum("bt,btu->bu", weights, state["memory"])
        logits = self.head(tf.concat([hidden, context], axis=-1))
        return logits, {"cell": tuple(cell), "memory": state["memory"]}, {"attention": weights}

    def decode(self, start, options, seeds=None):
        found = decode(self.step, self.begin(tf.size(start)), start, options, end=END, pad=-1, seeds=seeds)
        return found._replace(state=())


@pytest.mark.parametrize("method", METHODS)
def test_graph_equals_eager_for_any_number_of_rows(method):
    network, options = Network(), options_of(method)
    traces = []

    @tf.function(input_signature=[tf.TensorSpec([None], tf.int32)])
    def run(start):
        traces.append(start)
        return network.decode(start, options)

    for rows in (1, 3, 6, 0):
        start = tf.range(rows)
        found = run(start)
        chains.assert_well_formed(found, -1, END)
        chains.assert_same(found, network.decode(start, options), exact=False)
        if rows == 3:
            fixed = tf.function(lambda start=start: network.decode(start, options))()
            chains.assert_same(found, fixed, exact=False)
    assert len(traces) == 1
    assert found.tokens.shape == (0, 3 if method == "beam" else 1, 0)


@pytest.mark.parametrize("method", METHODS)
def test_a_row_alone_is_as_in_the_batch_through_a_network(method):
    network, options = Network(), options_of(method)
    start = tf.range(5)
    together = tf.function(network.decode)(start, options, tf.range(5))
    memory = network.begin(5)["memory"]
    for row in range(5):
        state = network.begin(1) | {"memory": memory[row : row + 1]}
        alone = decode(network.step, state, start[row : row + 1], options, end=END, pad=-1, seeds=[row])
        assert chains.texts_of(alone) == chains.texts_of(together, row)
        np.testing.assert_allclose(alone.scores[0], together.scores[row], atol=1e-4)


def test_saved_model_decodes_without_python(tmp_path):
    network = Network()

    @tf.function(input_signature=[tf.TensorSpec([None], tf.int32), tf.TensorSpec([None], tf.int64)])
    def served(start, seeds):
        return {method: network.decode(start, options_of(method), seeds)._asdict() for method in METHODS}

    network.served = served
    tf.saved_model.save(network, str(tmp_path / "network"))
    loaded = tf.saved_model.load(str(tmp_path / "network"))
    for rows in (1, 4):
        start, seeds = tf.range(rows), tf.range(rows, dtype=tf.int64) * 7
        for one, other in zip(tf.nest.flatten(loaded.served(start, seeds)), tf.nest.flatten(served(start, seeds))):
            np.testing.assert_array_equal(one, other)
    definition = served.get_concrete_function().graph.as_graph_def()
    nodes = [*definition.node, *(node for function in definition.library.function for node in function.node_def)]
    assert not [node.op for node in nodes if "PyFunc" in node.op or "Xla" in node.op]
    assert not [node.name for node in nodes if node.attr["_XlaMustCompile"].b]
    assert sum(node.op in ("While", "StatelessWhile") for node in nodes) >= 4  # three loops, and one over the seeds


@pytest.mark.parametrize("method", METHODS)
def test_repeated_runs_are_equal(method):
    network, options = Network(), options_of(method)
    run = tf.function(lambda: network.decode(tf.range(8), options))
    chains.assert_same(run(), run())


@pytest.mark.parametrize("method", METHODS)
def test_xla_compiles_it_and_the_texts_are_the_same(method):
    chain = chains.Chain(300, seed=1)
    start, state = chain.begin(4)
    options = DecodingOptions(method=method, max_length=8, beam_width=4, n_best=2, no_repeat_ngram=2)

    def run(state):
        return decode(chain.step, state, start, options, end=END, pad=-1)._replace(state=())

    state = tf.nest.map_structure(tf.constant, state)
    graph, compiled = (tf.function(run, jit_compile=jit, autograph=False)(state) for jit in (False, True))
    chains.assert_well_formed(compiled, -1, END)
    chains.assert_same(graph, compiled, exact=False)
