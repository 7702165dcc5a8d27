"""Beam search: the most probable texts of every row, found by following several beginnings at once."""

from typing import Any, NamedTuple

import tensorflow as tf

from rnnkit.decoding import record
from rnnkit.decoding.blocks import top_k_of_sums
from rnnkit.decoding.constraints import check_ids, constraints_of
from rnnkit.decoding.options import DEFAULTS, DecodingOptions
from rnnkit.decoding.penalty import LengthPenalty
from rnnkit.decoding.results import Decoded, without_rest
from rnnkit.decoding.stepping import (
    Scorer,
    alike,
    frozen,
    initial,
    multiplied,
    of_rows,
    reordered,
    row_limits,
    written,
)
from rnnkit.decoding.texts import NEVER, NOTHING, Texts, best_of, lengths_of, no_paths, no_texts


def beam_search(
    step,
    state,
    start,
    options: DecodingOptions = DEFAULTS,
    *,
    end=None,
    pad=0,
    constraints=(),
    limits=None,
    early_stop=True,
) -> Decoded:
    """The n best texts of every row among those that its beams meet, best rank first.

    Each step takes, of all that the beams of a row can go on with, the best beginnings that do not end: always as many
    as the beam is wide, by their log-probability. A text ends where its end token is among that many best of all; it is
    then kept apart, with its rank (score over length penalty), if it is one of the n best so far. Texts of their
    greatest length are cut and compete with the others.

    A row stops as soon as no beginning can still become better than the worst of its n texts: a score never rises, so
    what a beginning can still reach is bounded (see `LengthPenalty.bound`), and stopping never changes the result.
    With a penalty that favours long texts the bound counts on the greatest length: give `limits` that fit the rows.

    Width 1 without a length penalty is greedy decoding. A beam as wide as a step can have ways to go on is exact.

    Args:
        step, state, start, end, pad, constraints, limits: as for `greedy`; `step` is called with rows × beam_width
            rows, the beams of a row next to each other.
        options: read here: those of `greedy`, beam_width, length_penalty, length_alpha and n_best.
        early_stop: False follows every row to its greatest length; the result is the same.

    Returns:
        Decoded. Where a row has fewer than n_best texts, the rest is of length 0 and score -inf. Its state is None.

    Raises:
        ValueError: as for `greedy`, or if the beam is wider than the vocabulary.

    Example:
        >>> table = tf.math.log([[0.1, 0.6, 0.3], [0.1, 0.2, 0.7], [0.3, 0.3, 0.4]])
        >>> step = lambda tokens, state: (tf.gather(table, tokens), state)
        >>> found = beam_search(step, (), [0], DecodingOptions(beam_width=3, n_best=2, length_penalty="none"), end=2)
        >>> found.tokens.numpy(), tf.exp(found.scores).numpy().round(2)
        (array([[[1, 2],
                [2, 0]]], dtype=int32), array([[0.42, 0.3 ]], dtype=float32))

    Reference:
        Wu et al. 2016, Google's Neural Machine Translation System, arXiv:1609.08144, section 7 (length penalty).
    """
    search = _Search(step, options, end, pad, constraints, early_stop)
    return search.run(search.begin(start, state, limits))


class _Beams(NamedTuple):
    """Where every row stands; W beams each.

    `scores` are -inf for beams that do not live: all but one before the first step, those that have nothing left that
    may come, and all of a row that stopped early. Scores and paths of a row that is done stay as they are, but for what
    is written behind its limit.
    """

    time: tf.Tensor  # int32 scalar, steps done
    last: tf.Tensor  # (rows, W) int32, the token that the step reads next
    state: Any  # rows × W
    scores: tf.Tensor  # (rows, W) float32
    paths: tf.Tensor  # (rows, W, max_length) int32, as in `Texts`
    kept: Texts  # (rows, n_best)
    done: tf.Tensor  # (rows,) bool
    limits: tf.Tensor  # (rows,) int32


class _Candidates(NamedTuple):
    """What the beams of every row can go on with.

    `scores` are of the best beginnings that do not end, best first, made of `parents` (beams) and `tokens`; `ends` are
    of the beams that end now, -inf for those that do not. Each (rows, W).
    """

    scores: tf.Tensor
    parents: tf.Tensor
    tokens: tf.Tensor
    ends: tf.Tensor


