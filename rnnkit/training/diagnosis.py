"""Why a loss is not finite: the first tensor that is not, in the order in which a step computes."""

import keras
import tensorflow as tf

from rnnkit.config.schema import Train
from rnnkit.tasks.base import Task


def first_not_finite(task: Task, model: keras.Model, inputs: dict, targets: tf.Tensor) -> str:
    """Runs a batch again and names the first weight, activation, loss or gradient that is not finite.

    Args:
        task: gives the loss.
        model: the network with the weights before the bad update.
        inputs: model inputs by name.
        targets: as the loss takes them.

    Returns:
        Words such as `the output of layer recurrent_1`.
    """
    if weight := weight_not_finite(model):
        return weight
    layers = [layer for layer in model.layers if not isinstance(layer, keras.layers.InputLayer)]
    probe = keras.Model(model.inputs, [layer.output for layer in layers])
    for layer, output in zip(layers, probe(inputs, training=True)):
        if any(_is_bad(tensor) for tensor in tf.nest.flatten(output)):
            return f"the output of layer {layer.name}"
    with tf.GradientTape() as tape:
        total, _ = task.loss(model, model(inputs, training=True), targets, task.run.train.label_smoothing)
    if _is_bad(total):
        return "the loss"
    for variable, gradient in zip(
        model.trainable_variables, tape.gradient(total, [v.value for v in model.trainable_variables])
    ):
        if gradient is not None and _is_bad(tf.convert_to_tensor(gradient)):
            return f"the gradient of {variable.path}"
    return "a gradient, though not in a second try (dropout and adversarial steps are drawn anew)"


def weight_not_finite(model: keras.Model) -> str | None:
    """The first weight that is not finite, in words; None where all are."""
    return next((f"the weight {variable.path}" for variable in model.variables if _is_bad(variable.value)), None)


def advice(train: Train) -> str:
    """What to try against a loss that is not finite, given what is set already."""
    tips = [f"a lower train.optimizer.learning_rate than {train.optimizer.learning_rate:g}"]
    if train.clip_norm is None and train.clip_value is None:
        tips.append("train.clip_norm=1.0")
    if not (train.schedule.warmup_steps or train.schedule.warmup_share):
        tips.append("train.schedule.warmup_steps=200")
    if train.precision == "mixed_bfloat16":
        tips.append("train.precision=float32")
    return ", ".join(tips)


def _is_bad(tensor) -> bool:
    tensor = tf.convert_to_tensor(tensor)
    return tensor.dtype.is_floating and not bool(tf.reduce_all(tf.math.is_finite(tensor)))
