"""Tag sequences that are scored as a whole: a linear-chain CRF, and the grammar of tags alone."""

import keras
import tensorflow as tf

from rnnkit.cells.precision import at_least_float32
from rnnkit.layers import linear_chain
from rnnkit.layers.constraints import allowed_transitions
from rnnkit.layers.linear_chain import Scores

FORBIDDEN = -1e4


@keras.saving.register_keras_serializable(package="rnnkit")
class TagChain(keras.layers.Layer):
    """Decodes tag sequences that keep to a tagging scheme; has no weights.

    The score of the tags y of a sentence with potentials x (unnormalised, or log-probabilities) is

        s(x, y) = start[y_1] + Σ_t x[t, y_t] + Σ_t transitions[y_{t-1}, y_t] + end[y_T]

    Here a transition scores 0 where `scheme` allows it and -10,000 where it does not. So no forbidden transition is
    decoded while potentials differ by less, and where all sequences are forbidden the result is still finite.

    Everything is computed in float32 (float64 under that policy), also with mixed precision. Masked steps are taken out
    of the chain, wherever they are: the steps around a hole are neighbours.

    Args:
        tags: names of the K tags, or K itself, which is enough where `scheme` is "none".
        scheme: "none", "iob2" or "bioes"; see `constraints.allowed_transitions`.
        **kwargs: of `keras.layers.Layer`.

    Call arguments:
        potentials: (batch, time, K), any float type.
        mask: ignored; see the methods.

    Returns:
        The potentials as they are, in float32: called in a functional model, the layer becomes a part of it.

    Raises:
        ValueError: if a scheme is unknown or comes without tag names, a tag is not of it, or K is below 1.

    Example:
        >>> chain = TagChain(["O", "B-x", "I-x"], "iob2")
        >>> tags, score = chain.decode(keras.ops.array([[[1.0, 0.0, 0.0], [0.0, 1.0, 4.0]]]))
        >>> tags  # O I-x would score more, but is no entity
        <tf.Tensor: shape=(1, 2), dtype=int32, numpy=array([[1, 2]], dtype=int32)>
    """

    def __init__(self, tags, scheme="none", **kwargs):
        super().__init__(autocast=False, **kwargs)
        self.dtype_policy = keras.DTypePolicy(at_least_float32(self.compute_dtype))
        self.supports_masking = True
        self.tags = tags if isinstance(tags, int) else tuple(tags)
        self.scheme = scheme
        self.size = tags if isinstance(tags, int) else len(self.tags)
        if self.size < 1:
            raise ValueError(f"tags: at least one is needed, got {tags!r}")
        if scheme != "none" and isinstance(tags, int):
            raise ValueError(f"tags: the scheme {scheme} needs the names of the tags, got their number, {tags}")
        self._allowed = None if scheme == "none" else allowed_transitions(self.tags, scheme)

    def call(self, potentials, mask=None):
        return tf.cast(potentials, self.compute_dtype)

    def compute_output_shape(self, input_shape):
        return input_shape

    def decode(self, potentials, mask=None):
        """The best tag sequence (Viterbi).

        Args:
            potentials: (B, T, K) float.
            mask: (B, T) bool, False for steps that do not exist; None: all do.

        Returns:
            tags: (B, T) int32, 0 where masked.
            score: (B,) of these tags, 0 for a fully masked row.
        """
        return linear_chain.best_path(*self._prepare(potentials, mask), self._constrained(self._scores()))

    def marginals(self, potentials, mask=None):
        """The probability of every tag at every step, given the whole sentence: (B, T, K), 0 where masked."""
        return linear_chain.marginals(*self._prepare(potentials, mask), self._constrained(self._scores()))

    def get_config(self):
        tags = self.tags if isinstance(self.tags, int) else list(self.tags)
        return {**super().get_config(), "tags": tags, "scheme": self.scheme}

    def _scores(self) -> Scores:
        """Learned scores; here there are none."""
        zeros = tf.zeros([self.size], self.compute_dtype)
        return Scores(zeros, tf.zeros([self.size, self.size], self.compute_dtype), zeros)

    def _penalties(self) -> Scores:
        """0 for what the scheme allows, FORBIDDEN for the rest."""
        return Scores(*(tf.where(allowed, tf.zeros([], self.compute_dtype), FORBIDDEN) for allowed in self._allowed))

    def _constrained(self, scores: Scores) -> Scores:
        if self._allowed is None:
            return scores
        return Scores(*(score + penalty for score, penalty in zip(scores, self._penalties(), strict=True)))

    def _prepare(self, potentials, mask):
        potentials = tf.cast(potentials, self.compute_dtype)
        if mask is None:
            return potentials, tf.fill(tf.shape(potentials)[:2], True)
        return potentials, tf.cast(mask, tf.bool)


