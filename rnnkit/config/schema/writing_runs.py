"""Runs of the tasks that write a text about something else."""

from collections.abc import Iterator
from typing import ClassVar, Literal

from pydantic import Field, model_validator

from rnnkit.config.schema.captioning import CaptioningModel
from rnnkit.config.schema.data import BuiltinData
from rnnkit.config.schema.generation import GenerationDecoding, GenerationModel, GenerationText
from rnnkit.config.schema.images import Image
from rnnkit.config.schema.run import Run
from rnnkit.config.schema.translation import TranslationDecoding, TranslationModel
from rnnkit.config.schema.units import CaptionText, PairText
from rnnkit.config.schema.writing import Decoding, TextEvaluate, WriterModel


class WriterRun(Run):
    """Something in, a text about it out. `text.target` says how that text becomes ids."""

    METRICS: ClassVar = {
        "loss": "min",
        "perplexity": "min",
        "token_accuracy": "max",
        "bleu": "max",
        "chrf": "max",
        "exact_match": "max",
    }
    MONITOR: ClassVar = "bleu"

    model: WriterModel = WriterModel()
    decode: Decoding = Decoding()

    def mismatches(self) -> Iterator[tuple[str, str]]:
        yield from super().mismatches()
        decode, target = self.decode, self.text.target
        if decode.method == "beam" and decode.beam_width > (target.vocabulary_size or decode.beam_width):
            yield (
                "decode.beam_width text.target.vocabulary_size",
                f"got {decode.beam_width}, but there are {target.vocabulary_size} target tokens at most",
            )
        if decode.max_length is None and decode.min_length > target.max_tokens + 1:
            yield (
                "decode.min_length text.target.max_tokens",
                f"got {decode.min_length}, but texts end at text.target.max_tokens ({target.max_tokens})",
            )


class TranslationRun(WriterRun):
    """A text in, its translation out."""

    BUILTIN: ClassVar = "dates_and_numbers"
    FORMATS: ClassVar = ("parallel", "tsv", "csv", "jsonl")
    HAS_LABELS: ClassVar = False
    WHY_NOT_ADVERSARIAL: ClassVar = "is for texts of one side, and a translator has two"
    LIMITS: ClassVar = (
        "It translates the kind of text of its training data, in one direction, and reads at most "
        "{text.source.max_tokens} tokens of a text: the answer says when a text was cut. A translation is likely, "
        "given that data; it need not be right."
    )

    task: Literal["translation"] = Field(description="What is learned; the app that reads this file.")
    text: PairText = PairText()
    model: TranslationModel = TranslationModel()
    evaluate: TextEvaluate = TextEvaluate()
    decode: TranslationDecoding = TranslationDecoding()

    def mismatches(self) -> Iterator[tuple[str, str]]:
        yield from super().mismatches()
        if self.model.target_embedding_size not in (None, self.model.embedding_size) and self.text.shared:
            yield (
                "model.target_embedding_size text.shared",
                f"got {self.model.target_embedding_size} beside {self.model.embedding_size} of the source, but "
                "text.shared is one embedding for both",
            )
        if self.decode.replace_unknown and self.model.context != "attention":
            yield (
                "decode.replace_unknown model.context",
                f"needs model.context attention, to know which token of the source is meant; got {self.model.context}",
            )
        if self.decode.replace_unknown and self.text.target.unit == "bpe":
            yield "decode.replace_unknown text.target.unit", "parts of words can write every text; remove it"


class CaptioningRun(WriterRun):
    """A picture in, a sentence about it out."""

    METRICS: ClassVar = {**WriterRun.METRICS, "attribute_accuracy": "max"}
    BUILTIN: ClassVar = "coloured_shapes"
    FORMATS: ClassVar = ("captions",)
    HAS_LABELS: ClassVar = False
    WHY_NOT_ADVERSARIAL: ClassVar = "is for texts that are read, and a captioner reads pictures"
    LIMITS: ClassVar = (
        "It knows what the pictures of its training data show, and says it in their words: of what it has not seen it "
        "says something likely, which need not be right. Its captions have at most {text.target.max_tokens} tokens."
    )

    task: Literal["captioning"] = Field(description="What is learned; the app that reads this file.")
    image: Image = Image()
    text: CaptionText = CaptionText()
    model: CaptioningModel = CaptioningModel()
    evaluate: TextEvaluate = TextEvaluate()

    @model_validator(mode="before")
    @classmethod
    def _captions_of_all_lengths_in_a_batch(cls, values):
        """In batches of one length pictures show alike many things, which batch normalization would not undo later."""
        data = values.get("data") if isinstance(values, dict) else None
        if isinstance(data, dict) and data.get("buckets") is None:
            return values | {"data": data | {"buckets": 1}}
        return values

    def mismatches(self) -> Iterator[tuple[str, str]]:
        yield from super().mismatches()
        if self.train.monitor == "attribute_accuracy" and not isinstance(self.data, BuiltinData):
            yield (
                "train.monitor data.source",
                "attribute_accuracy needs captions of a known grammar, as the built-in corpus has them; use bleu",
            )


class GenerationRun(WriterRun):
    """A class in, a text of it out."""

    METRICS: ClassVar = {"loss": "min", "perplexity": "min", "bits_per_character": "min", "token_accuracy": "max"}
    MONITOR: ClassVar = "loss"
    BUILTIN: ClassVar = "invented_names"
    FURTHER_BUILTINS: ClassVar = ("reviews",)
    FORMATS: ClassVar = ("tsv", "csv", "jsonl", "folders", "trees")
    WHY_NOT_ADVERSARIAL: ClassVar = "is for texts that are read, and a generator reads classes"
    LIMITS: ClassVar = (
        "It writes texts of the classes of its training data, in the kind of text of that data, of at most "
        "{text.target.max_tokens} tokens. What it writes is likely, given that data; it may repeat texts of it, and "
        "need not be of its class: `check` asks a classifier."
    )

    task: Literal["generation"] = Field(description="What is learned; the app that reads this file.")
    text: GenerationText = GenerationText()
    model: GenerationModel = GenerationModel()
    decode: GenerationDecoding = GenerationDecoding()
