"""The energies of additive attention, a perceptron over every pair of a query and a key.

Shapes in this file: B batch, T queries, C queries of a turn, L turns, S keys, K the width of both.
"""

import tensorflow as tf

from rnnkit.engines.chunks import Chunks
from rnnkit.engines.compiled import with_gradient_of
from rnnkit.engines.layout import known_shape


def additive_energies(queries, keys, vector, coverage=None, coverage_kernel=None):
    """vector · tanh(queries_t + keys_s + coverage_ts coverage_kernel), for all t and s.

    Between lie B · T · S · K numbers. They are made for some queries at a time, and made again in the backward pass
    instead of stored, so that memory grows with the result alone.

    Args:
        queries: Tensor (B, T, K).
        keys: Tensor (B, S, K).
        vector: Tensor (K,).
        coverage: Tensor (B, T, S), or `None`.
        coverage_kernel: Tensor (K,), or `None`.

    Returns:
        Tensor (B, T, S).
    """
    batch, time, units = known_shape(queries)
    chunks = Chunks.of_steps(time, batch * known_shape(keys)[1] * units)
    moving, kernels = ([queries], []) if coverage is None else ([queries, coverage], [coverage_kernel])
    recomputed = with_gradient_of(_energies, _energies)

    def turn(parts):
        queries, *covered = parts
        return recomputed(queries, keys, vector, *covered, *kernels)[0]

    cut = [chunks.cut(tensor) for tensor in moving]  # (L, C, B, width)
    if not isinstance(chunks.length, tf.Tensor) and chunks.length == 1:
        return chunks.join(turn([part[0] for part in cut])[None])
    shape = (*cut[0].shape[1:3], keys.shape[1])
    return chunks.join(tf.map_fn(turn, cut, fn_output_signature=tf.TensorSpec(shape, queries.dtype)))


def _energies(queries, keys, vector, coverage=None, coverage_kernel=None):
    """(C, B, K), (B, S, K), (K,) and perhaps (C, B, S), (K,) to a list of (C, B, S)."""
    hidden = queries[:, :, None] + keys  # (C, B, S, K)
    if coverage is not None:
        hidden += coverage[..., None] * coverage_kernel
    return [tf.tensordot(tf.tanh(hidden), vector, 1)]
