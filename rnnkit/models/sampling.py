"""What goes into the training of a decoder besides its cross-entropy."""

import math

import keras
import tensorflow as tf

from rnnkit.layers import coverage_loss


@keras.saving.register_keras_serializable(package="rnnkit")
class SamplingSchedule(keras.layers.Layer):
    """The chance, rising with the steps of training, that a decoder reads its own last token: scheduled sampling.

        constant           rate
        linear             rate · min(1, i / steps)
        inverse_sigmoid    rate · (1 − k / (k + exp(i / k))), k = steps

    with i the number of steps so far, which is a variable of the layer: a run that goes on goes on with it. A call
    hands its input on as it is.

    Args:
        schedule: "constant", "linear" or "inverse_sigmoid".
        rate: in (0, 1].
        steps: at least 1.

    Source: Bengio et al., 2015, arXiv 1506.03099, section 2.4, of whose chances these are the complements.
    """

    def __init__(self, schedule, rate, steps, **kwargs):
        super().__init__(**kwargs)
        self.schedule, self.rate, self.steps = schedule, rate, steps
        options = {"trainable": False, "aggregation": "only_first_replica", "name": "count"}
        self.count = self.add_weight(shape=(), dtype="int64", initializer="zeros", **options)
        self.built = True

    def next_chance(self):
        """The chance of the next step of training, () float32, which is counted."""
        done = tf.cast(tf.convert_to_tensor(self.count.value), tf.float32)
        chance = {
            "constant": lambda: tf.ones_like(done),
            "linear": lambda: tf.minimum(1.0, done / self.steps),
            "inverse_sigmoid": lambda: tf.sigmoid(done / self.steps - math.log(self.steps)),
        }[self.schedule]()
        self.count.assign_add(1)
        return self.rate * chance

    def call(self, inputs):
        return inputs

    def compute_output_spec(self, inputs):
        return keras.KerasTensor(inputs.shape, dtype=inputs.dtype)

    def get_config(self):
        return {**super().get_config(), "schedule": self.schedule, "rate": self.rate, "steps": self.steps}


@keras.saving.register_keras_serializable(package="rnnkit")
class CoverageLoss(keras.layers.Layer):
    """Adds `coverage_loss`, its mean over a batch's target tokens times a weight, to the losses of training.

    Args:
        weight: at least 0.

    Call arguments:
        outputs: (B, T, U), handed on as they are.
        scores: (B, T, S), of the attention.
        written: (B, T) bool, False where the target is padding.
        training: bool.
    """

    def __init__(self, weight, **kwargs):
        super().__init__(**kwargs)
        self.weight = weight

    def call(self, outputs, scores, written, training=False):
        if training and self.weight:
            count = tf.cast(tf.math.count_nonzero(written), scores.dtype)
            self.add_loss(self.weight * tf.reduce_sum(coverage_loss(scores, written)) / tf.maximum(count, 1.0))
        return outputs

    def compute_output_spec(self, outputs, scores, written, training=False):
        return keras.KerasTensor(outputs.shape, dtype=outputs.dtype)

    def get_config(self):
        return {**super().get_config(), "weight": self.weight}
