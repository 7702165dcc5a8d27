"""What a decoder may be made of, and called with."""

import keras

from rnnkit.layers.attention import MemoryAttention

NEEDED = {"return_sequences": True, "return_state": False, "stateful": False}


def check_layers(layers):
    """Raises a ValueError unless recurrent layers can be taken step by step and give every step's output."""
    for layer in layers:
        if isinstance(layer, keras.layers.Bidirectional):
            raise ValueError(f"Decoder: layer {layer.name} must be of one direction. Received: Bidirectional")
        for option, needed in NEEDED.items():
            if getattr(layer, option) != needed:
                raise ValueError(
                    f"Decoder: layer {layer.name} must have {option}={needed}. Received: {option}={not needed}"
                )


def check_attention(decoder, layers):
    """Raises a TypeError or ValueError unless the decoder's options of attention fit its way, and number of layers."""
    if decoder.attention is not None and not isinstance(decoder.attention, MemoryAttention):
        raise TypeError(
            "Decoder: argument `attention` must be AdditiveAttention, MultiplicativeAttention or None. "
            f"Received: attention={decoder.attention!r}"
        )
    for name in ("attention", "attention_units", "attend_after", "input_feeding", "return_scores"):
        if getattr(decoder, name) and decoder.context != "attention":
            raise ValueError(
                f"Decoder: argument `{name}` is for context='attention' only. "
                f"Received: {name}={getattr(decoder, name)!r}, context={decoder.context!r}"
            )
    if (decoder.attend_after or layers) > layers:
        raise ValueError(
            f"Decoder: argument `attend_after` must be one of the {layers} layers, from 1. "
            f"Received: attend_after={decoder.attend_after}"
        )
    if decoder.upper is not None and decoder.input_feeding:
        raise ValueError(
            f"Decoder: argument `input_feeding` is for an attention after the last of the {layers} layers. "
            f"Received: input_feeding=True, attend_after={decoder.attend_after}"
        )


def check_given(way, context, memory, begun):
    """Raises a ValueError unless there is what the way of the context needs.

    Args:
        way: String, the decoder's `context`.
        context, memory: Tensors or shapes, or `None`.
        begun: Boolean, whether the initial state comes from elsewhere.
    """
    if context is None and (way in ("input", "both", "first_step") or (way == "initial" and not begun)):
        raise ValueError(
            f"Decoder: context={way!r} needs a context vector, (batch, width). Received: argument `context` is None"
        )
    if (memory is None) == (way == "attention"):
        raise ValueError(
            "Decoder: argument `memory`, (batch, entries, width), goes with context='attention' and with no other. "
            f"Received: context={way!r} {'without' if memory is None else 'with'} a memory"
        )


def check_sampling(way, feed, chances):
    """Raises a ValueError unless both arguments of scheduled sampling are there, or none, and its way can have them."""
    if feed is not None and way == "first_step":
        raise ValueError("Decoder: argument `feed` is of no use: with context='first_step' no input is read after it")
    if (feed is None) != (chances is None):
        given = "`chances` without `feed`" if feed is None else "`feed` without `chances`"
        raise ValueError(f"Decoder: arguments `feed` and `chances` go together. Received: {given}")
    if isinstance(chances, (int, float)) and not 0 <= chances <= 1:
        raise ValueError(f"Decoder: argument `chances` must be from 0 to 1. Received: chances={chances!r}")
