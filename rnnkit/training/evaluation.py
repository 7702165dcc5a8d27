"""Scoring a model on a split."""

import keras
import numpy as np

from rnnkit.data.batching import Batches
from rnnkit.tasks.base import Report, Task
from rnnkit.training.carrying import states_of, with_states
from rnnkit.training.tracing import TracedOnce


class Evaluator:
    """Scores one model again and again; its graph is traced once.

    Args:
        task: gives loss, predictions and scorer.
        model: the network; its current weights are used at every call.
    """

    def __init__(self, task: Task, model: keras.Model):
        self.task, self.model = task, model
        self._function = TracedOnce(self._batch)

    def __call__(self, batches: Batches) -> Report:
        """Metrics over all of `batches`, the mean loss (without label smoothing) among them."""
        scorer, total, weight, states = self.task.scorer(), 0.0, 0.0, None
        for inputs, targets in batches.epoch(0):
            if states is None:
                states = self.task.initial_states(self.model, len(targets))
            inputs = with_states(inputs, states)
            batch_total, batch_weight, predictions, states = self._function(inputs, targets)
            total, weight = total + float(batch_total), weight + float(batch_weight)
            scorer.add(targets.numpy(), {name: np.asarray(value) for name, value in predictions.items()})
        report, loss = scorer.report(), total / max(weight, 1.0)
        metrics = {"loss": loss, **self.task.follows_from_loss(loss, batches), **report.metrics}
        return Report(metrics, report.table, report.plots)

    def _batch(self, inputs, targets):
        outputs = self.model({tensor.name: inputs[tensor.name] for tensor in self.model.inputs}, training=False)
        total, weight = self.task.loss(self.model, outputs, targets)
        states = states_of(outputs, self.task.initial_states(self.model, 0))
        return total, weight, self.task.predict(self.model, inputs, outputs), states
