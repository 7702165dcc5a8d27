"""Both directions of a sequence."""

import keras
from keras import ops, tree


@keras.saving.register_keras_serializable(package="rnnkit")
class Bidirectional(keras.layers.Bidirectional):
    """Runs one layer forwards and another backwards over a sequence and merges their outputs.

        output_t = merge(forward_t, backward_t)

    A drop-in for `keras.layers.Bidirectional`; the two layers may differ, in their widths and kinds too. Weights: those
    of the forward layer, then those of the backward layer.

    Args:
        layer: Recurrent layer, the forward one (a fresh copy of it is used).
        merge_mode: `"concat"`, `"sum"`, `"mul"`, `"ave"`, or `None` for two outputs. All but `"concat"` and `None` need
            equal widths. Default `"concat"`.
        weights: Accepted as in Keras.
        backward_layer: Recurrent layer with `go_backwards=True` and otherwise the same `return_sequences`,
            `return_state` and `stateful`. Default: a copy of `layer` with `go_backwards=True`.

    Call arguments:
        sequences: Tensor (batch, time, features).
        initial_state: List of the forward layer's states, then the backward layer's. Default: zeros.
        mask: Boolean tensor (batch, time), or `None`. With `return_sequences` masked outputs are zero.
        training: Boolean, whether dropout applies.

    Returns:
        The merged output, (batch, width) or (batch, time, width), in the order of the input's time; two outputs where
        `merge_mode=None`; with `return_state` followed by the final states, forward then backward.

    Attributes:
        engine_used: Pair, what the forward and the backward layer last ran on.

    Raises:
        ValueError: The layers' options do not fit each other, or their widths the `merge_mode`.

    Example:

    ```python
    import keras
    from rnnkit.layers import GRU, LSTM, Bidirectional

    layer = Bidirectional(LSTM(4), backward_layer=GRU(6, go_backwards=True))
    outputs = layer(keras.ops.ones((2, 5, 3)))  # (2, 10)
    ```

    Source: Schuster and Paliwal, 1997, "Bidirectional recurrent neural networks".
    """

    @property
    def engine_used(self):
        return tuple(getattr(layer, "engine_used", None) for layer in (self.forward_layer, self.backward_layer))

    def build(self, sequences_shape, initial_state_shape=None):
        self.compute_output_shape(sequences_shape)
        super().build(sequences_shape, initial_state_shape)

    def compute_output_shape(self, sequences_shape, initial_state_shape=None):
        forward, *forward_states = self._direction_shapes(self.forward_layer, sequences_shape)
        backward, *backward_states = self._direction_shapes(self.backward_layer, sequences_shape)
        if self.merge_mode == "concat":
            outputs = ((*forward[:-1], forward[-1] + backward[-1]),)
        elif self.merge_mode is None:
            outputs = (forward, backward)
        elif forward == backward:
            outputs = (forward,)
        else:
            raise ValueError(
                f"Bidirectional {self.name}: merge_mode={self.merge_mode!r} needs two layers of the same width. "
                f"Received: widths {forward[-1]} and {backward[-1]}. Use merge_mode='concat' or None."
            )
        shapes = (*outputs, *forward_states, *backward_states)
        return shapes if len(shapes) > 1 else shapes[0]

    def _direction_shapes(self, layer, sequences_shape):
        """The layer's output shape, then those of its states where it returns them."""
        shape = layer.compute_output_shape(sequences_shape)
        return tuple(shape) if self.return_state else (tuple(shape),)

    def compute_mask(self, _, mask):
        output_mask = tree.flatten(mask)[0] if self.return_sequences else None
        masks = [output_mask] * (2 if self.merge_mode is None else 1)
        if self.return_state:
            sizes = [getattr(layer, "state_size", []) for layer in (self.forward_layer, self.backward_layer)]
            masks += [None] * len(tree.flatten(sizes))
        return masks if len(masks) > 1 else masks[0]

    def call(self, sequences, initial_state=None, mask=None, training=None):
        forward_state, backward_state = self._split_state(initial_state)
        forward = self.forward_layer(sequences, initial_state=forward_state, mask=mask, training=training)
        backward = self.backward_layer(sequences, initial_state=backward_state, mask=mask, training=training)
        states = ()
        if self.return_state:
            states = (*forward[1:], *backward[1:])
            forward, backward = forward[0], backward[0]
        if self.return_sequences:
            backward = ops.flip(backward, axis=1)
        merged = self._merge(ops.cast(forward, self.compute_dtype), ops.cast(backward, self.compute_dtype))
        return (*merged, *states) if len(merged) + len(states) > 1 else merged[0]

    def _split_state(self, initial_state):
        if initial_state is None:
            return None, None
        count = len(getattr(self.forward_layer, "state_size", initial_state[: len(initial_state) // 2]))
        return initial_state[:count], initial_state[count:]

    def _merge(self, forward, backward):
        """The outputs as a tuple of one tensor, or of two where they are not merged."""
        if self.merge_mode is None:
            return forward, backward
        if self.merge_mode == "concat":
            return (ops.concatenate([forward, backward], axis=-1),)
        if self.merge_mode == "mul":
            return (forward * backward,)
        total = forward + backward
        return (total / 2 if self.merge_mode == "ave" else total,)
