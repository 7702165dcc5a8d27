"""What a text's score is divided by for its length, and how good a text that goes on can still become."""

import numpy as np
import tensorflow as tf

from rnnkit.decoding.options import DecodingOptions


class LengthPenalty:
    """Ranks texts: rank = score / penalty(length), where a score is a log-probability and so at most 0.

    The penalty of length l is 1 ("none"), ((5 + l) / 6)^alpha ("wu") or l^alpha ("length"): positive, and rising with l
    for alpha above 0, falling for alpha below, constant for 0.

    Args:
        options: its form, alpha and the greatest length.
    """

    def __init__(self, options: DecodingOptions):
        lengths = np.maximum(np.arange(options.max_length + 1, dtype=np.float64), 1.0)
        base = {"none": np.ones_like(lengths), "wu": (5.0 + lengths) / 6.0, "length": lengths}[options.length_penalty]
        self.of_length = (base**options.alpha).astype(np.float32)  # one table, so that equal lengths are divided alike

    def rank(self, scores, lengths):
        """Scores, any shape, over the penalties of their int32 lengths, a shape that fits."""
        return scores / tf.gather(self.of_length, lengths)

    def bound(self, scores, shortest, longest):
        """The best rank that texts of these scores can reach if they end at any length from shortest to longest.

        No token adds to a score s: whatever follows, a text that ends at length l ranks at most s / penalty(l). As s is
        not positive, this rises with l where the penalty does (alpha > 0: best at `longest`), falls where it falls
        (alpha < 0: best at `shortest`), and is s itself for "none" and alpha 0. So it is greatest at one of the two.
        """
        return tf.maximum(self.rank(scores, shortest), self.rank(scores, longest))
