"""From one sequence to another, of another length."""

import keras

from rnnkit.layers.decoder import Decoder
from rnnkit.layers.pooling import TimePooling
from rnnkit.layers.stack import RNNStack


@keras.saving.register_keras_serializable(package="rnnkit")
class Seq2Seq(keras.layers.Layer):
    """An encoder reads the source; a decoder, which reads what the encoder made of it, runs over the target.

        m = encoder(source)
        c = last step of m                                              an encoder of one direction
        c = [last step of m forwards, first step of m backwards]        one of two directions
        outputs = decoder(target, context=c)
        outputs = decoder(target, context=c, memory=m)                  a decoder with attention

    The context vector c is the encoder's summary: with several layers that of the last, where each of its directions
    ends. A decoder with attention begins with a state made of c, and attends to m.

    Masked steps of the source count nowhere: neither in the summary nor in the attention.

    Args:
        encoder: `RNN` and its kin, `Bidirectional` or `RNNStack`, with `return_sequences=True` and without
            `return_state`. A last layer of two directions has to concatenate them, and both to be of one width.
        decoder: `Decoder`.
        **kwargs: Of `keras.layers.Layer`.

    Call arguments:
        source: Tensor (batch, source steps, features).
        target: Tensor (batch, target steps, features), what the decoder's steps read.
        source_mask: Boolean tensor (batch, source steps), or `None`. A source of which all is masked has the context 0.
        target_mask: Boolean tensor (batch, target steps), or `None`.
        training: Boolean, whether dropout applies.
        feed, chances: Scheduled sampling, as in `Decoder`.

    Returns:
        As the decoder: outputs (batch, target steps, width), and the attention's scores (batch, target steps, source
        steps) where it has `return_scores`.

    Step by step: `state = layer.encode(source, source_mask)` once, then `layer.step(vector, state)`.

    Attributes:
        engine_used: Pair, what the encoder and the decoder last ran on.

    Raises:
        ValueError: The encoder cannot be summarized; the message says why.
        TypeError: `decoder` is no `Decoder`, or `encoder` no recurrent layer.

    Example:

    ```python
    import keras
    from rnnkit.layers import GRU, Bidirectional, Decoder, Seq2Seq

    encoder = Bidirectional(GRU(4, return_sequences=True))
    layer = Seq2Seq(encoder, Decoder([GRU(8, return_sequences=True)], context="attention"))
    outputs = layer(keras.ops.ones((2, 7, 3)), keras.ops.ones((2, 5, 6)))  # (2, 5, 8)
    ```

    Source: Sutskever et al., 2014, arXiv 1409.3215; Cho et al., 2014, arXiv 1406.1078; Luong et al., 2015,
    arXiv 1508.04025.
    """

    def __init__(self, encoder, decoder, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True
        if not isinstance(decoder, Decoder):
            raise TypeError(f"Seq2Seq: argument `decoder` must be a Decoder. Received: decoder={decoder!r}")
        _check_encoder(encoder)
        self.encoder, self.decoder = encoder, decoder
        directions = 2 if _two_directions(encoder) is not None else 1
        self.summary = TimePooling("last", directions=directions, name="summary", dtype=self.dtype_policy)

    @property
    def return_scores(self):
        return self.decoder.return_scores

    @property
    def engine_used(self):
        return getattr(self.encoder, "engine_used", None), self.decoder.engine_used

    def build(self, source_shape, target_shape):
        _check_widths(self.encoder, source_shape)
        if not self.encoder.built:
            self.encoder.build(source_shape)
        memory_shape = self.encoder.compute_output_shape(source_shape)
        self.summary.build(memory_shape)
        if not self.decoder.built:
            with_attention = self.decoder.attention is not None
            context_shape = self.summary.compute_output_shape(memory_shape)
            self.decoder.build(target_shape, context_shape, memory_shape if with_attention else None)

    def compute_output_shape(self, source_shape, target_shape):
        memory_shape = self.encoder.compute_output_shape(source_shape)
        return self.decoder.compute_output_shape(target_shape, memory_shape=memory_shape)

    def compute_output_spec(self, source, target, *_, **__):
        memory = keras.KerasTensor(self.encoder.compute_output_shape(source.shape))
        return self.decoder.compute_output_spec(target, memory=memory)

    def compute_mask(self, source, mask=None):
        return None

    def call(self, source, target, source_mask=None, target_mask=None, training=False, feed=None, chances=None):
        read = self._read(source, source_mask, training)
        return self.decoder(target, **read, mask=target_mask, training=training, feed=feed, chances=chances)

    def encode(self, source, source_mask=None, training=False):
        """The decoder's state before the first step: `Decoder.begin` on what the encoder made of the source.

        Args:
            source, source_mask, training: As in a call.

        Returns:
            Dictionary of tensors whose first axis is the batch.
        """
        return self.decoder.begin(**self._read(source, source_mask, training))

    def step(self, vector, state):
        """One step of the decoder: `(output, state, scores)`, see `Decoder.step`."""
        return self.decoder.step(vector, state)

    def _read(self, source, mask, training):
        """What the decoder reads of the source, by the names of its arguments."""
        memory = self.encoder(source, mask=mask, training=training)
        read = {"context": self.summary(memory, mask=mask)}
        return read if self.decoder.attention is None else {**read, "memory": memory, "memory_mask": mask}

    def get_config(self):
        own = {name: keras.saving.serialize_keras_object(getattr(self, name)) for name in ("encoder", "decoder")}
        return {**super().get_config(), **own}

    @classmethod
    def from_config(cls, config, custom_objects=None):
        config = {**config}
        for name in ("encoder", "decoder"):
            config[name] = keras.saving.deserialize_keras_object(config[name], custom_objects=custom_objects)
        return cls(**config)


def _two_directions(encoder):
    """The encoder's last layer if it has two directions, else `None`."""
    last = encoder.layers[-1] if isinstance(encoder, RNNStack) else encoder
    return last if isinstance(last, keras.layers.Bidirectional) else None


def _check_encoder(encoder):
    """Raises a TypeError or ValueError unless the encoder recurs and gives an output for every step, in the order of
    time, and nothing else."""
    if not isinstance(encoder, (keras.layers.RNN, keras.layers.Bidirectional, RNNStack)):
        raise TypeError(
            "Seq2Seq: argument `encoder` must be a recurrent layer, Bidirectional or RNNStack. "
            f"Received: encoder={encoder!r}"
        )
    for option, needed in {"return_sequences": True, "return_state": False, "go_backwards": False}.items():
        if getattr(encoder, option, needed) != needed:
            raise ValueError(f"Seq2Seq: the encoder must have {option}={needed}. Received: {option}={not needed}")
    last = _two_directions(encoder)
    if last is not None and last.merge_mode != "concat":
        raise ValueError(
            "Seq2Seq: the encoder's two directions must be concatenated, so that it is known where each ends. "
            f"Received: merge_mode={last.merge_mode!r} in layer {last.name}"
        )


def _check_widths(encoder, source_shape):
    """Raises a ValueError where the two directions of the encoder's last layer are not of one width."""
    last = _two_directions(encoder)
    layers = [] if last is None else [last.forward_layer, last.backward_layer]
    widths = [layer.compute_output_shape(source_shape)[-1] for layer in layers]
    if len(set(widths)) > 1:
        raise ValueError(
            f"Seq2Seq: the encoder's two directions must be of one width. Received: {widths[0]} and {widths[1]} in "
            f"layer {last.name}"
        )
