"""One-to-many: a picture in, a sentence about it out."""

from collections.abc import Sequence

import keras

from rnnkit.config.schema import CaptioningModel, Image
from rnnkit.models import encoder, writer
from rnnkit.models.pictures import begin_with, picture_encoder
from rnnkit.models.writer import Writer

IMAGE = "image"


def build(
    config: CaptioningModel,
    image: Image,
    tokens: int,
    seed: int,
    cell: type | None = None,
    counts: Sequence[int] | None = None,
) -> Writer:
    """A network that looks at the picture, and a decoder that writes about what it made of it.

    The decoder begins with, or reads at every step, the summary of the picture's map; with attention it begins with the
    summary, and attends to the map. `word_dropout` is of what the decoder reads.

    Args:
        config: the section `model`.
        image: the section `image`, which says how large pictures are.
        tokens: number of token ids that captions have; 0 is padding.
        seed: decides all weights and all dropout.
        cell: class of the decoder's cell, in place of what `config.cell` names.
        counts: how often each token id was seen in training.

    Returns:
        A functional model, {"image": (B, height, width, 3) float32 from 0 to 1, "target_in": (B, T) int32} -> logits
        (B, T, tokens) float32, those at t of the token that follows target_in up to t. Any B, and any T from 1.

    Raises:
        ConfigError: the cell cannot be imported or built as configured, or pictures are too small for the network.

    Source: "initial" Vinyals et al., 2015, arXiv 1411.4555, but that there the picture is the first input; "input" Mao
    et al., 2015, arXiv 1412.6632, in spirit; "attention" Xu et al., 2015, arXiv 1502.03044 (soft attention).
    """
    return writer.build(lambda cell: Network(config, image, tokens, cell, counts), config, seed, cell, "captioner")


def prepare(model: Writer, config: CaptioningModel) -> None:
    """Gives a backbone the weights that `config.picture.weights` names, if any.

    Raises:
        ConfigError: they cannot be had, or do not fit.
    """
    if config.picture.weights is not None:
        begin_with(model.network.picture, config.picture.weights)


class Network(writer.Network):
    """The layers of a captioner; arguments as for `build`.

    Attributes:
        picture: makes the map, `PictureEncoder`.
    """

    def __init__(self, config, image, tokens, cell, counts):
        self.shape = image.height, image.width, 3
        self.picture = picture_encoder(config.picture, image, config.memory_size)
        dropped = encoder.word_dropout(config, tokens, counts)
        super().__init__(config, tokens, writer.decoder_of(config, cell), word_dropout=dropped)

    def given(self):
        return keras.Input(self.shape, dtype="float32", name=IMAGE)

    def read(self, given, training=None):
        memory, context = self.picture(given, training=training)
        return {"context": context, "memory": memory} if self.attends else {"context": context}
