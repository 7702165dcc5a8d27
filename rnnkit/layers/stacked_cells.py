"""Several cells behind one another, as one cell."""

import keras


@keras.saving.register_keras_serializable(package="rnnkit")
class StackedRNNCells(keras.layers.StackedRNNCells):
    """Several cells that behave as one: each cell's output is the next one's input, step by step.

    It runs on the general engine. A stack of layers, `rnnkit.layers.RNNStack`, computes the same and keeps every layer
    on the fused engine.

    Args:
        cells: List of cells, first to last.

    Call arguments:
        inputs: Tensor (batch, features).
        states: List with one entry per cell: its states, as the cell has them.
        training: Boolean, whether dropout applies.

    Returns:
        `(output, new_states)`: the last cell's output (batch, units), and states as they came.

    Raises:
        ValueError: `cells` is empty, or an entry has no `call` or no `state_size`.

    Example:

    ```python
    import keras
    from rnnkit.layers import RNN, LSTMCell, StackedRNNCells

    outputs = RNN(StackedRNNCells([LSTMCell(4), LSTMCell(6)]))(keras.ops.ones((2, 5, 3)))  # (2, 6)
    ```
    """

    def __init__(self, cells, **kwargs):
        if not cells:
            raise ValueError(f"StackedRNNCells: argument `cells` must hold at least one cell. Received: {cells!r}")
        super().__init__(cells, **kwargs)
