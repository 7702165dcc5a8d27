"""What only a language model has: its text, its network, windows of training and scoring, and how it writes."""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from rnnkit.config.schema.model import Model
from rnnkit.config.schema.section import Positive, Section
from rnnkit.config.schema.train import Evaluate, Train
from rnnkit.config.schema.units import LONGEST_TEXT, UnitText


class LanguageText(UnitText):
    """How running text becomes the tokens that a language model reads and writes."""

    unit: Literal["char", "word", "bpe"] = Field("char", description="What a token is, as for other texts.")
    vocabulary_size: Annotated[int, Field(ge=5)] | None = Field(
        None, description="Tokens at most, the four special ones among them; null: all (char, word)."
    )
    unknown: Literal["<unk>", "error"] = Field(
        "error", description="An unknown character is refused, or read as <unk> (char)."
    )
    end_of_document: bool = Field(
        False, description="Put </s> behind every document; then a text can begin from nothing, and end by itself."
    )


class LanguageModel(Model):
    """Many-to-many: the next token after each token, from a recurrent network or from a window of tokens."""

    kind: Literal["recurrent", "window"] = Field(
        "recurrent", description="window: a feed-forward network over the last `context` tokens; `units` are hidden."
    )
    bidirectional: bool = Field(False, description="A language model reads forwards alone: false.")
    input: Literal["embedding", "one_hot"] = Field("embedding", description="How a token enters the network.")
    tie_weights: bool = Field(
        False, description="The head's weights are the embedding's; a projection stands before where sizes differ."
    )
    context: Positive = Field(5, description="Tokens that the window reads.")
    direct_connections: bool = Field(False, description="From the window's embeddings to the head, past the units.")

    @property
    def kind_of_network(self) -> str:
        return self.cell if self.kind == "recurrent" else f"window of {self.context}"

    @property
    def description(self) -> str:
        return super().description if self.kind == "recurrent" else f"{self.units} units over {self.context} tokens"

    def mismatches(self) -> Iterator[tuple[str, str]]:
        yield from super().mismatches()
        if self.bidirectional:
            yield "bidirectional", "got true, but a language model must not see what comes next; leave it out"
        if self.tie_weights and self.input == "one_hot":
            yield "tie_weights input", "one-hot input has no embedding to tie the head to; give one or the other"
        if self.direct_connections and self.kind == "recurrent":
            yield "direct_connections kind", "only the window model has them; set model.kind: window"
        if self.direct_connections and self.tie_weights:
            yield "direct_connections tie_weights", "a tied head has no weights for them; give one or the other"


class LanguageTrain(Train):
    """How a language model is trained: on rows of running text, whose states go from batch to batch."""

    window: Positive = Field(
        128, description="Tokens of each row in a batch: how far gradients go back through time (truncated BPTT)."
    )


class LanguageEvaluate(Evaluate):
    """How a language model is scored."""

    batch_size: Positive = Field(
        32, description="Rows of text scored side by side, each after a window that warms its state up; 1 is exact."
    )
    window: Positive | None = Field(None, description="Tokens of a row scored at a time; null: train.window.")
    carry_state: bool = Field(True, description="false: every window is read from a cold state, on its own.")


class Generation(Section):
    """How a language model writes where nothing else is asked for."""

    tokens: Annotated[int, Field(ge=1, le=LONGEST_TEXT)] = Field(200, description="Tokens written at most.")
    temperature: Annotated[float, Field(gt=0.0)] = Field(
        0.8, description="Divides the logits: below 1 keeps to what is likely."
    )
    top_k: Positive | None = Field(None, description="Draw among this many most probable tokens; null: among all.")
    top_p: Annotated[float, Field(gt=0.0, le=1.0)] = Field(
        1.0, description="Draw among the fewest tokens whose chances add up to this."
    )
    seed: Annotated[int, Field(ge=0, lt=2**31)] = Field(1, description="Of the drawing.")
