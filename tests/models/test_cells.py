"""From a cell's name to layers, and what is said where that fails."""

import numpy as np
import pytest

from rnnkit.cells import GRUCell, LeakyRNNCell, LSTMCell, SimpleRNNCell
from rnnkit.config.schema import BUILTIN_CELLS, ClassifierModel
from rnnkit.errors import ConfigError
from rnnkit.layers import RNN, Bidirectional
from rnnkit.models import classifier
from rnnkit.models.cells import BUILTIN, recurrent, resolve_cell

MINE = "tests.models.my_cell:"


def layer(cell, **kwargs):
    return recurrent(ClassifierModel(cell=cell, units=3, **kwargs), resolve_cell(cell), "recurrent_1")


def test_names_of_built_in_cells():
    cells = [resolve_cell(name) for name in ("lstm", "gru", "simple", "leaky")]
    assert cells == [LSTMCell, GRUCell, SimpleRNNCell, LeakyRNNCell]
    assert tuple(BUILTIN) == BUILTIN_CELLS, "the schema knows other names than the models"


def test_layer_is_as_configured():
    made = layer("lstm", cell_options={"peepholes": True}, recurrent_dropout=0.2, engine="general")
    assert isinstance(made, Bidirectional) and made.name == "recurrent_1" and made.return_sequences
    for direction in (made.forward_layer, made.backward_layer):
        cell = direction.cell
        assert (cell.units, cell.peepholes, cell.recurrent_dropout, direction.engine) == (3, True, 0.2, "general")
    assert isinstance(layer("gru", bidirectional=False), RNN)


LINEAR = ("min_lstm", "min_gru", "linear_leaky")


@pytest.mark.parametrize("cell", [cell for cell in BUILTIN if cell not in LINEAR])
def test_layer_normalization_reaches_every_built_in_cell(cell):
    for wanted in (True, False):
        made = layer(cell, layer_normalization=wanted)
        assert [side.cell.layer_normalization for side in (made.forward_layer, made.backward_layer)] == [wanted] * 2
        made.build((None, None, 4))
        assert any("gain" in weight.name for weight in made.weights) is wanted


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize(("name", "engine"), [("MyCell", "fused"), ("PlainCell", "general")])
def test_own_cell_runs(name, engine, bidirectional):
    made = layer(MINE + name, bidirectional=bidirectional)
    made.build((None, None, 4))
    made(np.ones((2, 3, 4), "float32"))
    assert made.engine_used == ((engine, engine) if bidirectional else engine)


def test_option_of_an_own_cell():
    made = layer(MINE + "MyCell", cell_options={"sharpness": 3.0, "activation": "relu"})
    assert made.forward_layer.cell.sharpness == made.backward_layer.cell.sharpness == 3.0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"cell": "no_such_package.cells:Cell"}, "cannot import no_such_package.cells: ModuleNotFoundError"),
        ({"cell": MINE + "Nothing"}, r"model.cell: tests.models.my_cell \(.*my_cell.py\) has no Nothing"),
        ({"cell": MINE + "NUMBER"}, "NUMBER is of type int and no class; a cell derives from rnnkit.cells.FusedCell"),
        ({"cell": "collections:Counter"}, "collections:Counter is no cell"),
        ({"cell": MINE + "OverTime"}, "OverTime is a layer over time; name the class of its cell"),
        ({"cell": MINE + "NoStateCell"}, "model.cell: NoStateCell is no cell: it has no state_size"),
        ({"cell_options": {"foo": 1}}, "cell_options.foo: LSTMCell takes no argument foo; it takes .*peepholes"),
        ({"cell": "leaky", "cell_options": {"alhpa": 0.9}}, "takes no argument alhpa; it takes alpha, .*activation"),
        ({"cell": MINE + "PlainCell", "cell_options": {"alpha": 1}}, "takes no argument alpha; it takes none"),
        ({"cell_options": {"units": 7}}, "model.cell_options.units: is set by model.units"),
        ({"cell": "leaky", "cell_options": {"alpha": 2.0}}, r"LeakyRNNCell\(units=3, alpha=2.0.*\): .*\[0, 1\)"),
        ({"cell": MINE + "PlainCell", "recurrent_dropout": 0.1}, "recurrent_dropout: PlainCell takes no argument"),
        (
            {"cell": MINE + "MyCell", "layer_normalization": True},
            "layer_normalization: MyCell takes no argument layer_normalization, so it has to be false with it",
        ),
        (
            {"cell_options": {"layer_normalization": True}},
            "model.cell_options.layer_normalization: is set by model.layer_normalization",
        ),
        ({"cell": MINE + "PlainCell", "engine": "fused"}, "model.engine: .*is no rnnkit.cells.FusedCell"),
    ],
)
def test_errors(options, message):
    with pytest.raises(ConfigError, match=message):
        layer(**{"cell": "lstm", **options})


def test_cell_that_breaks_the_contract_says_how():
    config = ClassifierModel(cell=MINE + "BrokenCell", units=3, embedding_size=4)
    with pytest.raises(ConfigError, match=r"model.cell: BrokenCell cannot be used: (.|\n)*step"):
        classifier.build(config, vocabulary_size=5, classes=2, seed=1)


def test_a_bug_in_a_users_step_is_told_in_its_own_words():
    config = ClassifierModel(cell="tests.models.my_cell:MistakenCell", units=2, embedding_size=2)
    with pytest.raises(ConfigError) as caught:
        classifier.build(config, 5, 2, seed=1)
    told = str(caught.value)
    assert told == "model.cell: MistakenCell cannot be used: NameError: name 'kears' is not defined"
