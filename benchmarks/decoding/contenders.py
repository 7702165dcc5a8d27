"""Ours and KerasHub's ways to decode, as contenders over the same step, and the proof that they write the same."""

import numpy as np
import tensorflow as tf

from benchmarks.decoding.cases import END, WIDTH
from benchmarks.speed.timing import Contender
from rnnkit import decoding

MODES = {"graph": False, "XLA": True}
ALIKE = 0.9  # share of the texts that must be equal; float32 decides a near tie the other way now and then


def ours(network):
    """Ours in its modes: a plain graph, and all of it compiled by XLA. They give tokens and scores."""
    case = network.case
    options = decoding.DecodingOptions(
        method=case.method, max_length=case.shape.tokens, beam_width=WIDTH, length_penalty="none"
    )

    def decode():
        end = END if case.ends else None
        found = decoding.decode(network.step, network.state, network.start, options, end=end)
        return [found.tokens[:, 0], found.scores[:, 0]]

    return _in_modes("ours", decode)


def keras_hub(network):
    """KerasHub's sampler in the same modes. It gives tokens.

    What no step changes stays out of its cache, which beam search reorders at every step; its user would do so too.
    """
    from keras_hub import samplers

    case = network.case
    batch, tokens = case.shape.batch, case.shape.tokens
    sampler = {
        "greedy": samplers.GreedySampler,
        "beam": lambda: samplers.BeamSampler(num_beams=WIDTH),
        "sample": lambda: samplers.RandomSampler(seed=1),
    }[case.method]()
    cache = {name: state for name, state in network.state.items() if name != "memory"}

    def decode():
        fixed = {name: state for name, state in network.state.items() if name not in cache}
        if case.method == "beam":
            fixed = {name: tf.repeat(state, WIDTH, axis=0) for name, state in fixed.items()}

        def following(prompt, cache, index):
            logits, after = network.step(tf.gather(prompt, index - 1, axis=1), {**cache, **fixed})
            return logits, None, {name: after[name] for name in cache}

        prompt = tf.concat([network.start[:, None], tf.zeros([batch, tokens], tf.int32)], axis=1)
        stops = [END] if case.ends else None
        return [sampler(next=following, prompt=prompt, cache=cache, index=1, stop_token_ids=stops)[:, 1:]]

    return _in_modes("KerasHub", decode)


def compare(case, expected, results):
    """How far two contenders wrote the same, in words.

    Args:
        case: `Case`.
        expected, results: Arrays, first the tokens (texts, time) and, where both have them, then the scores (texts,).

    Raises:
        ValueError: they do not do the same work.
    """
    one, other = (_shaped(case, arrays[0]) for arrays in (expected, results))
    if case.method == "sample":
        return "draws other numbers"
    if case.method == "beam" and case.ends and len(results) == 1:
        return "goes on with what has ended"
    equal = (one == other).all(axis=1)
    if equal.mean() < ALIKE:
        raise ValueError(f"{equal.sum()} of {len(equal)} texts are equal, at least {ALIKE:.0%} should be")
    if len(expected) > 1 < len(results):
        np.testing.assert_allclose(expected[1][equal], results[1][equal], rtol=1e-3, atol=1e-3)
    return "the same texts" if equal.all() else f"{equal.sum()} of {len(equal)} texts the same"


def _shaped(case, tokens):
    """Tokens (texts, tokens of a text), 0 behind an end."""
    shape = case.shape.batch, case.shape.tokens
    whole = np.zeros(shape, np.int64)
    whole[:, : tokens.shape[1]] = tokens
    if case.ends:
        ended = np.cumsum(whole == END, axis=1) - (whole == END) > 0
        whole[ended] = 0
    return whole


def _in_modes(name, decode):
    return [
        Contender(f"{name} {mode}", tf.function(decode, jit_compile=jit, autograph=False))
        for mode, jit in MODES.items()
    ]
