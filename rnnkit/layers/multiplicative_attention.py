"""Attention by products."""

import keras
import tensorflow as tf

from rnnkit.cells.arguments import choice, positive_integer
from rnnkit.layers.attention import MemoryAttention
from rnnkit.layers.energies import additive_energies

MODES = ("dot", "general", "concat")


@keras.saving.register_keras_serializable(package="rnnkit")
class MultiplicativeAttention(MemoryAttention):
    """Luong's attentions.

        energy_ts = q_t · m_s                               "dot": equal widths, no weights
        energy_ts = q_t · (m_s W)                           "general"
        energy_ts = v · tanh(q_t W_q + m_s W_m)             "concat": tanh([q_t, m_s] [W_q; W_m])
        scores_t = softmax_s(energy_ts)
        context_t = Σ_s scores_ts m_s

    with q the queries and m the memory. With `coverage=True`, c_t = Σ_{u<t} scores_u comes in: c_ts w as one more
    summand of the energy (w a number, ours), or inside the tanh of "concat" (w of the width `units`). Weights:
    `memory_kernel` W (M, Q) for "general"; `query_kernel` W_q (Q, units), `memory_kernel` W_m (M, units) and
    `energy_kernel` v (units,) for "concat"; and, with coverage, `coverage_kernel` w (1,) or (units,), which starts at
    zero.

    All queries are taken at once; with coverage one after the other, in a loop in the graph.

    Args:
        mode: `"dot"`, `"general"` or `"concat"`. Default `"general"`.
        units: Positive integer, width of the hidden layer of "concat", or `None`: that of the queries. Default `None`.
        coverage: Boolean, whether earlier scores enter the energy. Default `False`.
        kernel_initializer: Initializer of the kernels and v. Default `"glorot_uniform"`.
        **kwargs: Of `keras.layers.Layer`.

    Call arguments:
        queries: Tensor (B, T, Q).
        memory: Tensor (B, S, M).
        memory_mask: Boolean tensor (B, S), or `None`: which entries of the memory there are. Where there are none, the
            scores and the context are zero.
        queries_mask: Boolean tensor (B, T), or `None`: where it is false, context and scores are zero, and nothing is
            added to the coverage.

    Returns:
        context: Tensor (B, T, M), in the compute dtype.
        scores: Tensor (B, T, S), float32 (float64 for float64), each row of sum 1.

    Step by step: `keys = attention.prepare(memory)` once, then `attention.attend(query, memory, keys, mask, coverage)`.

    Raises:
        ValueError: Queries or memory are not of rank 3, `mode` is unknown, `units` is given for another mode than
            "concat", or the widths of queries and memory differ with "dot".

    Example:

    ```python
    import keras
    from rnnkit.layers import MultiplicativeAttention

    context, scores = MultiplicativeAttention("dot")(keras.ops.ones((2, 5, 3)), keras.ops.ones((2, 7, 3)))
    print(context.shape, scores.shape)  # (2, 5, 3) (2, 5, 7)
    ```

    Source: Luong, Pham and Manning, 2015, arXiv 1508.04025, section 3.1 (global attention); coverage: See et al., 2017,
    arXiv 1704.04368, section 2.2.
    """

    def __init__(self, mode="general", units=None, coverage=False, kernel_initializer="glorot_uniform", **kwargs):
        super().__init__(coverage, kernel_initializer, **kwargs)
        self.mode = choice("MultiplicativeAttention", "mode", mode, MODES)
        self.units = None if units is None else positive_integer("MultiplicativeAttention", "units", units)
        if units is not None and mode != "concat":
            raise ValueError(
                "MultiplicativeAttention: argument `units` is for mode='concat' only. "
                f"Received: units={units!r}, mode={mode!r}"
            )

    def build(self, queries_shape, memory_shape):
        query, memory = queries_shape[-1], memory_shape[-1]
        units = self.units or query
        if self.mode == "dot" and query != memory:
            raise ValueError(
                "MultiplicativeAttention: mode='dot' needs queries and memory of the same width. "
                f"Received: queries of {query}, memory of {memory}. Use mode='general'."
            )
        if self.mode == "general":
            self.memory_kernel = self._add("memory_kernel", (memory, query))
        if self.mode == "concat":
            self.query_kernel = self._add("query_kernel", (query, units))
            self.memory_kernel = self._add("memory_kernel", (memory, units))
            self.energy_kernel = self._add("energy_kernel", (units,))
        if self.coverage:
            shape = (units if self.mode == "concat" else 1,)
            self.coverage_kernel = self.add_weight(name="coverage_kernel", shape=shape, initializer="zeros")

    def prepare(self, memory):
        return tf.cast(memory, self.compute_dtype) if self.mode == "dot" else self._times(memory, self.memory_kernel)

    def read(self, queries):
        if self.mode == "concat":
            return self._times(queries, self.query_kernel)
        return tf.cast(queries, self.compute_dtype)

    def energies(self, read, keys, coverage=None):
        covered = [] if coverage is None else [coverage, self.coverage_kernel]
        if self.mode == "concat":
            given = [read, keys, self.energy_kernel, *covered]
            return additive_energies(*(tf.cast(tensor, self.score_dtype) for tensor in given))
        energies = tf.cast(tf.matmul(read, keys, transpose_b=True), self.score_dtype)
        return energies if coverage is None else energies + coverage * tf.cast(self.coverage_kernel, coverage.dtype)

    def get_config(self):
        return {**super().get_config(), "mode": self.mode, "units": self.units}
