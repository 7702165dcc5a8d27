"""The sections `train`, `evaluate`, `export` and `finetune`."""

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from rnnkit.config.schema.data import Role
from rnnkit.config.schema.section import Name, Positive, Probability, Section

DEFAULT_EPOCHS = 10
Device = Annotated[str, Field(pattern=r"^(cpu|gpu):[0-9]+$", title="a device such as gpu:0 or cpu:1")]


class Optimizer(Section):
    """An optimizer of keras.optimizers, by name."""

    name: Literal["adam", "adamw", "sgd", "rmsprop", "nadam", "adamax", "adagrad", "adadelta", "lion"] = Field(
        "adam", description="The optimizer of keras.optimizers."
    )
    learning_rate: Annotated[float, Field(gt=0.0)] = Field(1e-3, description="Before the schedule's factor.")
    weight_decay: Annotated[float, Field(ge=0.0)] = Field(0.0, description="Decoupled weight decay per step.")
    options: dict[str, Any] = Field({}, description="Further arguments: {beta_2: 0.98}, {momentum: 0.9}.")


class Schedule(Section):
    """How the learning rate moves over the run, as a factor of optimizer.learning_rate."""

    name: Literal["constant", "linear", "cosine", "exponential", "inverse_sqrt"] = Field(
        "constant", description="The curve after warm-up."
    )
    warmup_steps: Annotated[int, Field(ge=0)] = Field(0, description="Steps of linear warm-up from 0.")
    warmup_share: Probability = Field(
        0.0, description="The same as a share of all steps: linear with 0.1 and final 0.03 is the slanted triangle."
    )
    final: Annotated[float, Field(ge=0.0, le=1.0)] = Field(
        0.0, description="Factor at the last step (linear, cosine, exponential; exponential needs it above 0)."
    )

    def mismatches(self) -> Iterator[tuple[str, str]]:
        if self.name == "exponential" and self.final == 0.0:
            yield "final name", "an exponential schedule needs a final factor above 0, such as 0.01"
        if self.warmup_share and self.warmup_steps:
            yield "warmup_share warmup_steps", "give warmup_steps or warmup_share, not both"


class EarlyStopping(Section):
    """Stop when the monitored metric no longer improves."""

    patience: Positive = Field(
        3, description="Epochs without improvement that are waited for; none while a score is 0 and the loss falls."
    )
    min_delta: Annotated[float, Field(ge=0.0)] = Field(0.0, description="Smaller changes are no improvement.")


class Averaging(Section):
    """Exponential moving average of the weights, used for evaluation and export."""

    decay: Annotated[float, Field(gt=0.0, lt=1.0)] = Field(
        0.999,
        description="Weight of the old average at each step; at most (1 + t) / (10 + t) at step t.",
    )


class Checkpoint(Section):
    """When a run that is being trained is saved, besides at every epoch's end."""

    every_steps: Positive | None = Field(None, description="Steps between checkpoints.")
    every_minutes: Annotated[float, Field(gt=0.0)] | None = Field(5.0, description="Minutes between checkpoints.")