class _Search:
    def __init__(self, step, options: DecodingOptions, end, pad, constraints, early_stop):
        self.scorer = Scorer(step, [*constraints_of(options, end), *constraints])
        self.width, self.max_length = options.beam_width, options.max_length
        self.options, self.early_stop, self.pad = options, early_stop, int(pad)
        self.end = None if end is None else int(end)
        self.penalty = LengthPenalty(options)

    def begin(self, start, state, limits) -> _Beams:
        """All rows before the first step: one beam lives, the others are copies that do not."""
        start, state = initial(start, state)
        return _Beams(
            time=tf.constant(0),
            last=start[:, None] + tf.zeros([self.width], tf.int32),
            state=multiplied(state, self.width),
            scores=of_rows(start, tf.constant([0.0] + [NEVER] * (self.width - 1))),
            paths=no_paths(start, self.width, self.max_length),
            kept=no_texts(start, self.options.n_best, self.max_length),
            done=tf.zeros_like(start, tf.bool),
            limits=row_limits(limits, start, self.options),
        )

    def run(self, beams: _Beams) -> Decoded:
        """Goes on until every row is done. The first step stands before the loop: it shows what extras there are."""
        beams, extras = self.advance(beams)
        arrays = record.begin(extras, self.max_length)

        def body(beams, arrays):
            after, extras = self.advance(beams)
            return after, record.add(arrays, beams.time, extras)

        beams, arrays = tf.while_loop(lambda beams, _: ~tf.reduce_all(beams.done), body, (beams, arrays))
        return self._decoded(beams, arrays)

    def advance(self, beams: _Beams):
        """One more token for the beams of every row that is not done: they, and what the step emitted."""
        so_far = tf.reshape(beams.paths // self.width, [-1, self.max_length])
        scored = self.scorer(tf.reshape(beams.last, [-1]), beams.state, so_far, beams.time)
        found = self._candidates(beams, scored.log_probabilities)
        kept = self._end(beams, found.ends)
        stopped, cut = self._stops(beams, found.scores, kept)
        scores = tf.where(stopped[:, None], NEVER, found.scores)
        scores, parents = frozen(beams.done, (beams.scores, self._own(beams)), (scores, found.parents))
        paths = tf.gather(beams.paths, parents, batch_dims=1)
        after = beams._replace(
            time=beams.time + 1,
            last=found.tokens,
            state=self._moved(beams, scored.state, parents),
            scores=scores,
            paths=written(paths, beams.time, found.tokens * self.width + parents),
            kept=kept,
            done=beams.done | stopped | cut,
        )
        return alike(beams, after), scored.extras

    def _candidates(self, beams, log_probabilities) -> _Candidates:
        vocabulary, width = log_probabilities.shape[-1], self.width
        if width > vocabulary:
            raise ValueError(f"beam_width: at most the vocabulary, {vocabulary}, is needed, got {width}")
        gains = tf.reshape(log_probabilities, [-1, width, vocabulary])
        if self.end is None:
            scores, picked = top_k_of_sums(beams.scores, gains, width)
            ends = tf.fill(tf.shape(beams.last), NEVER)
        else:
            check_ids("end", [self.end], log_probabilities)
            scores, picked = top_k_of_sums(beams.scores, gains, width, without=self.end)
            ends = tf.where(beams.scores > NEVER, beams.scores + gains[:, :, self.end], NEVER)
            both = tf.concat([ends, scores], axis=1)
            better = tf.reduce_sum(tf.cast(both[:, None] > ends[:, :, None], tf.int32), axis=-1)  # than each end
            ends = tf.where((better < width) & (ends > NEVER) & ~beams.done[:, None], ends, NEVER)
        return _Candidates(scores, picked // vocabulary, picked % vocabulary, ends)

    def _own(self, beams):
        """The number of each beam, (rows, W) int32."""
        return tf.zeros_like(beams.last) + tf.range(self.width)

    def _end(self, beams, ends) -> Texts:
        """The texts that are kept, and those among the beams that end now, of these scores, as far as they are best."""
        if self.end is None:
            return beams.kept
        paths = written(beams.paths, beams.time, self.end * self.width + self._own(beams))
        return self._keep(beams.kept, ends, paths, beams.time + 1)

    def _keep(self, kept, scores, paths, lengths) -> Texts:
        return best_of(kept, Texts(self.penalty.rank(scores, lengths), scores, paths))

    def _stops(self, beams, scores, kept):
        """Which rows stop, as none of their beginnings can become better or go on, and which are cut: (rows,) bool."""
        length = beams.time + 1
        cut = length >= beams.limits
        hope, worst = tf.reduce_max(scores, axis=1), NEVER  # no slice: XLA would sort all to find the best
        if self.early_stop and self.end is not None:
            hope = self.penalty.bound(hope, tf.minimum(length + 1, beams.limits), beams.limits)
            worst = kept.ranks[:, -1]
        return ~cut & ~(hope > worst), cut

    def _moved(self, beams, state, parents):
        """The state with each beam's rows where they belong now. Of rows that are done it means nothing."""
        rows = tf.range(tf.shape(parents)[0])[:, None] * self.width + parents
        return reordered(beams.state, state, tf.reshape(rows, [-1]))

    def _decoded(self, beams: _Beams, arrays) -> Decoded:
        """The n best of the texts that are kept and the beams that were cut."""
        within = tf.sequence_mask(beams.limits, self.max_length)[:, None]
        cut = tf.where(within, beams.paths, NOTHING)
        kept = self._keep(beams.kept, beams.scores, cut, beams.limits[:, None])
        lengths = lengths_of(kept.paths)
        paths = without_rest(kept.paths, lengths)
        tokens = tf.where(paths == NOTHING, self.pad, paths // self.width)
        ended = tf.zeros_like(paths, tf.bool) if self.end is None else (paths // self.width == self.end)
        return Decoded(
            tokens=tokens,
            lengths=lengths,
            scores=kept.scores,
            ranks=kept.ranks,
            finished=tf.reduce_any(ended, axis=-1),
            extras=record.of_texts(arrays, paths % self.width, lengths),
            state=None,
        )
