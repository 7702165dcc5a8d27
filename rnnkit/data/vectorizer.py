"""What every vectorizer is to `Batches`."""

from typing import ClassVar

import tensorflow as tf

from rnnkit.data.corpus import Split
from rnnkit.data.vocabulary import Labels


class Vectorizer(tf.Module):
    """Makes a model's inputs of examples.

    Attributes:
        sides: Names of the inputs whose lengths decide which examples share a batch. The first side's length is that of
            every input that is none, the last one's that of targets.
        labels: The names of the classes whose id is the input `"label"`, where there is such an input.
    """

    sides: ClassVar[tuple[str, ...]]
    labels: Labels | None = None

    def examples(self, batch: dict, training: bool) -> tuple[dict, tf.Tensor | tf.RaggedTensor, tf.Tensor]:
        """What a model is trained or scored with, unpadded.

        Args:
            batch: Examples of a split, as `Split.batches` gives them.
            training: Whether they are trained on; for scoring inputs may have more, which no model reads.

        Returns:
            Inputs by name; targets: ids, or strings, the names of labels; which examples were cut, bool. All are
            `(batch,)` or ragged, `(batch, None, …)`. Where an example of a split stands for several to train on, inputs
            and targets have these on a second axis, `(batch, None, None)`, except what they share.
        """
        raise NotImplementedError

    def explain(self, split: Split) -> None:
        """Raises a DataError that says what `examples` refuses in a split; for most vectorizers there is nothing."""

    def finished(self, inputs: dict) -> dict:
        """The inputs of a padded batch, with what is better not held in memory."""
        return inputs

    @property
    def limits(self) -> str:
        """The keys of the configuration beyond which texts are cut, and their values."""
        raise NotImplementedError
