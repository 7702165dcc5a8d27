"""The section `text` of tasks that write text: how it becomes ids, and ids become text again."""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator

from rnnkit.config.schema.model import WORD
from rnnkit.config.schema.section import Positive, Section

LONGEST_TEXT = 4096  # tokens that are written at most at a time
LEAST_OF_BPE = 260  # the four special tokens and the 256 bytes


class UnitText(Section):
    """How texts of one kind become ids."""

    unit: Literal["char", "word", "bpe"] = Field(
        "word", description="What has an id: a character, a word or punctuation mark, or a part of a word (byte pairs)."
    )
    vocabulary_size: Annotated[int, Field(ge=5)] | None = Field(
        10_000, description="Ids at most: <pad> <unk> <s> </s> and the most frequent units; null: all (char, word)."
    )
    min_count: Positive = Field(1, description="Rarer units become <unk>; rarer pairs are not merged (bpe).")
    lowercase: bool = Field(False, description="Read texts in lower case.")
    unknown: Literal["<unk>", "error"] = Field(
        "<unk>", description="A character that is not in the vocabulary is read as <unk>, or refused (char)."
    )
    pattern: Annotated[str, Field(min_length=1)] = Field(
        WORD, description="What a word is: an RE2 regular expression (word)."
    )
    punctuation: bool = Field(True, description="Every other visible character has an id too (word).")
    newlines: bool = Field(False, description="Line ends have an id too (word).")
    detokenize: bool = Field(True, description="Put punctuation next to words again, in what is written (word).")

    def mismatches(self) -> Iterator[tuple[str, str]]:
        if self.unit == "bpe" and (self.vocabulary_size is None or self.vocabulary_size < LEAST_OF_BPE):
            yield (
                "vocabulary_size unit",
                f"got {self.vocabulary_size}, but parts of words need at least {LEAST_OF_BPE} ids, "
                "for the special tokens and every byte",
            )


class LimitedText(UnitText):
    """How texts that are read and written whole become ids."""

    max_tokens: Positive = Field(128, description="Longer texts are cut; how many is told.")


class PairText(Section):
    """The two sides of a translation."""

    shared: bool = Field(False, description="One vocabulary for both sides, learnt from both.")
    source: LimitedText = LimitedText()
    target: LimitedText | None = Field(None, description="null: as the source.")

    @field_validator("target")
    @classmethod
    def _as_the_source(cls, target: LimitedText | None, info: ValidationInfo) -> LimitedText | None:
        return info.data.get("source") if target is None else target

    def mismatches(self) -> Iterator[tuple[str, str]]:
        if not self.shared:
            return
        for key in LimitedText.model_fields:
            mine, other = getattr(self.target, key), getattr(self.source, key)
            if key != "max_tokens" and mine != other:
                yield (
                    f"target.{key} source.{key} shared",
                    f"got {mine!r} beside {other!r} of the source, but shared: true is one vocabulary for both",
                )


class CaptionText(Section):
    """The text that is written about a picture."""

    target: LimitedText = LimitedText()
