"""From the name of a cell to recurrent layers. The only place that imports a user's code."""

import importlib
import inspect
import re
from typing import Any

import keras

from rnnkit.cells import (
    GRUCell,
    LeakyRNNCell,
    LinearLeakyCell,
    LSTMCell,
    MinGRUCell,
    MinLSTMCell,
    SimpleRNNCell,
)
from rnnkit.config.schema import Model
from rnnkit.errors import ConfigError
from rnnkit.layers import RNN, Bidirectional

BUILTIN = {
    "lstm": LSTMCell,
    "gru": GRUCell,
    "simple": SimpleRNNCell,
    "leaky": LeakyRNNCell,
    "min_lstm": MinLSTMCell,
    "min_gru": MinGRUCell,
    "linear_leaky": LinearLeakyCell,
}
KEYS_OF_THEIR_OWN = {
    "units": "model.units",
    "recurrent_dropout": "model.recurrent_dropout",
    "zoneout": "model.zoneout",
    "layer_normalization": "model.layer_normalization",
    "dropout": "model.dropout and model.embedding_dropout",
    "seed": "seed",
}


def resolve_cell(name: str) -> type:
    """The class of a cell: "lstm", "gru", "simple", "leaky", or "package.module:ClassName", which is imported.

    Raises:
        ConfigError: the module cannot be imported, or what it names is no cell.
    """
    if name in BUILTIN:
        return BUILTIN[name]
    module_name, _, class_name = name.partition(":")
    try:
        module = importlib.import_module(module_name)
    except Exception as error:  # a user's module may raise anything
        raise ConfigError(f"model.cell: cannot import {module_name}: {type(error).__name__}: {error}") from error
    if not hasattr(module, class_name):
        raise ConfigError(f"model.cell: {module_name} ({module.__file__}) has no {class_name}")
    return _checked(getattr(module, class_name), name)


def recurrent(config: Model, cell: type, name: str, return_state: bool = False) -> keras.layers.Layer:
    """One recurrent layer as `config` describes it: (B, T, F) -> (B, T, units), or 2 · units in two directions.

    Args:
        config: cell_options, units, bidirectional, recurrent_dropout, zoneout, layer_normalization, engine and
            recompute are read.
        cell: class of the cell.
        name: of the layer.
        return_state: whether it returns its final states too.

    Raises:
        ConfigError: an option that the cell does not take, or a value that it refuses.
    """
    options = _options(config, cell)
    with ConfigErrors(f"model.cell_options: {cell.__name__}({_listed(options)})"):
        made = cell(**options)
    if not (hasattr(made, "state_size") and callable(getattr(made, "call", None))):
        raise ConfigError(f"model.cell: {cell.__name__} is no cell: it has no state_size")
    with ConfigErrors("model.engine"):
        options = {"engine": config.engine, "recompute": config.recompute, "name": name}
        layer = RNN(made, return_sequences=True, return_state=return_state, **options)
    if not config.bidirectional:
        return layer
    # Keras copies the layer through its configuration, in which it has to find the class of an unregistered cell.
    with (
        ConfigErrors(f"model.bidirectional: {cell.__name__} cannot be copied for the other direction"),
        keras.saving.custom_object_scope({cell.__name__: cell}),
    ):
        return Bidirectional(layer, name=name)


class ConfigErrors:
    """A context in which an error becomes a ConfigError that begins with `where`, in its own words.

    Args:
        where: begins the message.
        kinds: classes of errors that are the user's; code of a user's own may raise anything.
    """

    def __init__(self, where: str, kinds: tuple[type[Exception], ...] = (TypeError, ValueError)):
        self.where, self.kinds = where, kinds

    def __enter__(self):
        return self

    def __exit__(self, kind, error, traceback):
        if isinstance(error, self.kinds) and not isinstance(error, ConfigError):
            raise ConfigError(f"{self.where}: {_own_words(error)}") from error


def _own_words(error: Exception) -> str:
    """An error's message without what Keras puts around it when it is raised inside a layer's `call`."""
    inside = re.search("\x1b\\[1m(.*?)\x1b\\[0m", str(error), flags=re.DOTALL)
    kind = "" if isinstance(error, (TypeError, ValueError)) else f"{type(error).__name__}: "
    text = inside.group(1) if inside else str(error)
    return kind + text.rpartition("Error encountered:")[2].strip()


def _checked(found: Any, name: str) -> type:
    advice = "a cell derives from rnnkit.cells.FusedCell, or is a Keras layer with state_size and call(inputs, states)"
    if not inspect.isclass(found):
        raise ConfigError(f"model.cell: {name} is of type {type(found).__name__} and no class; {advice}")
    if issubclass(found, (keras.layers.RNN, keras.layers.Wrapper)):
        raise ConfigError(f"model.cell: {name} is a layer over time; name the class of its cell")
    if not issubclass(found, keras.layers.Layer) or found.call is keras.layers.Layer.call:
        raise ConfigError(f"model.cell: {name} is no cell; {advice}")
    return found


def _options(config: Model, cell: type) -> dict[str, Any]:
    """The arguments for the cell's constructor."""
    known = _arguments(cell)
    for option in config.cell_options:
        if option in KEYS_OF_THEIR_OWN:
            raise ConfigError(f"model.cell_options.{option}: is set by {KEYS_OF_THEIR_OWN[option]}")
        if option not in known:
            takes = ", ".join(name for name in known if name not in KEYS_OF_THEIR_OWN) or "none"
            raise ConfigError(
                f"model.cell_options.{option}: {cell.__name__} takes no argument {option}; it takes {takes}"
            )
    options = {"units": config.units, **config.cell_options}
    for name, off in (("recurrent_dropout", "0"), ("zoneout", "0"), ("layer_normalization", "false")):
        value = getattr(config, name)
        if name in known:
            options[name] = value
        elif value:
            raise ConfigError(f"model.{name}: {cell.__name__} takes no argument {name}, so it has to be {off} with it")
    return options


def _arguments(cell: type) -> list[str]:
    """Names of the constructor's arguments, those it hands on to its base classes included, Keras's Layer not."""
    names: dict[str, None] = {}
    for base in cell.__mro__:
        if base is keras.layers.Layer:
            break
        if "__init__" not in vars(base):
            continue
        parameters = list(inspect.signature(base.__init__).parameters.values())[1:]
        kinds = {parameter.kind for parameter in parameters}
        named = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
        names.update(dict.fromkeys(parameter.name for parameter in parameters if parameter.kind in named))
        if inspect.Parameter.VAR_KEYWORD not in kinds:
            break
    return list(names)


def _listed(options: dict[str, Any]) -> str:
    return ", ".join(f"{name}={value!r}" for name, value in options.items())
