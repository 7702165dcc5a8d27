"""The training loop: epochs, checkpoints, the best epoch, stopping; it can be killed at any step and go on."""

import contextlib
import math
import time
from collections.abc import Callable
from pathlib import Path

import keras
import tensorflow as tf
from tqdm import tqdm

from rnnkit.artifact import WEIGHTS
from rnnkit.atomic import replacing
from rnnkit.config.schema import Run
from rnnkit.data.batching import Batches
from rnnkit.errors import TrainingError
from rnnkit.tasks.base import Task
from rnnkit.training import checkpoint
from rnnkit.training.checkpoint import Progress
from rnnkit.training.diagnosis import advice, first_not_finite, weight_not_finite
from rnnkit.training.evaluation import Evaluator
from rnnkit.training.interruption import stopping_between_steps
from rnnkit.training.records import CURVES, Records, draw_curves
from rnnkit.training.step import Result, TrainStep

LOG_EVERY = 20


class Training:
    """One run that is being trained.

    Args:
        task, model, run: what is trained and how.
        step: the compiled update.
        batches: training batches.
        validation: batches that choose the best epoch, or None: then the last epoch is kept.
        directory: the run's directory.
        say: prints a line.
        before_epoch: called with every epoch's number before it is trained; returns whether the set of trainable
            weights changed.
    """

    def __init__(
        self,
        task: Task,
        model: keras.Model,
        run: Run,
        step: TrainStep,
        batches: Batches,
        validation: Batches | None,
        directory: Path,
        say: Callable[[str], None] = print,
        before_epoch: Callable[[int], bool] | None = None,
    ):
        self.task, self.model, self.run, self.step = task, model, run, step
        self.batches, self.validation, self.directory, self.say = batches, validation, directory, say
        self.before_epoch = before_epoch or (lambda epoch: False)
        self.total_steps, self.epochs = length(run, batches.steps_per_epoch)
        self.progress = Progress(data=[batches.examples, batches.digest])
        self.evaluator = Evaluator(task, model)
        self._records = Records(directory)
        self._saved_at = time.monotonic()

    def resume(self) -> bool:
        """Takes up the last checkpoint; False where there is none.

        Raises:
            ArtifactError: the checkpoint is damaged or of another model.
            DataError: the training data is no longer what the run began with.
        """
        if not (self.directory / checkpoint.FILE).exists():
            return False
        data = self.progress.data
        self.progress = checkpoint.load(self.directory, self.step.variables)
        checkpoint.check_data(self.directory, self.progress, data)
        return True

    def train(self) -> Progress:
        """Trains to the end and leaves the best weights in the model and the directory.

        Raises:
            TrainingError: the loss is no longer finite.
            DataError: the data can no longer be read, or there is less of it.
            KeyboardInterrupt: interrupted; a checkpoint was written first.
        """
        try:
            with stopping_between_steps() as self._stop_asked:
                while not self.progress.finished:
                    self._train_epoch()
                    self._end_epoch()
                    if self._stop_asked():
                        raise KeyboardInterrupt
        finally:
            self._records.close()
        draw_curves(self.directory / CURVES, self.progress.history)
        self._keep_best()
        return self.progress

    # === one epoch ===

    def _train_epoch(self) -> None:
        progress = self.progress
        if self.before_epoch(progress.epoch):
            self.step.compile()
        started, done = time.monotonic(), progress.seconds
        bar = tqdm(
            total=self.batches.steps_per_epoch,
            initial=progress.batch,
            desc=f"epoch {progress.epoch + 1}/{self.epochs}",
            unit="batch",
            leave=False,
            disable=None,
            dynamic_ncols=True,
        )
        waiting = None  # the newest step is read only after the next one was sent off, so that a device never waits
        with bar:
            for inputs, targets in self.batches.epoch(progress.epoch, skip=progress.batch):
                if progress.step >= self.total_steps:
                    break
                result = self.step(inputs, targets)
                if waiting:
                    self._note(*waiting)
                waiting = (progress.step, result, targets)
                progress.batch, progress.step = progress.batch + 1, progress.step + 1
                progress.seconds = done + time.monotonic() - started
                bar.update()
                bar.set_postfix(loss=f"{self._mean_loss():.4f}", refresh=False)
                stop_asked = self._stop_asked()
                if stop_asked or self._checkpoint_is_due():
                    self._note(*waiting)
                    waiting = None
                    self._save()
                if stop_asked:
                    raise KeyboardInterrupt
            if waiting:
                self._note(*waiting)

    def _note(self, step: int, result: Result, targets: tf.Tensor) -> None:
        """Adds one step's figures to the epoch's sums; stops where they are not finite."""
        if not bool(result.finite):
            self._stop(step, "the loss or a gradient", first_not_finite(self.task, self.model, result.inputs, targets))
        total, weight = float(result.total), float(result.weight)
        norms = dict(zip(self.step.parts, result.norms.numpy().tolist()))
        sums = self.progress.sums
        for name, value in {"loss": total, "weight": weight, "steps": 1, **_prefixed(norms)}.items():
            sums[name] = sums.get(name, 0.0) + value
        if step % LOG_EVERY == 0:
            rate = self.step.learning_rate(step)
            self._records.step(step, {"loss": total / max(weight, 1.0), "learning_rate": rate, **_prefixed(norms)})

    def _stop(self, step: int, what: str, where: str) -> None:
        raise TrainingError(
            f"step {step + 1} (epoch {self.progress.epoch + 1}): {what} is not finite; the first tensor that is not is "
            f"{where}. Try {advice(self.run.train)}"
        )

    def _mean_loss(self) -> float:
        sums = self.progress.sums
        return sums["loss"] / max(sums["weight"], 1.0) if sums else math.nan

    # === between epochs ===

    def _end_epoch(self) -> None:
        progress, sums = self.progress, self.progress.sums
        row = {"epoch": progress.epoch + 1, "step": progress.step, "loss": self._mean_loss()}
        with self._averaged():
            if self.validation:
                metrics = self.evaluator(self.validation).metrics
                row |= {f"validation_{name}": value for name, value in metrics.items()}
            self._check_result(row)
            better = self._judge(row)
            if better:
                with replacing(self.directory / _best_file(progress.epoch)) as path:
                    self.model.save_weights(path)
        row |= {"learning_rate": self.step.learning_rate(progress.step - 1), "seconds": round(progress.seconds, 2)}
        row |= {name: value / sums["steps"] for name, value in sums.items() if name.startswith("gradient_norm/")}
        progress.history.append(row)
        progress.epoch, progress.batch, progress.sums = progress.epoch + 1, 0, {}
        stopping = self.run.train.early_stopping
        out_of_patience = stopping is not None and progress.waited >= stopping.patience
        trained = progress.step >= self.total_steps or progress.epoch >= self.epochs
        progress.finished = trained or out_of_patience
        self._save()
        self._records.epoch(progress.step, progress.history)
        self._forget_all_but_best()
        self.say(_line(row, better))
        if out_of_patience and not trained:
            self.say(f"stopped early: no better {self.run.monitor} for {progress.waited} epochs")

    def _check_result(self, row: dict) -> None:
        """Stops where the epoch's last update did damage: no further step would show it."""
        validated = math.isfinite(row.get("validation_loss", 0.0))
        where = weight_not_finite(self.model) or (None if validated else "the validation loss")
        if where:
            self._stop(self.progress.step - 1, "what the update made", where)

    def _judge(self, row: dict) -> bool:
        """Whether this epoch is the best so far, of equal ones that of the lower loss; keeps count where it is not.

        While a score is still 0 and the loss falls, nothing is counted: many a score begins late.
        """
        progress, stopping = self.progress, self.run.train.early_stopping
        value = row.get(f"validation_{self.run.monitor}")
        if value is None:
            progress.best_epoch = progress.epoch
            return True
        sign = 1.0 if self.run.METRICS[self.run.monitor] == "max" else -1.0
        gain = math.inf if progress.best_value is None else sign * (value - progress.best_value)
        lower = gain == 0.0 and row["validation_loss"] < progress.history[progress.best_epoch]["validation_loss"]
        goes_on = gain > (stopping.min_delta if stopping else 0.0) or (lower and value == 0.0)
        progress.waited = 0 if goes_on else progress.waited + 1
        if gain <= 0.0 and not lower:
            return False
        progress.best_epoch, progress.best_value = progress.epoch, value
        return True

    @contextlib.contextmanager
    def _averaged(self):
        """The model with its averaged weights, where the run keeps averages."""
        pairs = list(zip(self.step.averaged, self.step.averages))
        current = [variable.numpy() for variable, _ in pairs]
        for variable, average in pairs:
            variable.assign(average)
        try:
            yield
        finally:
            for (variable, _), value in zip(pairs, current):
                variable.assign(value)

    # === files ===

    def _checkpoint_is_due(self) -> bool:
        when = self.run.train.checkpoint
        by_steps = when.every_steps is not None and self.progress.step % when.every_steps == 0
        by_time = when.every_minutes is not None and time.monotonic() - self._saved_at > 60.0 * when.every_minutes
        return by_steps or by_time

    def _save(self) -> None:
        checkpoint.save(self.directory, self.step.variables, self.progress)
        self._saved_at = time.monotonic()

    def _forget_all_but_best(self) -> None:
        for path in self.directory.glob("best-*.weights.h5"):
            if path.name != _best_file(self.progress.best_epoch):
                path.unlink()

    def _keep_best(self) -> None:
        """Makes the best epoch's weights the run's result."""
        best, final = self.directory / _best_file(self.progress.best_epoch), self.directory / WEIGHTS
        if best.exists():
            best.replace(final)
        self.model.load_weights(final)


def length(run: Run, steps_per_epoch: int) -> tuple[int, int]:
    """(updates, epochs) of a run; the last epoch may be cut short."""
    if run.train.steps is not None:
        return run.train.steps, math.ceil(run.train.steps / steps_per_epoch)
    return run.train.epochs * steps_per_epoch, run.train.epochs


def _best_file(epoch: int | None) -> str:
    return f"best-{epoch}.weights.h5"


def _prefixed(norms: dict[str, float]) -> dict[str, float]:
    return {f"gradient_norm/{name}": value for name, value in norms.items()}


def _line(row: dict, better: bool) -> str:
    hidden = ("epoch", "step", "learning_rate", "seconds")
    shown = [f"{k.replace('_', ' ')} {v:.4f}" for k, v in row.items() if k not in hidden and "/" not in k]
    return f"epoch {row['epoch']:3d}  {'  '.join(shown)}  {row['seconds']:.0f} s{'  *' if better else ''}"
