"""Which engine is chosen, and the reasons against it."""

import keras
import pytest
import tensorflow as tf

from rnnkit.cells import GRUCell, LinearCell, LSTMCell
from rnnkit.engines import Call, choose_engine, portable, why_not
from rnnkit.layers import LSTM, RNN

PLAIN = Call(unroll=False, compute_dtype="float32")


class Forget(LinearCell):
    def coefficients(self, projected):
        return keras.ops.sigmoid(projected), projected


@pytest.mark.parametrize(
    "cell, call, reason",
    [
        (LSTMCell(2), PLAIN, None),
        (LSTMCell(2), Call(True, "float32"), "unroll=True"),
        (LSTMCell(2), Call(False, "float16"), "computes in float32 and the layer in float16"),
        (GRUCell(2, reset_after=False), PLAIN, "reset_after=False"),
        (keras.layers.LSTMCell(2), PLAIN, "no rnnkit.cells.FusedCell"),
    ],
)
def test_the_reason_why_not_fused(cell, call, reason):
    if reason is None:
        assert why_not("fused", cell, call) is None
        assert choose_engine("layer", "auto", cell, call) == "fused"
        return
    assert reason in why_not("fused", cell, call)
    assert choose_engine("layer", "auto", cell, call) == "general"
    with pytest.raises(ValueError, match="layer: engine='fused' cannot run this layer"):
        choose_engine("layer", "fused", cell, call)


def test_linear_cells_have_their_own_engine():
    assert choose_engine("layer", "auto", Forget(2), PLAIN) == "linear"
    assert choose_engine("layer", "auto", Forget(2), Call(True, "float32")) == "general"
    assert "no rnnkit.cells.FusedCell" in why_not("fused", Forget(2), PLAIN)
    with pytest.raises(ValueError, match="engine='linear' cannot run this layer: its cell, LSTMCell, is no"):
        choose_engine("layer", "linear", LSTMCell(2), PLAIN)


def test_general_is_always_possible_and_others_are_unknown():
    assert choose_engine("layer", "general", LSTMCell(2), PLAIN) == "general"
    with pytest.raises(ValueError, match=r"`engine` must be one of \['auto', 'cudnn', .*'fast'"):
        choose_engine("layer", "fast", LSTMCell(2), PLAIN)


def test_recomputation_needs_the_fused_engine():
    recomputing = Call(False, "float32", recompute=True)
    assert choose_engine("layer", "auto", LSTMCell(2), recomputing) == "fused"
    for engine, cell in (("general", LSTMCell(2)), ("linear", Forget(2))):
        with pytest.raises(ValueError, match="recompute=True is an option of the fused engine"):
            choose_engine("layer", engine, cell, recomputing)
    with pytest.raises(ValueError, match="reset_after=False"):
        choose_engine("layer", "auto", GRUCell(2, reset_after=False), recomputing)


def traced(engine, shape, training, dtype="float32"):
    """What a layer runs on in a graph for inputs of a shape."""
    layer = LSTM(3, engine=engine, dtype=dtype)
    run = tf.function(lambda inputs: layer(inputs, training=training))
    run.get_concrete_function(tf.TensorSpec(shape))
    return layer.engine_used


@pytest.mark.parametrize(
    "shape, training, engine",
    [
        ((4, 5, 2), True, "xla"),
        ((4, 5, 2), False, "xla"),
        ((None, 5, 2), True, "xla"),
        ((None, 5, 2), False, "fused"),
        ((4, None, 2), True, "fused"),
    ],
)
def test_xla_is_taken_in_graphs_whose_shapes_are_known(shape, training, engine):
    assert traced("auto", shape, training) == engine
    assert traced("xla", shape, training) == "xla"
    assert traced("fused", shape, training) == "fused"


@pytest.mark.parametrize(
    "units, batch, training, engine",
    [
        (650, 128, False, "fused"),
        (650, None, False, "fused"),
        (650, 8, False, "xla"),
        (656, 128, False, "xla"),
        (650, 128, True, "xla"),
    ],
)
def test_large_products_of_unaligned_rows_are_not_for_xla_in_inference(units, batch, training, engine):
    call = Call(False, "float32", (batch, 5, 2), training)
    cell, chosen = LSTMCell(units), []
    tf.function(lambda: chosen.append(choose_engine("layer", "auto", cell, call))).get_concrete_function()
    assert chosen == [engine]


def test_a_cell_that_is_not_ours_need_not_have_units():
    layer = RNN([LSTMCell(2), LSTMCell(3)])
    with tf.Graph().as_default():
        assert choose_engine("layer", "auto", layer.cell, Call(False, "float32", (4, 5, 3))) == "general"


def test_what_is_made_portable_has_no_xla():
    with portable():
        assert traced("auto", (4, 5, 2), True) == "fused"
    assert traced("auto", (4, 5, 2), True) == "xla"


def test_half_precision_is_not_compiled():
    assert traced("auto", (4, 5, 2), True, "mixed_bfloat16") == "fused"


def test_a_portable_graph_holds_no_compiled_function():
    layer = LSTM(3)

    def compiled_functions():
        graph = tf.function(lambda inputs: layer(inputs)).get_concrete_function(tf.TensorSpec((4, 5, 2))).graph
        definition = graph.as_graph_def()
        nodes = [*definition.node, *(node for each in definition.library.function for node in each.node_def)]
        return [each for each in (*nodes, *definition.library.function) if each.attr["_XlaMustCompile"].b]

    assert compiled_functions()
    with portable():
        assert not compiled_functions()
