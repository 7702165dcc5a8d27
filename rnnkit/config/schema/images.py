"""The section `image`: how a picture becomes the numbers that a network reads."""

from typing import Literal

from pydantic import Field

from rnnkit.config.schema.section import Positive, Section


class Image(Section):
    """How a picture is read."""

    height: Positive = Field(64, description="Pixels that the network sees, from top to bottom.")
    width: Positive = Field(64, description="Pixels that the network sees, from left to right.")
    resize: Literal["pad", "crop", "stretch"] = Field(
        "pad",
        description="How a picture of another shape is fitted: with black borders, without what stands over, or bent.",
    )
    max_pixels: Positive = Field(25_000_000, description="Larger pictures are refused, before they are unpacked.")
