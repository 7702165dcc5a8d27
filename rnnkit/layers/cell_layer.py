"""What the layers of one built-in cell share: the cell's arguments are the layer's."""

import inspect
from operator import attrgetter

import keras

from rnnkit.cells.arguments import choice
from rnnkit.cells.projected import ProjectedCell
from rnnkit.layers.rnn import RNN


def cell_arguments(cell_class):
    """Names of the constructor arguments of a cell class, without those of every Keras layer."""
    classes = [base for base in cell_class.__mro__ if issubclass(base, ProjectedCell)]
    parameters = [parameter for base in classes for parameter in inspect.signature(base.__init__).parameters.values()]
    named = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    return {parameter.name for parameter in parameters if parameter.kind in named} - {"self"}


class CellLayer(RNN):
    """A recurrent layer over the cell that its class names, made from the cell's own arguments.

    A subclass sets `cell_class` and hands its constructor's arguments, by name, to this constructor. Those of the cell
    go to the cell, and read as attributes of the layer; the others go to `rnnkit.layers.RNN`.

    Args:
        arguments: Arguments of `cell_class`, of `rnnkit.layers.RNN` and of `keras.layers.Layer`, by name.
    """

    cell_class = None
    cell_name = None

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        for name in cell_arguments(cls.cell_class):
            setattr(cls, name, property(attrgetter(f"cell.{name}")))

    def __init__(self, **arguments):
        names = cell_arguments(self.cell_class)
        cell = self.cell_class(
            **{name: arguments.pop(name) for name in names & set(arguments)},
            dtype=arguments.get("dtype"),
            trainable=arguments.get("trainable", True),
            name=self.cell_name,
        )
        super().__init__(cell, **arguments)
        self.input_spec = keras.layers.InputSpec(ndim=3)

    def get_config(self):
        config = super().get_config()
        del config["cell"]
        cell_config = self.cell.get_config()
        config.update({name: cell_config[name] for name in cell_arguments(self.cell_class)})
        config["activity_regularizer"] = keras.regularizers.serialize(self.activity_regularizer)
        return config

    @classmethod
    def from_config(cls, config):
        return cls(**config)


class CudnnArgument:
    """The argument `use_cudnn` of Keras's LSTM and GRU.

    Args:
        use_cudnn: `"auto"` or `True`, cuDNN where it can run; `False`, never.
        arguments: The others, by name.
    """

    def __init__(self, *, use_cudnn="auto", **arguments):
        super().__init__(**arguments)
        self.use_cudnn = choice(type(self).__name__, "use_cudnn", use_cudnn, ("auto", True, False))

    def get_config(self):
        return {**super().get_config(), "use_cudnn": self.use_cudnn}
