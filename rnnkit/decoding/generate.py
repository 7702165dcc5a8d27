"""One text for every row: greedy or drawn; and `decode`, which does what the options say."""

from rnnkit.decoding.beam import beam_search
from rnnkit.decoding.loop import Loop
from rnnkit.decoding.options import DEFAULTS, DecodingOptions
from rnnkit.decoding.results import Decoded


def greedy(
    step, state, start, options: DecodingOptions = DEFAULTS, *, end=None, pad=0, constraints=(), limits=None
) -> Decoded:
    """Takes the most probable token at every step; among equals the one of the lowest id.

    A row that is done is padded, and its state stays; the loop ends with the last row.

    Args:
        step: `step(tokens, state) -> (logits, state)` or `(logits, state, extras)`; see `rnnkit.decoding`.
        state: initial state, any nest of tensors whose first axis is rows.
        start: (rows,) int, the tokens that the first step reads.
        options: read here: max_length, min_length, no_repeat_ngram, banned, and length_penalty for the ranks.
        end: id of the token that ends a text; None: all go on to their greatest length.
        pad: id that stands behind a text; any int.
        constraints: further ones than the options': functions `(logits, tokens, time) -> logits`.
        limits: (rows,) int, a greatest length for each row, where less than max_length.

    Returns:
        Decoded, with n_best 1.

    Raises:
        ValueError: if the step returns what it should not, or `end` or a banned token is not in the vocabulary.

    Example:
        >>> import tensorflow as tf
        >>> table = tf.math.log([[0.1, 0.6, 0.3], [0.1, 0.2, 0.7], [0.3, 0.3, 0.4]])
        >>> found = greedy(lambda tokens, state: (tf.gather(table, tokens), state), (), [0, 1], end=2, pad=-1)
        >>> found.tokens[:, 0].numpy()
        array([[ 1,  2],
               [ 2, -1]], dtype=int32)
    """
    loop = Loop(step, options, False, end, pad, constraints)
    return loop.run(loop.begin(start, state, limits))


def sample(
    step,
    state,
    start,
    options: DecodingOptions = DEFAULTS,
    *,
    end=None,
    pad=0,
    constraints=(),
    limits=None,
    seeds=None,
) -> Decoded:
    """Draws every token: logits over the temperature, then the top-k, then the nucleus (top-p) of what is left.

    A row's text depends on its seed, start, state, limit and the options alone: not on the other rows, as far as `step`
    treats rows apart, nor on eager or graph execution; a greater max_length only lets it go on.

    Args:
        step, state, start, end, pad, constraints, limits: as for `greedy`.
        options: read here: those of `greedy`, temperature, top_k, top_p and seed.
        seeds: (rows,) int, a seed for each row. None: row i gets a seed of its own, made of the options' seed and i.

    Returns:
        Decoded, with n_best 1.

    Raises:
        ValueError: as for `greedy`, or if there is not one seed for every row.

    Example:
        >>> import tensorflow as tf
        >>> table = tf.math.log([[0.1, 0.6, 0.3], [0.1, 0.2, 0.7], [0.3, 0.3, 0.4]])
        >>> step = lambda tokens, state: (tf.gather(table, tokens), state)
        >>> both = sample(step, (), [0, 0], DecodingOptions(max_length=9), end=2, seeds=[7, 8])
        >>> alone = sample(step, (), [0], DecodingOptions(max_length=9), end=2, seeds=[8])
        >>> both.lengths[1, 0] == alone.lengths[0, 0], both.scores[1, 0] == alone.scores[0, 0]
        (<tf.Tensor: shape=(), dtype=bool, numpy=True>, <tf.Tensor: shape=(), dtype=bool, numpy=True>)

    Reference:
        Holtzman et al. 2020, The Curious Case of Neural Text Degeneration, arXiv:1904.09751 (nucleus sampling).
    """
    loop = Loop(step, options, True, end, pad, constraints)
    return loop.run(loop.begin(start, state, limits, seeds))


def decode(
    step,
    state,
    start,
    options: DecodingOptions = DEFAULTS,
    *,
    end=None,
    pad=0,
    constraints=(),
    limits=None,
    seeds=None,
) -> Decoded:
    """`greedy`, `sample` or `beam_search`, as `options.method` says; see there. `seeds` are for sampling only.

    Example:
        >>> import tensorflow as tf
        >>> step = lambda tokens, state: (9 * tf.one_hot(tokens + 1, 4), state)
        >>> decode(step, (), [0], DecodingOptions(method="beam", beam_width=2), end=3).tokens.numpy()
        array([[[1, 2, 3]]], dtype=int32)
    """
    shared = {"end": end, "pad": pad, "constraints": constraints, "limits": limits}
    if options.method == "sample":
        return sample(step, state, start, options, seeds=seeds, **shared)
    return {"greedy": greedy, "beam": beam_search}[options.method](step, state, start, options, **shared)
