"""Activations by name: those of Keras, and those of this package."""

import keras
import numpy as np
from keras import ops


@keras.saving.register_keras_serializable(package="rnnkit")
def linear_sigmoid(x):
    """The positive activation of minGRU and minLSTM, by name `"linear_sigmoid"`: elementwise

        g(x) = x + 0.5      where x >= 0
        g(x) = sigmoid(x)   elsewhere

    It is continuous, above 0 everywhere, and never saturates above.

    Args:
        x: Tensor of any shape.

    Returns:
        Tensor of the same shape and dtype.

    Example:

    ```python
    import keras
    from rnnkit.cells.activations import linear_sigmoid

    print(linear_sigmoid(keras.ops.array([0.0, 2.0])))  # [0.5, 2.5]
    ```

    Source: Feng et al., 2024, "Were RNNs All We Needed?", arXiv 2410.01201, appendix B.
    """
    positive = ops.relu(x)
    return positive + ops.sigmoid(x - positive)  # two branches without a choice: sigmoid(0) is the 0.5


SIGMOID = (keras.activations.sigmoid, ops.sigmoid)
TANH = (keras.activations.tanh, ops.tanh)


def activate_blocks(x, functions):
    """Applies to each block of columns its own function; a single tanh where all are sigmoid or tanh.

        sigmoid(x) = (tanh(x / 2) + 1) / 2

    A step with one function over all of its columns compiles to better code than one with a function for every gate.

    Args:
        x: Tensor (rows, blocks * width).
        functions: List of functions, one for each block.

    Returns:
        List of tensors (rows, width), one for each block.

    Example:

    ```python
    import keras
    from rnnkit.cells import activate_blocks

    gate, value = activate_blocks(keras.ops.ones((2, 6)), [keras.ops.sigmoid, keras.ops.tanh])  # (2, 3), (2, 3)
    ```
    """
    blocks = len(functions)
    if not all(function in SIGMOID + TANH for function in functions):
        return [function(block) for function, block in zip(functions, ops.split(x, blocks, axis=-1))]
    scales = np.repeat([0.5 if function in SIGMOID else 1.0 for function in functions], x.shape[-1] // blocks)
    scale, shift = (ops.convert_to_tensor(values, dtype=x.dtype) for values in (scales, 1.0 - scales))
    return ops.split(ops.tanh(x * scale) * scale + shift, blocks, axis=-1)


OWN = {"linear_sigmoid": linear_sigmoid}


def get(identifier):
    """The function that `identifier` means: a name, a function, what `serialize` made, or `None` (linear)."""
    own = OWN.get(identifier) if isinstance(identifier, str) else None
    return keras.activations.get(identifier) if own is None else own


def serialize(activation):
    """A name or dictionary that `get` turns into `activation` again."""
    names = [name for name, function in OWN.items() if function is activation]
    return names[0] if names else keras.activations.serialize(activation)
