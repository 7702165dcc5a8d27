"""The sections `text` and `model`: how a text becomes tokens, and what network reads them."""

import re
from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator

from rnnkit.config.schema.section import Positive, Probability, Section

BUILTIN_CELLS = ("lstm", "gru", "simple", "leaky", "min_lstm", "min_gru", "linear_leaky")
WORD = r"[\p{L}\p{M}\p{N}_]+(?:['’][\p{L}]+)*"
PUNCTUATION = r"[^\s\p{Z}\p{C}\p{L}\p{M}\p{N}_]"
WORD_PATTERN = f"{WORD}|{PUNCTUATION}"


# === text ===


class Text(Section):
    """How a text becomes tokens."""

    lowercase: bool = Field(True, description="Look words up in lower case.")
    pattern: Annotated[str, Field(min_length=1)] = Field(
        WORD_PATTERN, description="What a token is in raw text: an RE2 regular expression."
    )
    max_tokens: Positive = Field(512, description="Longer texts are cut, and the answer says so.")
    vocabulary_size: Annotated[int, Field(ge=4)] = Field(20_000, description="Most frequent words kept.")
    min_count: Positive = Field(1, description="Rarer words become <unk>.")


class ClassifierText(Text):
    """Text of a whole-text classifier."""

    unit: Literal["word", "char"] = Field("word", description="What a token is: a word or a character.")


class TaggerText(Text):
    """Text of a tagger: words, and each word's characters (which keep their case)."""

    max_characters: Positive = Field(20, description="Characters read of each word.")
    character_vocabulary_size: Annotated[int, Field(ge=4)] = Field(500, description="Most frequent characters kept.")


# === model ===


class Model(Section):
    """The recurrent part that every app shares."""

    cell: str = Field(
        "lstm",
        description=f"{', '.join(BUILTIN_CELLS)}, or package.module:ClassName for a cell of your own.",
        examples=list(BUILTIN_CELLS),
    )
    cell_options: dict[str, Any] = Field(
        {}, description="Further arguments of the cell: {peepholes: true} for lstm, {alpha: 0.9} for leaky."
    )
    layers: Positive = Field(1, description="Recurrent layers, one on the other.")
    units: Positive = Field(128, description="Units of each layer in each direction.")
    bidirectional: bool = Field(True, description="Read the text from both ends.")
    connection: Literal["none", "residual", "skip"] = Field("none", description="Connections around stacked layers.")
    engine: Literal["auto", "cudnn", "xla", "fused", "linear", "general"] = Field(
        "auto", description="How the steps run over time; auto takes the fastest that can."
    )
    recompute: bool = Field(False, description="Compute states again instead of storing them, for long texts.")
    embedding_size: Positive = Field(128, description="Length of each word's (or character's) vector.")
    word_dropout: Probability = Field(0.0, description="Chance that a training token is read as <unk>.")
    rare_word_dropout: Annotated[float, Field(ge=0.0)] = Field(
        0.0, description="a: a training token that was seen n times is read as <unk> with the chance a / (a + n)."
    )
    embedding_dropout: Probability = Field(0.0, description="On the vectors that enter the first recurrent layer.")
    dropout: Probability = Field(
        0.0, description="On the input of every recurrent layer after the first, and of the head."
    )
    recurrent_dropout: Probability = Field(0.0, description="On the state, one mask for a whole sequence.")
    zoneout: Probability = Field(0.0, description="Chance that an entry of a state stays as it was at a step.")
    layer_normalization: bool = Field(False, description="In every recurrent step; lstm, gru, simple, leaky have it.")

    @property
    def kind_of_network(self) -> str:
        """What it is called beside its scores."""
        return self.cell

    @property
    def frozen_parts(self) -> tuple[str, ...]:
        """Parts of the model that are never trained."""
        return ()

    @property
    def description(self) -> str:
        """What it is in a few words."""
        return self.shape

    @property
    def shape(self) -> str:
        """Its recurrent layers in a few words."""
        directions = "bidirectional" if self.bidirectional else "unidirectional"
        return f"{self.layers} × {self.units} {directions} {self.cell}"

    def mismatches(self) -> Iterator[tuple[str, str]]:
        if self.word_dropout and self.rare_word_dropout:
            yield "rare_word_dropout word_dropout", "give word_dropout or rare_word_dropout, not both"

    @field_validator("cell")
    @classmethod
    def _known_cell(cls, cell):
        if cell in BUILTIN_CELLS or re.fullmatch(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*", cell):
            return cell
        raise ValueError(f"one of {', '.join(BUILTIN_CELLS)} or package.module:ClassName")


Pooling = Literal["last", "mean", "max", "attention"]


class ClassifierModel(Model):
    """Many-to-one: recurrent layers, pooling over time, a softmax over classes."""

    pooling: Pooling | Annotated[list[Pooling], Field(min_length=1)] = Field(
        "last", description="Last state, mean, max or attention; a list is concatenated."
    )
    hidden_units: Positive | None = Field(None, description="A dense layer before the head.")


class Characters(Section):
    """What a word's characters add to its vector."""

    encoder: Literal["cnn", "rnn"] = Field(
        "cnn", description="Convolutions and a maximum over them, or a bidirectional RNN."
    )
    embedding_size: Positive = Field(30, description="Length of each character's vector.")
    units: Positive = Field(60, description="Filters of each width (cnn) or units of each direction (rnn).")
    widths: Annotated[list[Positive], Field(min_length=1)] = Field(
        [3], description="Widths of the convolutions, in characters (cnn)."
    )
    dropout: Probability = Field(0.0, description="On the character vectors.")


class TaggerModel(Model):
    """Many-to-many: words and characters, recurrent layers, a softmax or a CRF for every token."""

    characters: Characters | None = Characters()
    crf: bool = Field(False, description="Score whole tag sequences with a linear-chain CRF.")
    tag_scheme: Literal["none", "iob2", "bioes"] = Field(
        "none", description="How tags mark entities: constrains decoding and adds entity F1."
    )
