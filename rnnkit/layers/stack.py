"""Recurrent layers on top of one another, with residual or skip connections."""

import keras
from keras import ops, tree

from rnnkit.cells.arguments import choice, rate
from rnnkit.layers.stepping import directions, one_mask, packed_states, state_sizes, step_of

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
            but the last need `return_sequences=True`; none may have `go_backwards=True`.
        connection: `None`, `"residual"` or `"skip"`. Default `None`.
        dropout: Number in [0, 1), fraction dropped of what a layer hands to the next. Default 0.
        seed: Integer or `None`, seed of that dropout. Default `None`.

    Call arguments:
        sequences: Tensor (batch, time, features).
        initial_state: List of the states of all layers, first to last, each (batch, width). Default: what the layers
            begin with, zeros as a rule.
        mask: Boolean tensor (batch, time), or `None`; every layer gets it.
        training: Boolean, whether dropout applies.

    Returns:
        The last layer's output (batch, time, width) or (batch, width); where layers have `return_state`, a tuple of it
        and the final states of those layers, first to last. Without `return_sequences` a residual adds the input of
        the last step that is not masked.

    Attributes:
        engine_used: Tuple, what each layer last ran on.
        state_size: List of the widths of all layers' states, first to last.

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
            if not layer.return_sequences:
                raise ValueError(
                    f"RNNStack: layer {layer.name}, not being the last, needs return_sequences=True. "
                    f"Received: return_sequences={layer.return_sequences}"
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
        return any(layer.return_state for layer in self.layers)

    @property
    def state_size(self):
        return [size for layer in self.layers for size in state_sizes(layer)]

    def get_initial_state(self, batch_size):
        """What the layers begin with: a list as `initial_state`, of tensors (batch_size, width)."""
        layers = [one for layer in self.layers for one in directions(layer)]
        return tree.flatten([layer.get_initial_state(batch_size) for layer in layers])

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
            output = self._output_of(layer.compute_output_shape(shapes[-1]), layer)
            extra = sequences_shape[-1] if self.connection == "skip" else 0
            shapes.append((*output[:-1], output[-1] + extra))
        return shapes

    @staticmethod
    def _output_of(outputs, layer):
        return outputs[0] if layer.return_state else outputs

    def compute_output_shape(self, sequences_shape):
        last = self.layers[-1]
        output = self._output_of(last.compute_output_shape(self._input_shapes(sequences_shape)[-1]), last)
        states = [(sequences_shape[0], size) for size in self._returned_sizes()]
        return (output, *states) if self.return_state else output

    def compute_mask(self, sequences, mask=None):
        output_mask = tree.flatten(mask)[0] if self.return_sequences else None
        return [output_mask, *(None for _ in self._returned_sizes())] if self.return_state else output_mask

    def _returned_sizes(self):
        return [size for layer in self.layers if layer.return_state for size in state_sizes(layer)]

    def call(self, sequences, initial_state=None, mask=None, training=False):
        mask = tree.flatten(mask)[0]
        initial_states = self._of_layers(initial_state)
        states = []

        def run(index, inputs):
            layer = self.layers[index]
            initial_state = None if initial_states is None else packed_states(layer, initial_states[index])
            results = layer(inputs, initial_state=initial_state, mask=mask, training=training)
            if layer.return_state:
                states.extend(tree.flatten(results[1:]))
            return self._output_of(results, layer)

        def shortcut(index, previous):
            return previous if self.layers[index].return_sequences else _last_step(previous, mask)

        output = self._one_on_the_other(sequences, run, shortcut, training)
        return (output, *states) if self.return_state else output

    def step(self, inputs, states, training=False):
        """One step of all layers: step by step the stack gives what it gives for the whole sequence.

        Args:
            inputs: Tensor (batch, features).
            states: List of the states of all layers as in `initial_state`; `get_initial_state` for the first step.
            training: Boolean, whether dropout applies. Where it is true, `stepping` has to be around all steps.

        Returns:
            `(output, states)`: the last layer's output (batch, width), and states as they came.

        Raises:
            ValueError: there is a layer in two directions, or the number of states is wrong.
        """
        backward = [layer.name for layer in self.layers if isinstance(layer, keras.layers.Bidirectional)]
        if backward:
            raise ValueError(
                f"RNNStack: layer {backward[0]} reads from both ends, so there is no step by step. "
                "Use layers of one direction."
            )
        before, after = self._of_layers(states), []

        def run(index, inputs):
            output, new_states = step_of(self.layers[index], inputs, before[index], training)
            after.extend(new_states)
            return output

        return self._one_on_the_other(inputs, run, lambda index, previous: previous, training), after

    def stepping(self, inputs, states, training=False):
        """A context for the steps of one sequence: in training the layers draw their masks of dropout once, ahead.

        Args:
            inputs, states: Of the first step, or any of the same shapes.
            training: Boolean, whether dropout applies.
        """
        return one_mask(self.layers, lambda: self.step(inputs, states, training=True), training)

    def _one_on_the_other(self, inputs, run, shortcut, training):
        """The stack's equations: `run(index, inputs)` is a layer's output, `shortcut(index, inputs)` its residual."""
        previous = inputs
        for index in range(len(self.layers)):
            fed = self.between(previous, training=training) if index else previous
            if index and self.connection == "skip":
                fed = ops.concatenate([fed, inputs], axis=-1)
            output = run(index, fed)
            if self.connection == "residual" and output.shape[-1] == previous.shape[-1]:
                output = output + shortcut(index, previous)
            previous = output
        return previous

    def _of_layers(self, states):
        """A list of states, or `None`, as one list for each layer."""
        if states is None:
            return None
        states, counts = tree.flatten(states), [len(state_sizes(layer)) for layer in self.layers]
        if len(states) != sum(counts):
            raise ValueError(
                f"RNNStack: argument `initial_state` must hold the {sum(counts)} states of all layers, "
                f"(batch, width) with the widths {self.state_size}. Received: {len(states)} states"
            )
        ends = [sum(counts[: index + 1]) for index in range(len(counts))]
        return [states[end - count : end] for count, end in zip(counts, ends)]

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
