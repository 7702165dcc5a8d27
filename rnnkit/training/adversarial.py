"""Adversarial training on embedded inputs."""

import keras
import tensorflow as tf

from rnnkit.engines.gradients import custom_gradient
from rnnkit.tasks.base import Task

_BELOW = ("embedding", "character_encoder")  # layers whose outputs are computed once


class AdversarialLoss:
    """The mean of the loss and of the loss after the worst small step away from the embedded input.

    With v the embedded input of one example of n tokens, all in one vector, and g = ∂loss/∂v, held constant,

        loss = ½ loss(v) + ½ loss(v + ε √n g / ‖g‖₂)

    Vectors from characters are computed once, and are the same in both. Loss(v) is differentiated once, for the step
    and for the update.

    Args:
        task: gives the loss.
        model: functional, with a layer named `embedding`.
        epsilon: ε, length of the step for one token.
        label_smoothing: as `Task.loss` takes it.

    Source:
        Miyato, Dai and Goodfellow (2017), arXiv 1605.07725, equations 3 to 5. Deviations: embeddings are not
        normalised, and the step grows with the length of the text.
    """

    def __init__(self, task: Task, model: keras.Model, epsilon: float, label_smoothing: float):
        self.task, self.model, self.epsilon, self.label_smoothing = task, model, epsilon, label_smoothing
        names = [layer.name for layer in model.layers]
        below = [model.get_layer(name).output for name in _BELOW if name in names]
        self._below = keras.Model(model.inputs, below)
        self._above = keras.Model([*below, *model.inputs], model.outputs[0])

    def __call__(self, inputs: dict, targets: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """(sum of losses, number of things summed) of a batch in training mode, as `Task.loss` gives them."""
        ordered = [inputs[tensor.name] for tensor in self.model.inputs]
        vectors, *spelled = tf.nest.flatten(self._below(ordered, training=True))  # each (batch, time, features)
        weights = [variable.value for variable in self._above.trainable_variables]
        with tf.GradientTape() as tape:
            tape.watch([vectors, *spelled])
            plain, weight = self._loss([vectors, *spelled], ordered, targets)
        sources = [vectors, *spelled, *weights]
        gradients = tape.gradient(plain, sources, unconnected_gradients="zero")
        moved, _ = self._loss([vectors + self._step(gradients[0], ordered), *spelled], ordered, targets)
        return 0.5 * (_differentiated(plain, sources, gradients) + moved), weight

    def _step(self, gradient, ordered):
        """ε √n g / ‖g‖₂ of every example: (batch, time, features)."""
        gradient = tf.stop_gradient(gradient)
        norm = tf.sqrt(tf.reduce_sum(tf.square(gradient), axis=(1, 2), keepdims=True))
        ids = next(tensor for tensor in ordered if tensor.shape.rank == 2)  # (batch, time), 0 where padding is
        tokens = tf.math.count_nonzero(ids, axis=1, dtype=norm.dtype)[:, None, None]
        return self.epsilon * tf.sqrt(tokens) * tf.math.divide_no_nan(gradient, norm)

    def _loss(self, below, ordered, targets):
        outputs = self._above([*below, *ordered], training=True)
        return self.task.loss(self.model, outputs, targets, self.label_smoothing)


def _differentiated(value, sources, gradients):
    """A scalar whose gradients with respect to `sources` are known, so that they are not computed again."""

    @custom_gradient
    def known(*_):
        return [tf.identity(value)], lambda upstream: [tf.cast(upstream, each.dtype) * each for each in gradients]

    return known(*map(tf.convert_to_tensor, sources))[0]
