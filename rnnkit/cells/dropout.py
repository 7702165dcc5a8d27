"""Dropout masks that stay the same for every step of a sequence.

`keras.layers.RNN` draws the masks of a cell before its loop and drops them after it, but only for cells that derive
from one mixin, which Keras does not export. It is taken here, and nowhere else, from the bases of a public cell, so
that our cells keep one mask per sequence inside `keras.layers.RNN` too. `tests/cells/test_dropout.py` fails by name
when Keras changes it.
"""

import keras

KerasMixin = next(base for base in keras.layers.SimpleRNNCell.__mro__ if base.__name__ == "DropoutRNNCell")


class SequenceDropout(KerasMixin):
    """The mixin, with a switch: Keras draws masks outside training too, which no one reads.

    Attributes:
        draws_masks: whether masks are drawn. `rnnkit.layers.RNN` sets it to whether it is training, so that inference
            neither moves the seed generator nor puts random operations into an exported graph.
    """

    draws_masks = True

    def get_dropout_mask(self, step_input):
        """Mask (batch, features) of the inputs, the same until it is reset; `None` where there is none."""
        return super().get_dropout_mask(step_input) if self.draws_masks else None

    def get_recurrent_dropout_mask(self, step_input):
        """Mask (batch, units) of the previous output, the same until it is reset; `None` where there is none."""
        return super().get_recurrent_dropout_mask(step_input) if self.draws_masks else None
