"""One run, completely described: every section, for each task."""

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal

from pydantic import Field, ValidationInfo, field_validator

from rnnkit.config.schema.data import AnyData, BuiltinData, FilesData
from rnnkit.config.schema.language import Generation, LanguageEvaluate, LanguageModel, LanguageText, LanguageTrain
from rnnkit.config.schema.model import ClassifierModel, ClassifierText, Model, TaggerModel, TaggerText, Text
from rnnkit.config.schema.section import Section
from rnnkit.config.schema.train import Evaluate, Export, Finetune, Train


class Run(Section):
    """One run, of one task.

    A task's subclass names its metrics (and which way they improve), its built-in corpora, its formats, why it cannot
    be trained adversarially, if so, and the tasks besides itself whose models `finetune.from` may name.
    """

    METRICS: ClassVar[dict[str, Literal["max", "min"]]] = {"loss": "min"}
    MONITOR: ClassVar[str] = "loss"
    BUILTIN: ClassVar[str] = "reviews"
    FURTHER_BUILTINS: ClassVar[tuple[str, ...]] = ()
    FORMATS: ClassVar[tuple[str, ...]] = ()
    HAS_LABELS: ClassVar[bool] = True
    WHY_NOT_ADVERSARIAL: ClassVar[str | None] = None
    STARTS_FROM: ClassVar[tuple[str, ...]] = ()
    LIMITS: ClassVar[str] = (
        "It knows the labels and the kind of text of its training data, and reads at most {text.max_tokens} tokens of "
        "a text: the answer says when a text was cut. Scores are the model's own confidence, not calibrated against "
        "other data."
    )

    task: str = Field(description="What is learned; the app that reads this file.")
    seed: Annotated[int, Field(ge=0, lt=2**31)] = Field(1, description="Of the weights, the order and the dropout.")
    data: AnyData
    text: Text = Text()
    model: Model = Model()
    train: Train = Train()
    evaluate: Evaluate = Evaluate()
    export: Export = Export()
    finetune: Finetune | None = None

    @field_validator("evaluate")
    @classmethod
    def _score_what_there_is(cls, evaluate: Evaluate, info: ValidationInfo) -> Evaluate:
        data = info.data.get("data")
        if data is None or "split" in evaluate.model_fields_set:
            return evaluate
        named = [role for role in ("test", "validation", "train") if getattr(data.splits, role) is not None]
        return evaluate.model_copy(update={"split": named[0]}) if named else evaluate

    def mismatches(self) -> Iterator[tuple[str, str]]:
        monitor, data = self.train.monitor, self.data
        if monitor is not None and monitor not in self.METRICS:
            yield (
                "train.monitor task",
                f"got {monitor!r}; the metrics of the {self.task} task are {', '.join(self.METRICS)}",
            )
        builtins = (self.BUILTIN, *self.FURTHER_BUILTINS)
        if isinstance(data, BuiltinData) and data.name not in builtins:
            what = "corpus of the {} task is {}" if len(builtins) == 1 else "corpora of the {} task are {}"
            yield "data.name task", f"got {data.name!r}; the built-in {what.format(self.task, ', '.join(builtins))}"
        if isinstance(data, FilesData) and data.format not in self.FORMATS:
            yield "data.format task", f"got {data.format!r}; the {self.task} task reads {', '.join(self.FORMATS)}"
        if data.label_map and not self.HAS_LABELS:
            yield "data.label_map task", f"the {self.task} task has no labels; remove it"
        if self.train.adversarial is not None and self.WHY_NOT_ADVERSARIAL:
            yield "train.adversarial task", f"{self.WHY_NOT_ADVERSARIAL}; remove it"
        if self.train.early_stopping is not None and data.splits.validation is None:
            yield "train.early_stopping data.splits", "needs validation examples; name data.splits.validation"
        if getattr(data.splits, self.evaluate.split) is None and "split" in self.evaluate.model_fields_set:
            yield (
                "evaluate.split data.splits",
                f"got {self.evaluate.split!r}, but data.splits names no {self.evaluate.split} examples",
            )

    @property
    def monitor(self) -> str:
        """Name of the validation metric that chooses the best epoch."""
        return self.train.monitor or self.MONITOR


