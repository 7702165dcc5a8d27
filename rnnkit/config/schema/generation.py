"""What only a generator has: texts of characters, how a class enters its network, and that it draws."""

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from rnnkit.config.schema.section import Positive, Section
from rnnkit.config.schema.units import LimitedText
from rnnkit.config.schema.writing import Decoding, WriterModel

_OF_WHAT_IS_READ = ("tie_weights", "scheduled_sampling", "word_dropout", "rare_word_dropout", "embedding_dropout")


class CharacterText(LimitedText):
    """How texts become ids: characters, where nothing else is said."""

    unit: Literal["char", "word", "bpe"] = Field(
        "char", description="What has an id: a character, a word or punctuation mark, or a part of a word (byte pairs)."
    )


class GenerationText(Section):
    """The text that is written of a class."""

    target: CharacterText = CharacterText()


class GenerationModel(WriterModel):
    """One-to-many: the vector of a class, and a decoder that writes a text of it."""

    context: Literal["initial", "input", "both", "first_step"] = Field(
        "both",
        description="How the class enters: as the first state, as an input of every step, both; or as the input of the "
        "first step alone, where no step reads what was written before it.",
    )
    class_embedding_size: Positive | None = Field(
        None, description="Length of each class's vector; null: embedding_size."
    )

    def mismatches(self) -> Iterator[tuple[str, str]]:
        yield from super().mismatches()
        for key in _OF_WHAT_IS_READ if self.context == "first_step" else ():
            value = getattr(self, key)
            if value != type(self).model_fields[key].default:
                yield f"{key} context", f"got {value!r}, but with context first_step nothing that was written is read"


class GenerationDecoding(Decoding):
    """How texts are written where nothing else is asked for."""

    method: Literal["greedy", "beam", "sample"] = Field(
        "sample", description="Drawn; or the likeliest token each time, or beam search: the same for a class each time."
    )
