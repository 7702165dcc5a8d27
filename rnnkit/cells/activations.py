"""Activations by name: those of Keras, and those of this package."""

import keras
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


OWN = {"linear_sigmoid": linear_sigmoid}


def get(identifier):
    """The function that `identifier` means: a name, a function, what `serialize` made, or `None` (linear)."""
    own = OWN.get(identifier) if isinstance(identifier, str) else None
    return keras.activations.get(identifier) if own is None else own


def serialize(activation):
    """A name or dictionary that `get` turns into `activation` again."""
    names = [name for name, function in OWN.items() if function is activation]
    return names[0] if names else keras.activations.serialize(activation)
