"""The loop that greedy decoding, sampling and streaming share: one text for every row, one token at a time."""

from typing import Any, NamedTuple

import tensorflow as tf

from rnnkit.decoding import record, sampling
from rnnkit.decoding.blocks import top_k
from rnnkit.decoding.constraints import check_ids, constraints_of
from rnnkit.decoding.options import DecodingOptions
from rnnkit.decoding.penalty import LengthPenalty
from rnnkit.decoding.results import Decoded, without_rest
from rnnkit.decoding.stepping import Scorer, alike, frozen, initial, of_rows, row_limits, written
from rnnkit.decoding.texts import NEVER, NOTHING, lengths_of


class Rows(NamedTuple):
    """Where every row stands.

    Attributes:
        time: int32 scalar, steps done.
        last: (rows,) int32, the token that the step reads next.
        state: of the step, before it reads `last`.
        tokens: (rows, max_length) int32, `NOTHING` behind a text.
        scores: (rows,) float32.
        done: (rows,) bool, ended, of its greatest length, or with nothing left that may come.
        limits: (rows,) int32, the greatest lengths.
        numbers: (rows, max_length) float64 in [0, 1) for drawing; () if nothing is drawn.
    """

    time: tf.Tensor
    last: tf.Tensor
    state: Any
    tokens: tf.Tensor
    scores: tf.Tensor
    done: tf.Tensor
    limits: tf.Tensor
    numbers: Any


class Loop:
    """Greedy decoding, or sampling.

    Args:
        step: see `rnnkit.decoding`.
        options: of decoding; `method` is not read.
        drawn: whether tokens are drawn; else the most probable one is taken.
        end: end token, or None.
        pad: id behind the texts.
        constraints: besides those of the options.
    """

    def __init__(self, step, options: DecodingOptions, drawn, end=None, pad=0, constraints=()):
        self.scorer = Scorer(step, [*constraints_of(options, end), *constraints])
        self.options, self.drawn, self.pad = options, drawn, int(pad)
        self.end = None if end is None else int(end)
        self.draw = sampling.sampler(options)

    def begin(self, start, state, limits=None, seeds=None) -> Rows:
        """All rows before the first step; see `greedy` and `sample` for the arguments."""
        start, state = initial(start, state)
        length = self.options.max_length
        numbers = ()
        if self.drawn:
            numbers = sampling.uniform(sampling.row_seeds(self.options.seed, seeds, start), length)
        return Rows(
            time=tf.constant(0),
            last=start,
            state=state,
            tokens=of_rows(start, tf.fill([length], NOTHING)),
            scores=tf.zeros_like(start, tf.float32),
            done=tf.zeros_like(start, tf.bool),
            limits=row_limits(limits, start, self.options),
            numbers=numbers,
        )

    def advance(self, rows: Rows):
        """One more token for every row that is not done: the rows after it, and what the step emitted."""
        scored = self.scorer(rows.last, rows.state, rows.tokens, rows.time)
        chosen, gained = self._choose(scored.log_probabilities, rows)
        active = ~rows.done & (gained > NEVER)
        after = rows._replace(
            time=rows.time + 1,
            last=tf.where(active, chosen, rows.last),
            state=frozen(~active, rows.state, scored.state),
            tokens=written(rows.tokens, rows.time, tf.where(active, chosen, NOTHING)),
            scores=tf.where(active, rows.scores + gained, rows.scores),
            done=~active | self._is_end(chosen, scored.log_probabilities) | (rows.time + 1 >= rows.limits),
        )
        return alike(rows, after), scored.extras

    def run(self, rows: Rows) -> Decoded:
        """Goes on until every row is done. The first step stands before the loop: it shows what extras there are."""
        rows, extras = self.advance(rows)
        arrays = record.begin(extras, self.options.max_length)

        def body(rows, arrays):
            after, extras = self.advance(rows)
            return after, record.add(arrays, rows.time, extras)

        rows, arrays = tf.while_loop(lambda rows, _: ~tf.reduce_all(rows.done), body, (rows, arrays))
        return self._decoded(rows, arrays)

    def _choose(self, log_probabilities, rows):
        """A token for every row, (rows,) int32, and its score."""
        if self.drawn:
            chosen = self.draw(log_probabilities, tf.gather(rows.numbers, rows.time, axis=1))
            return chosen, tf.gather(log_probabilities, chosen, batch_dims=1)
        best, places = top_k(log_probabilities, 1)
        return places[:, 0], best[:, 0]

    def _is_end(self, chosen, log_probabilities):
        if self.end is None:
            return tf.zeros_like(chosen, tf.bool)
        check_ids("end", [self.end], log_probabilities)
        return chosen == self.end

    def _decoded(self, rows: Rows, arrays) -> Decoded:
        tokens = rows.tokens[:, None]
        lengths = lengths_of(tokens)
        tokens = without_rest(tokens, lengths)
        ended = tf.zeros_like(tokens, tf.bool) if self.end is None else tokens == self.end
        return Decoded(
            tokens=tf.where(tokens == NOTHING, self.pad, tokens),
            lengths=lengths,
            scores=rows.scores[:, None],
            ranks=LengthPenalty(self.options).rank(rows.scores[:, None], lengths),
            finished=tf.reduce_any(ended, axis=-1),
            extras=record.of_texts(arrays, tf.zeros_like(tokens), lengths),
            state=rows.state,
        )
