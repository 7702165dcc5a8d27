"""What every task shares that writes a text about something else: its decoder, how it decodes, and its scores."""

import dataclasses
from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from rnnkit.config.schema.model import Model
from rnnkit.config.schema.section import Positive, Section
from rnnkit.config.schema.train import Evaluate
from rnnkit.config.schema.units import LONGEST_TEXT
from rnnkit.decoding_options import DEFAULTS, DecodingOptions


class MemoryAttention(Section):
    """How the decoder looks at what it reads (context: attention)."""

    kind: Literal["additive", "dot", "general", "concat"] = Field(
        "general", description="How well an entry of it fits: by a perceptron (additive, concat) or a product."
    )
    coverage: bool = Field(False, description="How much each entry was looked at before is part of that.")
    coverage_loss: Annotated[float, Field(ge=0.0)] = Field(
        0.0, description="Weight of a loss on looking at the same entry again, such as 1.0."
    )
    input_feeding: bool = Field(False, description="What was put out enters the next step; slower.")
    after_layer: Positive | None = Field(
        None,
        description="The decoder's layer, from 1, that looks; those after it read what was found, and so know what "
        "was looked at before. null: the last.",
    )


class ScheduledSampling(Section):
    """How often the decoder reads, in training, its own last token (without dropout) in place of the right one."""

    schedule: Literal["constant", "linear", "inverse_sigmoid"] = Field(
        "linear", description="How that chance rises, step by step of training."
    )
    rate: Annotated[float, Field(gt=0.0, le=1.0)] = Field(0.25, description="The chance, or what it rises to.")
    steps: Positive = Field(
        1000,
        description="Training steps until it is reached (linear); the k of k / (k + exp(step / k)) (inverse_sigmoid).",
    )


class WriterModel(Model):
    """A decoder that writes a text about a context vector; its layers are `layers` of `units`."""

    bidirectional: Literal[False] = Field(False, description="A text is written forwards alone: false.")
    context: Literal["initial", "input", "both"] = Field(
        "both",
        description="How what is written about reaches the decoder: as its first state, as an input of every step, or "
        "both.",
    )
    tie_weights: bool = Field(
        False,
        description="The head's weights are the target's embedding; a projection stands before where sizes differ.",
    )
    scheduled_sampling: ScheduledSampling | None = Field(
        None, description="null: in training the decoder always reads the right tokens (teacher forcing)."
    )

    @property
    def decoder(self) -> Model:
        """The decoder's recurrent layers, as a section of their own."""
        return self

    @property
    def written_size(self) -> int:
        """Length of the vectors of the tokens that the decoder reads."""
        return self.embedding_size

    @property
    def description(self) -> str:
        return f"{self.shape}, context by {self.context}"


class AttendingModel(WriterModel):
    """A decoder that may attend to a memory besides."""

    context: Literal["initial", "input", "both", "attention"] = Field(
        "attention",
        description="How what is written about reaches the decoder: as its first state, as an input of every step, "
        "both, or by attention.",
    )
    attention: MemoryAttention = MemoryAttention()

    def mismatches(self) -> Iterator[tuple[str, str]]:
        yield from super().mismatches()
        default = MemoryAttention()
        for key in MemoryAttention.model_fields:
            value = getattr(self.attention, key)
            if self.context != "attention" and value != getattr(default, key):
                reason = f"got {value!r}, but with context {self.context} there is no attention"
                yield f"attention.{key} context", reason
        after, layers = self.attention.after_layer, self.decoder.layers
        if after is not None and after > layers:
            yield "attention.after_layer", f"got {after}, but the decoder has {layers} layers; name one of them"
        if after is not None and after < layers and self.attention.input_feeding:
            yield (
                "attention.after_layer attention.input_feeding",
                "got both; the layers after the attention read what was found, so remove input_feeding",
            )


class Decoding(Section):
    """How texts are written once the model is trained; while it is trained, validation is greedy."""

    method: Literal["greedy", "beam", "sample"] = Field(
        DEFAULTS.method, description="The likeliest token each time, beam search, or drawn."
    )
    beam_width: Positive = Field(DEFAULTS.beam_width, description="Beginnings followed at once (beam).")
    n_best: Positive = Field(DEFAULTS.n_best, description="Texts given for each input (beam).")
    length_penalty: Literal["none", "wu", "length"] = Field(
        DEFAULTS.length_penalty,
        description="What scores are divided by to rank texts: 1, ((5 + l) / 6)^alpha or l^alpha.",
    )
    length_alpha: Annotated[float, Field(ge=-5.0, le=5.0)] | None = Field(
        DEFAULTS.length_alpha, description="Above 0 favours long texts; null: 0.6 (wu), 1 (length)."
    )
    min_length: Positive = Field(DEFAULTS.min_length, description="Tokens at least, the end among them.")
    max_length: Annotated[int, Field(ge=1, le=LONGEST_TEXT)] | None = Field(
        None,
        description="Tokens at most, the end among them; null: text.target.max_tokens and the end, but at most "
        f"{LONGEST_TEXT:,}.",
    )
    no_repeat_ngram: Positive | None = Field(
        DEFAULTS.no_repeat_ngram, description="No n tokens in a row come twice in a text."
    )
    temperature: Annotated[float, Field(gt=0.0)] = Field(
        DEFAULTS.temperature, description="Divides the logits: below 1 keeps to what is likely (sample)."
    )
    top_k: Positive | None = Field(
        DEFAULTS.top_k, description="Draw among this many most probable tokens; null: among all (sample)."
    )
    top_p: Annotated[float, Field(gt=0.0, le=1.0)] = Field(
        DEFAULTS.top_p, description="Draw among the fewest tokens whose chances add up to this (sample)."
    )
    seed: Annotated[int, Field(ge=0, lt=2**31)] = Field(DEFAULTS.seed, description="Of the drawing (sample).")

    def options(self, longest: int, **more) -> DecodingOptions:
        """The options for texts of at most `longest` tokens where no `max_length` is given; `more` replace some."""
        names = {field.name for field in dataclasses.fields(DecodingOptions)} & set(type(self).model_fields)
        options = {name: getattr(self, name) for name in names} | {
            "max_length": self.max_length or min(longest, LONGEST_TEXT)
        }
        return DecodingOptions(**options | more)

    def mismatches(self) -> Iterator[tuple[str, str]]:
        if self.n_best > 1 and self.method != "beam":
            yield "n_best method", f"got {self.n_best}, but {self.method} finds one text; set method: beam"
        if self.n_best > self.beam_width:
            yield "n_best beam_width", f"got {self.n_best}, but a beam of {self.beam_width} finds no more than these"
        if self.length_penalty == "none" and self.length_alpha is not None:
            yield "length_alpha length_penalty", f"got {self.length_alpha}, but length_penalty none has no alpha"
        if self.max_length is not None and self.min_length > self.max_length:
            yield "min_length max_length", f"got {self.min_length}, but texts end at max_length ({self.max_length})"


class TextEvaluate(Evaluate):
    """How written texts are scored: BLEU and chrF by sacrebleu, and how many are exactly right."""

    bleu_tokenizer: Literal["13a", "intl", "char", "zh", "none"] = Field(
        "13a", description="How sacrebleu cuts texts for BLEU; none: they are tokenised already."
    )
    lowercase: bool = Field(False, description="Score in lower case.")