class SentimentRun(Run):
    """A text in, one of several classes out."""

    METRICS: ClassVar = {"accuracy": "max", "macro_f1": "max", "loss": "min"}
    MONITOR: ClassVar = "accuracy"
    BUILTIN: ClassVar = "reviews"
    FURTHER_BUILTINS: ClassVar = ("invented_names",)
    FORMATS: ClassVar = ("tsv", "csv", "jsonl", "folders", "trees")
    STARTS_FROM: ClassVar = ("language_model",)

    task: Literal["sentiment"] = Field(description="What is learned; the app that reads this file.")
    text: ClassifierText = ClassifierText()
    model: ClassifierModel = ClassifierModel()


class TaggingRun(Run):
    """A sentence in, a tag for each of its tokens out."""

    METRICS: ClassVar = {"token_accuracy": "max", "entity_f1": "max", "loss": "min"}
    MONITOR: ClassVar = "token_accuracy"
    BUILTIN: ClassVar = "python_source"
    FORMATS: ClassVar = ("conllu", "conll", "jsonl")
    STARTS_FROM: ClassVar = ("language_model",)

    task: Literal["tagging"] = Field(description="What is learned; the app that reads this file.")
    text: TaggerText = TaggerText()
    model: TaggerModel = TaggerModel()

    def mismatches(self) -> Iterator[tuple[str, str]]:
        yield from super().mismatches()
        scheme = self.model.tag_scheme
        inherits = self.finetune is not None and "tag_scheme" not in self.model.model_fields_set
        if self.train.monitor == "entity_f1" and scheme == "none" and not inherits:
            yield "train.monitor model.tag_scheme", "entity_f1 needs model.tag_scheme iob2 or bioes, got none"
        if self.model.crf and self.train.label_smoothing:
            yield (
                "train.label_smoothing model.crf",
                f"got {self.train.label_smoothing}, but a CRF scores whole sentences and has no labels to smooth",
            )
        if isinstance(self.data, BuiltinData) and scheme != "none":
            yield (
                "model.tag_scheme data.source",
                f"got {scheme!r}, but the built-in corpus has plain tags",
            )


ENCODER = {
    "cell",
    "cell_options",
    "layers",
    "units",
    "bidirectional",
    "connection",
    "embedding_size",
    "zoneout",
    "layer_normalization",
}  # keys of `model` that decide what the weights of embedding and recurrent layers mean


class LanguageModelRun(Run):
    """Running text in, the chances of the next token out."""

    METRICS: ClassVar = {"loss": "min", "perplexity": "min", "bits_per_character": "min", "accuracy": "max"}
    MONITOR: ClassVar = "loss"
    BUILTIN: ClassVar = "python_topics"
    FURTHER_BUILTINS: ClassVar = ("python_library", "reviews")
    FORMATS: ClassVar = ("text", "tsv", "csv", "jsonl", "folders", "trees")
    HAS_LABELS: ClassVar = False
    WHY_NOT_ADVERSARIAL: ClassVar = "is for whole texts, and a language model reads a stream of text"
    LIMITS: ClassVar = (
        "It knows the {text.unit} vocabulary and the kind of text of its training data. What it writes is likely, "
        "given that data; it need not be true, and may repeat passages of it."
    )

    task: Literal["language_model"] = Field(description="What is learned; the app that reads this file.")
    text: LanguageText = LanguageText()
    model: LanguageModel = LanguageModel()
    train: LanguageTrain = LanguageTrain()
    evaluate: LanguageEvaluate = LanguageEvaluate()
    generate: Generation = Generation()

    def mismatches(self) -> Iterator[tuple[str, str]]:
        yield from super().mismatches()
        if self.train.devices is not None:
            yield (
                "train.devices task",
                "a language model hands its state from batch to batch, on one device; remove it, or use train.device",
            )

    @property
    def encoder(self) -> dict[str, dict]:
        """The keys, by section, of an encoder of texts that goes on from this model's weights."""
        text = {key: getattr(self.text, key) for key in ("lowercase", "pattern")}
        return {"text": text, "model": self.model.model_dump(include=ENCODER)}
