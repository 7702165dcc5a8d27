"""Random models over a small vocabulary, every text that they can write, and constraints in plain Python."""

import itertools

import numpy as np
import tensorflow as tf


class Chain:
    """A model whose logits depend on the last two tokens, on how many came, and on the row (a bias of its own)."""

    def __init__(self, vocabulary, seed=0):
        rng = np.random.default_rng(seed)
        self.vocabulary = vocabulary
        self.before, self.last = rng.normal(scale=1.5, size=(2, vocabulary, vocabulary)).astype("float32")
        self.rhythm = rng.normal(size=(3, vocabulary)).astype("float32")
        self.rng = rng

    def begin(self, rows):
        """Starts (rows,) and a state with tensors of several types and ranks; `bias` is never touched by `step`."""
        start = self.rng.integers(0, self.vocabulary, rows).astype("int32")
        bias = self.rng.normal(size=(rows, self.vocabulary)).astype("float32")
        return start, {"before": start[::-1].copy(), "count": [np.zeros((rows, 1, 1), "float64")], "bias": bias}

    def step(self, tokens, state):
        count = state["count"][0]
        logits = tf.gather(self.before, state["before"]) + tf.gather(self.last, tokens) + state["bias"]
        logits += tf.gather(self.rhythm, tf.cast(count[:, 0, 0], tf.int32) % 3)
        return logits, {"before": tokens, "count": [count + 1], "bias": state["bias"]}

    def emitting(self, tokens, state):
        """As `step`, with extras: what it read, and its logits, in a nest."""
        logits, after = self.step(tokens, state)
        return logits, after, {"read": tokens, "seen": (logits, state["before"][:, None, None])}

    def log_probabilities(self, start, state, row, text):
        """(vocabulary,) float64 log-probabilities of the token after `text` (tokens) in a row."""
        read = [state["before"][row], start[row], *text]
        logits = self.before[read[-2]] + self.last[read[-1]] + self.rhythm[len(text) % 3]
        logits = (logits + state["bias"][row]).astype("float64")
        return logits - logits.max() - np.log(np.exp(logits - logits.max()).sum())

    def score(self, start, state, row, text):
        """The log-probability of a whole text."""
        return sum(self.log_probabilities(start, state, row, text[:i])[token] for i, token in enumerate(text))

    def every_text(self, start, state, row, options, end=None):
        """Every (text, score) that options allow: ended by `end`, or as long as may be."""
        complete, beginnings = [], [((), 0.0)]
        while beginnings:
            text, score = beginnings.pop()
            scores = self.log_probabilities(start, state, row, text)
            for token in allowed(text, range(self.vocabulary), options, end):
                longer = ((*text, token), score + scores[token])
                done = token == end or len(text) + 1 == options.max_length
                (complete if done else beginnings).append(longer)
        return complete

    def best_texts(self, start, state, row, options, end=None):
        """The n best (text, score, rank) of every text."""
        texts = [
            (text, score, score / penalty(options, len(text)))
            for text, score in self.every_text(start, state, row, options, end)
        ]
        return sorted(texts, key=lambda found: -found[2])[: options.n_best]


def allowed(text, tokens, options, end):
    """Those of `tokens` that may follow `text`."""

    def may_follow(token):
        longer, n = (*text, token), options.no_repeat_ngram
        if token in options.banned or (token == end and len(longer) < options.min_length):
            return False
        grams = [longer[i : i + n] for i in range(len(longer) - n + 1)] if n else []
        return len(grams) == len(set(grams)) or grams[-1] not in grams[:-1]

    return [token for token in tokens if may_follow(token)]


def penalty(options, length):
    alpha = options.length_alpha
    if options.length_penalty == "wu":
        return ((5 + length) / 6) ** (0.6 if alpha is None else alpha)
    return length ** (1.0 if alpha is None else alpha) if options.length_penalty == "length" else 1.0


def row_of(state, row):
    """The state of one row alone."""
    return tf.nest.map_structure(lambda tensor: tensor[row : row + 1], state)


def result_of(found, row):
    """A result for one row alone."""
    parts = (None if part is None else row_of(part, row) for part in found)
    return type(found)(*parts)


def texts_of(found, row=0):
    """The texts of a row as tuples of tokens, without padding and places that have none."""
    tokens, lengths = np.asarray(found.tokens[row]), np.asarray(found.lengths[row])
    return [tuple(text[:length].tolist()) for text, length in zip(tokens, lengths) if length]


def assert_well_formed(found, pad, end):
    """Padding, lengths, ends and order of a result agree with each other."""
    tokens, lengths = found.tokens.numpy(), found.lengths.numpy()
    rows, n_best, time = tokens.shape
    assert time == lengths.max(initial=0)
    for row, best in itertools.product(range(rows), range(n_best)):
        text, rest = np.split(tokens[row, best], [lengths[row, best]])
        assert (rest == pad).all()
        assert end not in text[:-1].tolist()
        assert found.finished.numpy()[row, best] == (end is not None and len(text) > 0 and text[-1] == end)
    ranks = found.ranks.numpy()
    assert (ranks[:, :-1] >= ranks[:, 1:]).all()


def assert_same(one, other, exact=True):
    """Two results with equal tokens and lengths, and equal (or close) scores."""
    for name, first, second in zip(one._fields, one, other):
        flat, same = tf.nest.flatten(first), tf.nest.flatten(second)
        assert len(flat) == len(same), name
        for left, right in zip(flat, same):
            if left is None:
                assert right is None
            elif exact or left.dtype.is_integer or left.dtype.is_bool:
                np.testing.assert_array_equal(left, right, err_msg=name)
            else:
                np.testing.assert_allclose(left, right, atol=1e-5, err_msg=name)
