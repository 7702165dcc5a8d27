"""What only a captioner has: a network that looks at the picture."""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from rnnkit.config.schema.section import Positive, Section
from rnnkit.config.schema.writing import AttendingModel

# The networks of keras.applications, each of which takes any size from its own least one on.
Backbone = Literal[
    "cnn",
    "ConvNeXtBase",
    "ConvNeXtLarge",
    "ConvNeXtSmall",
    "ConvNeXtTiny",
    "ConvNeXtXLarge",
    "DenseNet121",
    "DenseNet169",
    "DenseNet201",
    "EfficientNetB0",
    "EfficientNetB1",
    "EfficientNetB2",
    "EfficientNetB3",
    "EfficientNetB4",
    "EfficientNetB5",
    "EfficientNetB6",
    "EfficientNetB7",
    "EfficientNetV2B0",
    "EfficientNetV2B1",
    "EfficientNetV2B2",
    "EfficientNetV2B3",
    "EfficientNetV2L",
    "EfficientNetV2M",
    "EfficientNetV2S",
    "InceptionResNetV2",
    "InceptionV3",
    "MobileNet",
    "MobileNetV2",
    "MobileNetV3Large",
    "MobileNetV3Small",
    "NASNetLarge",
    "NASNetMobile",
    "ResNet101",
    "ResNet101V2",
    "ResNet152",
    "ResNet152V2",
    "ResNet50",
    "ResNet50V2",
    "VGG16",
    "VGG19",
    "Xception",
]


class Picture(Section):
    """The network that makes a map of a picture: at each of its places a vector of what is there."""

    backbone: Backbone = Field(
        "cnn", description="cnn: convolutions of our own; or a network of keras.applications, by its name there."
    )
    weights: Annotated[str, Field(min_length=1)] | None = Field(
        None,
        description="That a network of keras.applications begins with: imagenet (downloaded once), the path of a file "
        "of Keras weights, without the classifier on top (taken as Keras takes a file: of EfficientNet's own, name "
        "imagenet, whose rescaling a path leaves out), or null: drawn.",
    )
    frozen: bool = Field(False, description="Keep the weights of a network of keras.applications as they are.")
    channels: Annotated[list[Positive], Field(min_length=1)] = Field(
        [32, 64, 128], description="Filters of each convolution; each halves height and width (cnn)."
    )
    further_channels: list[Positive] = Field(
        [],
        description="Filters of convolutions after those, which keep height and width: places see more around.",
    )
    kernel_size: Positive = Field(3, description="Height and width of each convolution's window (cnn).")
    positions: bool = Field(
        True, description="Every place of the map knows where it is: its row and column are two numbers more."
    )
    units: Positive | None = Field(
        None, description="Length of the vector of each place of the map that the decoder sees; null: model.units."
    )
    summary: Literal["mean", "all"] = Field(
        "mean", description="What stands for the whole picture: the mean over all places, or all places in a row."
    )

    def mismatches(self) -> Iterator[tuple[str, str]]:
        ours = self.backbone == "cnn"
        if ours and self.weights is not None:
            yield "weights backbone", f"got {self.weights!r}, but a cnn of our own has no weights to begin with"
        if ours and self.frozen:
            yield "frozen backbone", "got true, but a cnn of our own has to be trained; see finetune.freeze"
        for key in ("channels", "further_channels", "kernel_size"):
            value = getattr(self, key)
            if not ours and value != type(self).model_fields[key].default:
                yield f"{key} backbone", f"got {value}, but {self.backbone} has its own convolutions; remove it"


class CaptioningModel(AttendingModel):
    """One-to-many: a network looks at the picture, a decoder writes about it."""

    picture: Picture = Picture()

    @property
    def memory_size(self) -> int:
        """Length of the vectors of the map that the decoder sees."""
        return self.picture.units or self.units

    @property
    def frozen_parts(self) -> tuple[str, ...]:
        return ("backbone",) if self.picture.frozen else ()

    @property
    def shape(self) -> str:
        return f"{self.picture.backbone} to {super().shape}"

    def mismatches(self) -> Iterator[tuple[str, str]]:
        yield from super().mismatches()
        if self.context == "attention" and self.attention.kind == "dot" and self.memory_size != self.units:
            yield (
                "attention.kind picture.units",
                f"dot needs a map as wide as the decoder: set picture.units to {self.units}, or use general",
            )
