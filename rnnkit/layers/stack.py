"""Recurrent layers on top of one another, with residual or skip connections."""

import keras
from keras import ops, tree

from rnnkit.cells.arguments import choice, rate

CONNECTIONS = (None, "residual", "skip")


@keras.saving.register_keras_serializable(package="rnnkit")
class RNNStack(keras.layers.Layer):
    """Recurrent layers on top of one another.

    With x the stack's input and D dropout,

        y_1 = layer_1(x)                                          each `connection`
        y_k = layer_k(D(y_{k-1}))                                 `None`
        y_k = layer_k(D(y_{k-1})) + y_{k-1}                       `"residual"`
        y_k = layer_k([D(y_{k-1}), x])                            `"skip"`

    and with `"residual"` y_1 = layer_1(x) + x too if the first layer is as wide as the input; if it is not, it has no
    residual, since an embedding's width is seldom the layers'. Weights: those of the layers, first to last.

    Args:
        layers: List of recurrent layers (`RNN` and its kin, or `Bidirectional` with a `merge_mode`), first to last. All
            but the last need `return_sequences=True` and no `return_state`; none may have `go_backwards=True`.
        connection: `None`, `"residual"` or `"skip"`. Default `None`.
        dropout: Number in [0, 1), fraction dropped of what a layer hands to the next. Default 0.
        seed: Integer or `None`, seed of that dropout. Default `None`.

    Call arguments:
        sequences: Tensor (batch, time, features).
        mask: Boolean tensor (batch, time), or `None`; every layer gets it.
        training: Boolean, whether dropout applies.

    Returns:
        What the last layer returns: output (batch, time, width) or (batch, width), and its states if it has
        `return_state`. Without `return_sequences` a residual adds the input of the last step that is not masked.

    Attributes:
        engine_used: Tuple, what each layer last ran on.

    Raises:
        ValueError: A layer cannot stand where it is, or a residual's widths differ; the message names the layer.
        TypeError: An entry of `layers` is no recurrent layer.

    Example:

    ```python
    import keras
    from rnnkit.layers import LSTM, Bidirectional, RNNStack

    stack = RNNStack(
        [Bidirectional(LSTM(4, return_sequences=True)), LSTM(8, return_sequences=True), LSTM(8)], connection="residual"
    )
    outputs = stack(keras.ops.ones((2, 5, 3)))  # (2, 8)
    ```

    Source: residual as in Wu et al., 2016, arXiv 1609.08144, section 3.1; skip as in Graves, 2013, arXiv 1308.0850,
    equation 1, without its connections from every layer to the output.
    """

    def __init__(self, layers, connection=None, dropout=0.0, seed=None, **kwargs):
        super().__init__(**kwargs)
        self.layers = list(layers)
        self.connection = choice("RNNStack", "connection", connection, CONNECTIONS)
        self.dropout = rate("RNNStack", "dropout", dropout)
        self.seed = seed
        self._check_layers()
        self.between = keras.layers.Dropout(self.dropout, seed=seed, dtype=self.dtype_policy)
        self.supports_masking = True

    def _check_layers(self):
        if not self.layers:
            raise ValueError("RNNStack: argument `layers` must hold at least one layer. Received: layers=[]")
        for layer in self.layers:
            if not isinstance(layer, (keras.layers.RNN, keras.layers.Bidirectional)):
                raise TypeError(f"RNNStack: `layers` must be recurrent layers or Bidirectional. Received: {layer!r}")
            if getattr(layer, "go_backwards", False):
                raise ValueError(
                    f"RNNStack: layer {layer.name} has go_backwards=True, so its output would come reversed. "
                    "Use Bidirectional, or reverse the stack's input."
                )
            if getattr(layer, "merge_mode", "concat") is None:
                raise ValueError(f"RNNStack: layer {layer.name} must merge its directions. Received: merge_mode=None")
        for layer in self.layers[:-1]:
            if not layer.return_sequences or layer.return_state:
                raise ValueError(
                    f"RNNStack: layer {layer.name}, not being the last, needs return_sequences=True and "
                    f"return_state=False. Received: return_sequences={layer.return_sequences}, "
                    f"return_state={layer.return_state}"
                )
        last = self.layers[-1]
        if self.connection == "residual" and hasattr(last, "merge_mode") and not last.return_sequences:
            raise ValueError(
                "RNNStack: with connection='residual' a bidirectional layer needs return_sequences=True, since its two "
                f"directions end at different steps. Received: return_sequences=False in layer {last.name}. "
                "Pool over time after the stack."
            )

    @property
    def return_sequences(self):
        return self.layers[-1].return_sequences

    @property
    def return_state(self):
        return self.layers[-1].return_state

    @property
    def engine_used(self):
        return tuple(getattr(layer, "engine_used", None) for layer in self.layers)

    def reset_state(self):
        """Sets the states of all stateful layers to zero."""
        for layer in self.layers:
            if layer.stateful:
                layer.reset_state()

    def build(self, sequences_shape):
        for index, (layer, shape) in enumerate(zip(self.layers, self._input_shapes(sequences_shape))):
            if not layer.built:
                layer.build(shape)
            width = self._output_of(layer.compute_output_shape(shape), layer)[-1]
            if self.connection == "residual" and index and width != shape[-1]:
                raise ValueError(
                    "RNNStack: connection='residual' adds a layer's input to its output, so the widths must be equal. "
                    f"Received in layer {layer.name}: input {shape[-1]}, output {width}."
                )

    def _input_shapes(self, sequences_shape):
        """The shape of each layer's input."""
        shapes = [tuple(sequences_shape)]
        for layer in self.layers[:-1]:
            output = layer.compute_output_shape(shapes[-1])
            extra = sequences_shape[-1] if self.connection == "skip" else 0
            shapes.append((*output[:-1], output[-1] + extra))
        return shapes

    @staticmethod
    def _output_of(outputs, layer):
        return outputs[0] if layer.return_state else outputs

    def compute_output_shape(self, sequences_shape):
        return self.layers[-1].compute_output_shape(self._input_shapes(sequences_shape)[-1])

    def compute_mask(self, sequences, mask=None):
        return self.layers[-1].compute_mask(sequences, mask)

    def call(self, sequences, mask=None, training=False):
        mask = tree.flatten(mask)[0]
        previous = sequences
        for index, layer in enumerate(self.layers):
            inputs = self.between(previous, training=training) if index else previous
            if index and self.connection == "skip":
                inputs = ops.concatenate([inputs, sequences], axis=-1)
            results = layer(inputs, mask=mask, training=training)
            output = self._output_of(results, layer)
            if self.connection == "residual" and output.shape[-1] == previous.shape[-1]:
                output = output + (previous if layer.return_sequences else _last_step(previous, mask))
            previous = output
        return (previous, *results[1:]) if self.return_state else previous

    def get_config(self):
        config = {
            "layers": [keras.saving.serialize_keras_object(layer) for layer in self.layers],
            "connection": self.connection,
            "dropout": self.dropout,
            "seed": self.seed,
        }
        return {**super().get_config(), **config}

    @classmethod
    def from_config(cls, config, custom_objects=None):
        layers = [
            keras.saving.deserialize_keras_object(layer, custom_objects=custom_objects) for layer in config["layers"]
        ]
        return cls(**{**config, "layers": layers})


def _last_step(sequences, mask):
    """The last step that is not masked, (batch, time, width) to (batch, width); zeros for a row with no such step."""
    if mask is None:
        return sequences[:, -1]
    steps = ops.arange(ops.shape(sequences)[1])  # (time,)
    last = ops.max(ops.where(ops.cast(mask, "bool"), steps, -1), axis=1)  # (batch,)
    chosen = ops.cast(ops.equal(steps, last[:, None]), sequences.dtype)  # (batch, time)
    return ops.einsum("bt,btf->bf", chosen, sequences)
