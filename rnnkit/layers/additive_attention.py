"""Attention by a perceptron."""

import keras
import tensorflow as tf

from rnnkit.cells.arguments import positive_integer
from rnnkit.cells.precision import add_bias
from rnnkit.layers.attention import MemoryAttention
from rnnkit.layers.energies import additive_energies


@keras.saving.register_keras_serializable(package="rnnkit")
class AdditiveAttention(MemoryAttention):
    """Attention whose energy is a perceptron with one hidden layer.

        energy_ts = v · tanh(q_t W + m_s U + b (+ c_ts w))
        scores_t = softmax_s(energy_ts)
        context_t = Σ_s scores_ts m_s

    with q the queries, m the memory and, with `coverage=True`, c_t = Σ_{u<t} scores_u. Weights: `query_kernel` W
    (Q, units), `memory_kernel` U (M, units), `bias` b (units,), `energy_kernel` v (units,) and, with coverage,
    `coverage_kernel` w (units,), which starts at zero.

    All queries are taken at once; with coverage one after the other, in a loop in the graph. The hidden layer, which is
    B · T · S · units numbers, is made in parts that fit a cache and not stored for the backward pass.

    Args:
        units: Positive integer, width of the hidden layer, or `None`: that of the queries. Default `None`.
        coverage: Boolean, whether earlier scores enter the energy. Default `False`.
        kernel_initializer: Initializer of W, U and v. Default `"glorot_uniform"`.
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
        ValueError: Queries or memory are not of rank 3, or `units` is no positive integer.

    Example:

    ```python
    import keras
    from rnnkit.layers import AdditiveAttention

    context, scores = AdditiveAttention(4)(keras.ops.ones((2, 5, 3)), keras.ops.ones((2, 7, 6)))  # (2, 5, 6), (2, 5, 7)
    ```

    Source: Bahdanau, Cho and Bengio, 2014, arXiv 1409.0473, section 3.1 and appendix A.1.2 (there without b); coverage:
    See et al., 2017, arXiv 1704.04368, equation 11.
    """

    def __init__(self, units=None, coverage=False, kernel_initializer="glorot_uniform", **kwargs):
        super().__init__(coverage, kernel_initializer, **kwargs)
        self.units = None if units is None else positive_integer("AdditiveAttention", "units", units)

    def build(self, queries_shape, memory_shape):
        units = self.units or queries_shape[-1]
        self.query_kernel = self._add("query_kernel", (queries_shape[-1], units))
        self.memory_kernel = self._add("memory_kernel", (memory_shape[-1], units))
        self.bias = self.add_weight(name="bias", shape=(units,), initializer="zeros")
        self.energy_kernel = self._add("energy_kernel", (units,))
        if self.coverage:
            self.coverage_kernel = self.add_weight(name="coverage_kernel", shape=(units,), initializer="zeros")

    def prepare(self, memory):
        return self._times(memory, self.memory_kernel)

    def read(self, queries):
        return add_bias(self._times(queries, self.query_kernel), tf.cast(self.bias, self.compute_dtype))

    def energies(self, read, keys, coverage=None):
        covered = [] if coverage is None else [coverage, self.coverage_kernel]
        given = [read, keys, self.energy_kernel, *covered]
        return additive_energies(*(tf.cast(tensor, self.score_dtype) for tensor in given))

    def get_config(self):
        return {**super().get_config(), "units": self.units}
