"""One update of the weights: loss, gradients, clipping, optimizers, weight averages; on one device or several."""

from dataclasses import dataclass

import keras
import tensorflow as tf

from rnnkit.config.schema import Train
from rnnkit.models.parts import parts
from rnnkit.tasks.base import Task
from rnnkit.training import optimizers
from rnnkit.training.adversarial import AdversarialLoss
from rnnkit.training.carrying import states_of, with_states
from rnnkit.training.runtime import Runtime
from rnnkit.training.tracing import TracedOnce

STEPS_PER_SHAPE = 500  # from which on compiling the recurrent layers for a shape pays (benchmarks/profile)


@dataclass(frozen=True)
class Result:
    """What one step did, as scalars still on the device.

    Attributes:
        total: sum of losses over the whole batch; weight: number of things summed.
        finite: whether loss and gradients were, in this step and all before; where not, the weights stay.
        norms: float (parts,): the gradient's norm in each trainable part, before clipping.
        inputs: what the model read: the batch's inputs, with the states that it went on from.
    """

    total: tf.Tensor
    weight: tf.Tensor
    finite: tf.Tensor
    norms: tf.Tensor
    inputs: dict


class TrainStep:
    """A compiled training step and the variables that only training needs.

    Args:
        task: gives the loss.
        model: the network; its `trainable_variables` are updated.
        train: how.
        runtime: where.
        total_steps: length of the run, for the schedule.
        rates: factor of the learning rate by part name; a part not named has 1.
        shapes: how many shapes the batches have, or None where it is not known.
    """

    def __init__(
        self,
        task: Task,
        model: keras.Model,
        train: Train,
        runtime: Runtime,
        total_steps: int,
        rates: dict[str, float] | None = None,
        shapes: int | None = None,
    ):
        self.few_shapes = shapes is not None and total_steps >= shapes * STEPS_PER_SHAPE
        self.task, self.model, self.train, self.runtime = task, model, train, runtime
        optimizers.check(train.optimizer)
        with runtime.strategy.scope():
            self.iteration = _variable(tf.zeros((), tf.int64), "iteration")
            self.healthy = _variable(tf.constant(True), "healthy")  # once False, no step moves a weight
            self._factor = lambda step: optimizers.factor(train.schedule, step, total_steps)
            self.optimizers = self._make_optimizers(rates or {})
            self.averages = (
                [_variable(v.value, "average") for v in model.trainable_variables] if train.averaging else []
            )
            states = task.initial_states(model, train.batch_size)
            self.states = {name: _variable(state, name) for name, state in states.items()}
        self._loss = self._plain_loss
        if train.adversarial is not None:
            adversarial = AdversarialLoss(task, model, train.adversarial, train.label_smoothing)
            self._loss = lambda inputs, targets: (*adversarial(inputs, targets), {})
        self.averaged = list(model.trainable_variables) if train.averaging else []
        self.compile()

    def compile(self) -> None:
        """Traces anew at the next step; needed after the set of trainable parts changed."""
        self.parts = {name: v for name, v in _variables_by_part(self.model).items() if v}
        if self.runtime.replicas > 1:
            self._function = tf.function(self._distributed_step, reduce_retracing=True, autograph=False)
        else:
            self._function = TracedOnce(self._step, self.train.xla or None, self.few_shapes)

    def __call__(self, inputs: dict, targets: tf.Tensor) -> Result:
        """Updates the weights on one batch: inputs by name, each (batch, …), and targets (batch, …).

        States, where the model has some, go on from those of the batch before; no gradient goes back there.
        """
        inputs = with_states(inputs, self.states)
        batch = self._shared_out((inputs, targets)) if self.runtime.replicas > 1 else (inputs, targets)
        *found, states = self._function(*batch)
        for name, state in states.items():
            self.states[name].assign(state)
        return Result(*found, inputs)

    @property
    def variables(self) -> dict[str, list]:
        """Every variable of a training process, by group."""
        return {
            "model": self.model.variables,
            "optimizer": [v for optimizer in self.optimizers.values() for v in optimizer.variables],
            "average": self.averages,
            "iteration": [self.iteration],
            **({"states": list(self.states.values())} if self.states else {}),
        }

    def learning_rate(self, step: int) -> float:
        """Learning rate of a step (from 0), of a part with factor 1."""
        return float(self.train.optimizer.learning_rate * self._factor(step))

    def _make_optimizers(self, rates: dict[str, float]) -> dict[float, keras.optimizers.Optimizer]:
        """One optimizer for each factor of the learning rate, built for all variables that have it."""
        groups: dict[float, list] = {}
        for name, variables in _variables_by_part(self.model).items():
            groups.setdefault(rates.get(name, 1.0), []).extend(variables)
        made = {}
        for rate, variables in groups.items():
            base = self.train.optimizer.learning_rate * rate
            made[rate] = optimizers.make(self.train.optimizer, lambda base=base: base * self._factor(self.iteration))
            made[rate].build(variables)
        self._rate_of = {id(v): rate for rate, variables in groups.items() for v in variables}
        return made

    def _distributed_step(self, inputs, targets):
        results = self.runtime.strategy.run(self._step, args=(inputs, targets))
        return tuple(self.runtime.strategy.experimental_local_results(value)[0] for value in results)

    def loss(self, inputs: dict, targets: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """(sum of losses, number of things summed) of a batch in training mode: what a step first computes."""
        return self._loss(inputs, targets)[:2]

    def gradients(self, inputs: dict, targets: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, list[tf.Tensor]]:
        """What a step next computes, summed over replicas: the loss as `loss` gives it, and its mean's gradients.

        They are those of the variables in `parts`, in this order, of each one's shape.
        """
        return self._differentiated(inputs, targets)[:3]

    def _differentiated(self, inputs, targets):
        """As `gradients`, and the states after the batch."""
        with tf.GradientTape() as tape:
            total, weight, states = self._loss(inputs, targets)
            weight = self._summed(weight)
            loss = total / tf.maximum(weight, 1.0)
            loss += sum(tf.cast(extra, loss.dtype) for extra in self.model.losses) / self.runtime.replicas
        variables = [v.value for group in self.parts.values() for v in group]
        gradients = tape.gradient(loss, variables, unconnected_gradients="zero")
        # Dense, also an embedding's: norms and optimizers would take the slices of one row for several rows.
        gradients = [tf.convert_to_tensor(gradient) for gradient in gradients]
        return self._summed(total), weight, self._summed(gradients), states

    def _summed(self, values):
        """Sums over replicas. One alone does without: TensorFlow would keep this graph as long as the process lives."""
        if self.runtime.replicas == 1:
            return values
        return tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.SUM, values)

    def _step(self, inputs, targets):
        total, weight, gradients, states = self._differentiated(inputs, targets)
        norms = self._norms(gradients)
        finite = self.healthy & tf.math.is_finite(total) & tf.reduce_all(tf.math.is_finite(norms))
        self.healthy.assign(finite)
        self._apply_if(finite, gradients, norms)
        return total, weight, finite, tf.cast(norms, tf.float32), states

    def _plain_loss(self, inputs, targets):
        outputs = self.model(inputs, training=True)
        loss = self.task.loss(self.model, outputs, targets, self.train.label_smoothing)
        return (*loss, states_of(outputs, self.states))

    def _norms(self, gradients) -> tf.Tensor:
        norms, start = [], 0
        for variables in self.parts.values():
            norms.append(tf.linalg.global_norm(gradients[start : start + len(variables)]))
            start += len(variables)
        return tf.stack([tf.cast(norm, gradients[0].dtype) for norm in norms])

    def _clipped(self, gradients, norms) -> list:
        if self.train.clip_norm is not None:
            return tf.clip_by_global_norm(gradients, self.train.clip_norm, use_norm=tf.norm(norms))[0]
        if self.train.clip_value is not None:
            limit = self.train.clip_value
            return [tf.clip_by_value(g, -limit, limit) for g in gradients]
        return gradients

    def _apply_if(self, finite, gradients, norms) -> None:
        """Updates the weights where all is finite; on several devices, which allow no condition here, by zeros."""
        variables = [v for group in self.parts.values() for v in group]
        if self.runtime.replicas == 1:
            tf.cond(finite, lambda: self._apply(self._clipped(gradients, norms), variables), lambda: None)
        else:
            gradients, norms = tf.nest.map_structure(
                lambda x: tf.where(finite, x, tf.zeros_like(x)), (gradients, norms)
            )
            self._apply(self._clipped(gradients, norms), variables)

    def _apply(self, gradients, variables) -> None:
        """Updates variables and averages. Keras's optimizers sum over replicas once more, hence the division."""
        gradients = [g / self.runtime.replicas for g in gradients]
        for rate, optimizer in self.optimizers.items():
            chosen = [(g, v) for g, v in zip(gradients, variables) if self._rate_of[id(v)] == rate]
            if chosen:
                optimizer.apply(*map(list, zip(*chosen)))
        self.iteration.assign_add(1)
        if self.averages:
            step = tf.cast(self.iteration, tf.float32)
            decay = tf.minimum(self.train.averaging.decay, (1.0 + step) / (10.0 + step))
            for average, variable in zip(self.averages, self.averaged):
                value = variable.value
                average.assign_add(tf.cast(1.0 - decay, average.dtype) * (value - average))

    def _shared_out(self, batch):
        """Every replica's slice of a batch; slices differ by at most one example."""
        count = self.runtime.replicas
        size = tf.nest.flatten(batch)[0].shape[0]
        bounds = [size * i // count for i in range(count + 1)]

        def share(context):
            i = context.replica_id_in_sync_group
            return tf.nest.map_structure(lambda x: x[bounds[i] : bounds[i + 1]], batch)

        return self.runtime.strategy.experimental_distribute_values_from_function(share)


def _variables_by_part(model: keras.Model) -> dict[str, list]:
    """Trainable variables of every part, bottom to top; each variable once."""
    return {name: [v for layer in layers for v in layer.trainable_variables] for name, layers in parts(model).items()}


def _variable(value, name: str) -> tf.Variable:
    return tf.Variable(value, trainable=False, name=name, aggregation=tf.VariableAggregation.ONLY_FIRST_REPLICA)