@keras.saving.register_keras_serializable(package="rnnkit")
class CRF(TagChain):
    """A linear-chain conditional random field: P(y | x) = exp(s(x, y)) / Σ_y' exp(s(x, y')).

    The score s is that of `TagChain` with learned `start` (K,), `transitions` (K, K; [from, to]) and `end` (K,), zero
    at first and in this order in `get_weights()`. The scheme's penalties of -10,000 are added to them, in training too:
    no probability is spent on what is never decoded. Only the likelihood of a row whose given tags themselves break the
    scheme is taken without the penalties, so a wrongly tagged sentence costs no more than any other.

    Args:
        tags: names of the K tags, or K itself, which is enough where `scheme` is "none".
        scheme: "none", "iob2" or "bioes"; see `constraints.allowed_transitions`.
        **kwargs: of `keras.layers.Layer`.

    Call arguments, returns, raises: as for `TagChain`.

    Example:
        >>> crf = CRF(5)
        >>> potentials = crf(keras.random.normal((2, 7, 5)))
        >>> tags, score = crf.decode(potentials)
        >>> tags.shape, crf.log_likelihood(potentials, tags).shape
        (TensorShape([2, 7]), TensorShape([2]))

    Reference:
        Lafferty, McCallum, Pereira 2001, Conditional Random Fields; Lample et al. 2016, arXiv:1603.01360, section 2.2.
    """

    def build(self, input_shape):
        if input_shape[-1] != self.size:
            raise ValueError(f"potentials: the last axis must have the {self.size} tags, got the shape {input_shape}")
        shapes = {"start": (self.size,), "transitions": (self.size, self.size), "end": (self.size,)}
        for name, shape in shapes.items():
            setattr(self, name, self.add_weight(name=name, shape=shape, initializer="zeros"))

    def log_likelihood(self, potentials, tags, mask=None):
        """Log-probability of the given tags.

        Args:
            potentials: (B, T, K) float.
            tags: (B, T) int, in [0, K) where not masked; masked ones are not read.
            mask: (B, T) bool, False for steps that do not exist; None: all do.

        Returns:
            (B,), 0 for a fully masked row. Finite also for tags that break the scheme.
        """
        potentials, mask = self._prepare(potentials, mask)
        scores = self._scores()
        partition = linear_chain.log_partition(potentials, mask, self._scores_of_rows(scores, tags, mask))
        return linear_chain.path_score(potentials, tags, mask, scores) - partition

    def _scores_of_rows(self, scores: Scores, tags, mask) -> Scores:
        """The scores, with the penalties in those rows whose tags keep to the scheme; with a batch axis."""
        if self._allowed is None:
            return scores
        penalties = self._penalties()
        nothing = tf.zeros([*tf.unstack(tf.shape(tags)), self.size], self.compute_dtype)
        legal = linear_chain.path_score(nothing, tags, mask, penalties) > FORBIDDEN / 2  # (B,)
        start, transitions, end = penalties
        return Scores(
            scores.start + tf.where(legal[:, None], start, 0.0),
            scores.transitions + tf.where(legal[:, None, None], transitions, 0.0),
            scores.end + tf.where(legal[:, None], end, 0.0),
        )

    def _scores(self) -> Scores:
        return Scores(*(tf.convert_to_tensor(weight) for weight in (self.start, self.transitions, self.end)))
