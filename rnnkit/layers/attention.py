"""Attention over a memory: what every kind of it shares.

Shapes in this file: B batch, T queries, S entries of the memory, Q, M and K the widths of queries, memory and keys.
"""

import keras
import tensorflow as tf

from rnnkit.cells.precision import at_least_float32
from rnnkit.engines import run_steps
from rnnkit.engines.layout import known_shape


class MemoryAttention(keras.layers.Layer):
    """Base of the attentions: for every query a mean over the memory, weighted by how well each entry answers it.

        energy_ts = energy(query_t, memory_s)
        scores_t = softmax_s(energy_ts)
        context_t = Σ_s scores_ts memory_s

    With `coverage=True`, coverage_t = Σ_{u<t} scores_u, what was attended to at earlier steps, enters the energy. Then
    the queries are taken one after the other, in a loop in the graph; else all at once.

    Masked entries count nowhere, and may hold any finite value. Where all are masked the scores and the context are
    zero.

    A subclass defines `build`, `prepare`, `read` and `energies`.

    Args:
        coverage: Boolean. Default `False`.
        kernel_initializer: Initializer of every kernel. Default `"glorot_uniform"`.
        **kwargs: Of `keras.layers.Layer`.

    Call arguments:
        queries: Tensor (B, T, Q).
        memory: Tensor (B, S, M).
        memory_mask: Boolean tensor (B, S), or `None`: which entries of the memory there are.
        queries_mask: Boolean tensor (B, T), or `None`: where it is false, context and scores are zero, and nothing is
            added to the coverage.

    Returns:
        context: Tensor (B, T, M), in the compute dtype.
        scores: Tensor (B, T, S), float32 (float64 for float64), each row of sum 1.
    """

    def __init__(self, coverage=False, kernel_initializer="glorot_uniform", **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True
        self.coverage = bool(coverage)
        self.kernel_initializer = keras.initializers.get(kernel_initializer)

    def prepare(self, memory):
        """What of the energies depends on the memory alone, to be computed once: (B, S, M) to keys (B, S, K)."""
        raise NotImplementedError

    def read(self, queries):
        """What of the energies depends on the queries alone: (..., Q) to (..., K)."""
        raise NotImplementedError

    def energies(self, read, keys, coverage=None):
        """(B, T, K), (B, S, K) and, where there is one, the coverage (B, T, S) to energies (B, T, S)."""
        raise NotImplementedError

    @property
    def score_dtype(self):
        """The dtype of energies, scores and coverage."""
        return at_least_float32(self.compute_dtype)

    def attend(self, query, memory, keys, mask=None, coverage=None):
        """A single step.

        Args:
            query: Tensor (B, Q).
            memory: Tensor (B, S, M), in the compute dtype.
            keys: Tensor (B, S, K), what `prepare` made of the memory.
            mask: Boolean tensor (B, S), or `None`.
            coverage: Tensor (B, S), the sum of the scores of the steps before; only with `coverage=True`, and there
                `None` at the first step.

        Returns:
            context: Tensor (B, M), in the compute dtype.
            scores: Tensor (B, S), as from a call.
        """
        coverage = None if coverage is None else coverage[:, None]
        scores = self._scores(self.read(query)[:, None], keys, mask, coverage)
        return self._context(scores, memory)[:, 0], scores[:, 0]

    def call(self, queries, memory, memory_mask=None, queries_mask=None):
        self._check_ranks(queries=queries, memory=memory)
        keys, read = self.prepare(memory), self.read(queries)
        if self.coverage:
            scores = self._scores_in_turn(read, keys, memory_mask, queries_mask)
        else:
            scores = _shown(self._scores(read, keys, memory_mask), queries_mask)
        return self._context(scores, memory), scores

    def _check_ranks(self, **given):
        """Raises a ValueError unless all are of rank 3: one of rank 2 would be attended to across the batch."""
        for name, tensor in given.items():
            if len(tensor.shape) != 3:
                raise ValueError(
                    f"{type(self).__name__}: argument `{name}` must be of shape (batch, entries, width). "
                    f"Received: shape {tuple(tensor.shape)}"
                )

    def _scores_in_turn(self, read, keys, mask, queries_mask):
        given = {"read": read} if queries_mask is None else {"read": read, "shown": queries_mask}
        nothing = tf.zeros(known_shape(keys)[:2], self.score_dtype)  # (B, S)

        def step(given, coverage):
            scores = self._scores(given["read"][:, None], keys, mask, coverage[:, None])[:, 0]
            scores = _shown(scores, given.get("shown"))
            return scores, coverage + scores

        return run_steps(step, given, nothing, tf.TensorSpec(nothing.shape, nothing.dtype))[0]

    def _scores(self, read, keys, mask, coverage=None):
        """(B, T, K), (B, S, K), (B, S) and (B, T, S) to (B, T, S)."""
        energies = self.energies(read, keys, coverage)
        if mask is None:
            return tf.nn.softmax(energies)
        mask = tf.cast(mask, tf.bool)[:, None]  # (B, 1, S)
        scores = tf.nn.softmax(tf.where(mask, energies, energies.dtype.min))
        return tf.where(mask, scores, tf.zeros([], scores.dtype))

    def _context(self, scores, memory):
        return tf.matmul(tf.cast(scores, self.compute_dtype), tf.cast(memory, self.compute_dtype))

    def _add(self, name, shape):
        return self.add_weight(name=name, shape=shape, initializer=self.kernel_initializer.clone())

    def _times(self, inputs, kernel):
        """(..., F) times a weight (F, K), in the compute dtype: also where a method is called outside of the layer."""
        return tf.tensordot(tf.cast(inputs, self.compute_dtype), tf.cast(kernel, self.compute_dtype), 1)

    def compute_mask(self, queries, mask=None):
        return None

    def compute_output_shape(self, queries_shape, memory_shape):
        return (*queries_shape[:2], memory_shape[-1]), (*queries_shape[:2], memory_shape[1])

    def compute_output_spec(self, queries, memory, memory_mask=None, queries_mask=None):
        self._check_ranks(queries=queries, memory=memory)
        context, scores = self.compute_output_shape(queries.shape, memory.shape)
        return keras.KerasTensor(context, self.compute_dtype), keras.KerasTensor(scores, self.score_dtype)

    def get_config(self):
        own = {
            "coverage": self.coverage,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
        }
        return {**super().get_config(), **own}


def coverage_loss(scores, mask=None):
    """The loss that keeps attention from coming back to where it has been.

        coverage_t = Σ_{u<t} scores_u
        loss_t = Σ_s min(scores_ts, coverage_ts)

    Args:
        scores: Float tensor (B, T, S), of an attention; masked entries of the memory have none, and add nothing.
        mask: Boolean tensor (B, T), or `None`: steps where it is false neither count nor cover.

    Returns:
        Tensor (B, T), in the dtype of the scores, each between 0 and 1; to be averaged over the steps that are not
        masked, and added to their loss with a weight of its own.

    Example:

    ```python
    import tensorflow as tf
    from rnnkit.layers import coverage_loss

    print(coverage_loss(tf.constant([[[0.9, 0.1], [0.7, 0.3]]])).numpy())  # [[0.  0.8]]
    ```

    Source: See et al., 2017, arXiv 1704.04368, equations 10 and 12.
    """
    scores = _shown(tf.convert_to_tensor(scores), mask)
    return tf.reduce_sum(tf.minimum(scores, tf.cumsum(scores, axis=1, exclusive=True)), axis=-1)


def _shown(scores, mask):
    """Scores (..., S), zero where a mask (...) is false; `None` is no mask."""
    if mask is None:
        return scores
    return tf.where(tf.cast(mask, tf.bool)[..., None], scores, tf.zeros([], scores.dtype))
