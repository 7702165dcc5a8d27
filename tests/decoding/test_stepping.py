"""What a step may return, by the message."""

import re

import pytest
import tensorflow as tf

from rnnkit.decoding import DecodingOptions, decode
from rnnkit.decoding.stepping import frozen, reordered, written

METHODS = ["greedy", "sample", "beam"]
STATE = {"h": tf.zeros([3, 2]), "count": tf.zeros([3], tf.int32)}
LOGITS = tf.zeros([3, 8])


def run(returned, method="greedy", start=(0, 1, 2), **call):
    width = 1 if method == "beam" else 5
    options = DecodingOptions(method=method, max_length=4, beam_width=width)
    return decode(lambda tokens, state: returned, STATE, list(start), options, **call)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    "returned, message",
    [
        (LOGITS, "step: it must return (logits, state) or (logits, state, extras), got <tf.Tensor"),
        ((LOGITS,), "step: it must return (logits, state) or (logits, state, extras), got (<tf.Tensor"),
        ((LOGITS[0], STATE), "step: logits of shape (rows, vocabulary), known, are needed, got (8,)"),
        ((LOGITS, ()), "step: the state must come back with 2 tensors, as it went in, got 0"),
        (
            (LOGITS, {"h": tf.zeros([3, 2], tf.float64), "count": STATE["count"]}),
            "step: a state that goes in as float32 (3, 2) must come back as such, got float64 (3, 2)",
        ),
        (
            (LOGITS, {"h": tf.zeros([3, 5]), "count": STATE["count"]}),
            "step: a state that goes in as float32 (3, 2) must come back as such, got float32 (3, 5)",
        ),
    ],
)
def test_wrong_steps(returned, message, method):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}"):
        run(returned, method)


def test_an_unknown_vocabulary_is_a_mistake():
    @tf.function(input_signature=[tf.TensorSpec([None, None])])
    def decoded(logits):
        return decode(lambda tokens, state: (logits, state), (), [0, 1]).tokens

    with pytest.raises(ValueError, match=r"\(rows, vocabulary\), known, are needed, got \(None, None\)"):
        decoded(LOGITS)


@pytest.mark.parametrize("method", METHODS)
def test_wrong_arguments(method):
    with pytest.raises(ValueError, match=r"^start: one token for every row, .* is needed, got the shape \(3, 1\)$"):
        run((LOGITS, STATE), method, start=[[0], [1], [2]])
    with pytest.raises(ValueError, match=r"^limits: one integer for every row, shape \(3,\), is needed, got \(2,\)$"):
        run((LOGITS, STATE), method, limits=[1, 2])


def test_wrong_seeds():
    for seeds, shape in (([1, 2], r"\(2,\)"), (1, r"\(\)")):
        with pytest.raises(ValueError, match=rf"^seeds: one integer for every row, .* is needed, got {shape}$"):
            run((LOGITS, STATE), "sample", seeds=seeds)


@pytest.mark.parametrize("method", METHODS)
def test_a_state_may_come_back_as_a_list(method):
    """Keras cells take tuples and give lists."""

    def step(tokens, state):
        return tf.one_hot(tokens, 8), [state[0] + 1, state[1]]

    state = (tf.zeros([2, 3]), tf.zeros([2]))
    found = decode(step, state, [0, 1], DecodingOptions(method=method, max_length=3))
    if method != "beam":
        assert isinstance(found.state, tuple) and float(found.state[0][0, 0]) == 3


def test_the_same_tensor_stays_the_same():
    tensor, other = tf.constant([[1.0], [2.0]]), tf.constant([[3.0], [4.0]])
    kept, mixed = frozen(tf.constant([True, False]), (tensor, tensor), (tensor, other))
    assert kept is tensor and mixed.numpy().tolist() == [[1.0], [4.0]]
    assert reordered((tensor,), (other,), [1, 0])[0].numpy().tolist() == [[4.0], [3.0]]


def test_written():
    assert written(tf.constant([[1, 2, 3]]), 1, tf.constant([9])).numpy().tolist() == [[1, 9, 3]]
