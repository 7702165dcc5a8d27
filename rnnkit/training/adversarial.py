"""Adversarial training on embedded inputs."""

import keras
import tensorflow as tf

from rnnkit.tasks.base import Task


class AdversarialLoss:
    """The mean of the loss and of the loss after the worst small step away from the embedded input.

    With v the embedded input of one example of n tokens, all in one vector, and g = ∂loss/∂v, held constant,

        loss = ½ loss(v) + ½ loss(v + ε √n g / ‖g‖₂)

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
        embedded = model.get_layer("embedding").output
        self._embed = keras.Model(model.inputs, embedded)
        self._above = keras.Model([embedded, *model.inputs], model.outputs[0])

    def __call__(self, inputs: dict, targets: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """(sum of losses, number of things summed) of a batch in training mode, as `Task.loss` gives them."""
        ordered = [inputs[tensor.name] for tensor in self.model.inputs]
        vectors = self._embed(ordered, training=True)  # (batch, time, features)
        with tf.GradientTape() as tape:
            tape.watch(vectors)
            plain, weight = self._loss(vectors, ordered, targets)
        gradient = tf.stop_gradient(tape.gradient(plain, vectors))
        norm = tf.sqrt(tf.reduce_sum(tf.square(gradient), axis=(1, 2), keepdims=True))
        ids = next(tensor for tensor in ordered if tensor.shape.rank == 2)  # (batch, time), 0 where padding is
        tokens = tf.math.count_nonzero(ids, axis=1, dtype=norm.dtype)[:, None, None]
        step = self.epsilon * tf.sqrt(tokens) * tf.math.divide_no_nan(gradient, norm)
        moved, _ = self._loss(vectors + step, ordered, targets)
        return 0.5 * (plain + moved), weight

    def _loss(self, vectors, ordered, targets):
        outputs = self._above([vectors, *ordered], training=True)
        return self.task.loss(self.model, outputs, targets, self.label_smoothing)
