"""What only a translator has: an encoder of texts, and how it decodes."""

from collections.abc import Iterator
from typing import Annotated

from pydantic import Field

from rnnkit.config.schema.model import Model
from rnnkit.config.schema.section import Positive
from rnnkit.config.schema.writing import AttendingModel, Decoding

MORE_THAN_RATIO = 10  # target tokens that `length_ratio` allows besides


class TranslationModel(AttendingModel):
    """Many-to-many, of other lengths: an encoder reads the source, a decoder writes the target."""

    bidirectional: bool = Field(True, description="Read the source from both ends.")
    decoder_layers: Positive | None = Field(None, description="Layers of the decoder; null: as the encoder.")
    decoder_units: Positive | None = Field(None, description="Units of each of them; null: as the encoder.")
    target_embedding_size: Positive | None = Field(
        None, description="Length of each target token's vector; null: as the source."
    )

    @property
    def decoder(self) -> Model:
        layers, units = self.decoder_layers or self.layers, self.decoder_units or self.units
        return self.model_copy(update={"bidirectional": False, "layers": layers, "units": units})

    @property
    def written_size(self) -> int:
        return self.target_embedding_size or self.embedding_size

    @property
    def shape(self) -> str:
        return f"{super().shape} to {self.decoder.layers} × {self.decoder.units}"

    def mismatches(self) -> Iterator[tuple[str, str]]:
        yield from super().mismatches()
        memory, decoder = self.units * (2 if self.bidirectional else 1), self.decoder.units
        if self.context == "attention" and self.attention.kind == "dot" and memory != decoder:
            yield (
                "attention.kind decoder_units",
                f"dot needs a decoder as wide as the encoder's outputs: set decoder_units to {memory}, or use general",
            )


class TranslationDecoding(Decoding):
    """How translations are written once the model is trained; while it is trained, validation is greedy."""

    length_ratio: Annotated[float, Field(gt=0.0, le=100.0)] | None = Field(
        None, description=f"At most this many tokens for each token of the source, and {MORE_THAN_RATIO} more."
    )
    replace_unknown: bool = Field(
        False, description="Write the token of the source that is attended to most in the place of <unk>."
    )