class Train(Section):
    """How the model is trained."""

    directory: str = Field("runs", description="Runs are kept in <directory>/<app>/<name>.")
    name: Name | None = Field(None, description="Name of the run; null: the configuration file's.")
    epochs: Positive | None = Field(
        None,
        description=f"Passes over the training examples; {DEFAULT_EPOCHS} where no steps are given either.",
    )
    steps: Positive | None = Field(None, description="Updates of the weights, instead of epochs.")
    batch_size: Positive = Field(32, description="Examples of each update.")
    optimizer: Optimizer = Optimizer()
    schedule: Schedule = Schedule()
    clip_norm: Annotated[float, Field(gt=0.0)] | None = Field(None, description="Limit of the gradient's global norm.")
    clip_value: Annotated[float, Field(gt=0.0)] | None = Field(None, description="Limit of each gradient entry.")
    label_smoothing: Probability = Field(0.0, description="Share of each target spread over all labels.")
    adversarial: Annotated[float, Field(gt=0.0)] | None = Field(
        None,
        description="Train on the worst small step away from the embedded text too: its length is this times the "
        "square root of the number of tokens, such as 0.1.",
    )
    monitor: str | None = Field(
        None,
        description="Validation metric that chooses the best epoch, of equals the lower loss; null: the task's own.",
    )
    early_stopping: EarlyStopping | None = None
    averaging: Averaging | None = None
    checkpoint: Checkpoint = Checkpoint()
    precision: Literal["float32", "float64", "mixed_bfloat16"] = Field(
        "float32", description="Type of the weights and of the arithmetic."
    )
    xla: bool = Field(False, description="Compile the training step with XLA.")
    device: Literal["auto", "cpu", "gpu"] = Field("auto", description="auto: a GPU where one is visible.")
    devices: Annotated[list[Device], Field(min_length=1)] | None = Field(
        None, description="Train on all of these at once: [gpu:0, gpu:1]; the batch is shared out."
    )
    deterministic: bool = Field(False, description="The same weights to the bit on the same machine and versions.")
    threads: Positive | None = Field(None, description="CPU threads; null: TensorFlow's choice.")

    @model_validator(mode="before")
    @classmethod
    def _has_a_length(cls, values):
        if isinstance(values, dict) and values.get("epochs") is None and values.get("steps") is None:
            return values | {"epochs": DEFAULT_EPOCHS}
        return values

    def mismatches(self) -> Iterator[tuple[str, str]]:
        if self.epochs is not None and self.steps is not None:
            yield "steps epochs", "give epochs or steps, not both"
        if self.clip_norm is not None and self.clip_value is not None:
            yield "clip_value clip_norm", "give clip_norm or clip_value, not both"
        if self.xla and self.devices is not None:
            yield "xla devices", "a step on several devices cannot be compiled; leave out xla or devices"
        yield from self._device_mismatches(self.devices or [])

    def _device_mismatches(self, devices: list[str]) -> Iterator[tuple[str, str]]:
        kinds = {device.split(":")[0] for device in devices}
        if len(set(devices)) < len(devices):
            yield "devices", f"a device is named twice: {', '.join(devices)}"
        if len(kinds) > 1:
            yield "devices", f"all must be of one kind, cpu or gpu, got {', '.join(devices)}"
        elif kinds and self.device not in ("auto", *kinds):
            yield (
                "devices device",
                f"got {', '.join(devices)}, but train.device is {self.device}; remove one",
            )
        if len(devices) > self.batch_size:
            yield "batch_size devices", f"a batch of {self.batch_size} cannot be shared out to {len(devices)} devices"


class Evaluate(Section):
    """How a trained model is scored."""

    split: Role = Field("test", description="Split that is scored; without a test split: validation, else train.")
    batch_size: Positive = Field(256, description="Examples scored at once.")
    baselines: bool = Field(True, description="Print trivial baselines beside the model.")


class Export(Section):
    """Where the SavedModel goes: <directory>/<name>/<version>."""

    directory: str = Field("saved_models", description="Holds every exported model.")
    name: Name | None = Field(None, description="null: the app's name.")


class Finetune(Section):
    """How a trained model goes on with other data."""

    model_config = Section.model_config | {"populate_by_name": True}

    source: str = Field(
        alias="from",
        description="A run directory or an exported SavedModel, of the same app; or of a language model, from which "
        "sentiment and tagging take the embedding (by token) and the recurrent layers, forwards.",
    )
    freeze: list[str] = Field([], description="Parts that keep their weights: embedding, characters, recurrent, head …")
    gradual_unfreezing: bool = Field(
        False, description="Train the head alone in the first epoch and one more part from the top in each further one."
    )
    learning_rates: dict[str, Annotated[float, Field(ge=0.0)]] = Field(
        {}, description="Factor of the learning rate for each part: {embedding: 0.1, recurrent: 0.3}."
    )
    vocabulary: Literal["keep", "grow"] = Field(
        "grow", description="keep: the words of that model alone; grow: new frequent words get rows of their own."
    )
