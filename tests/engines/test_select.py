import keras
import pytest

from rnnkit.cells import GRUCell, LSTMCell
from rnnkit.engines import choose_engine, why_not_fused


@pytest.mark.parametrize(
    "cell, unroll, dtype, reason",
    [
        (LSTMCell(2), False, "float32", None),
        (LSTMCell(2), True, "float32", "unroll=True"),
        (LSTMCell(2), False, "float16", "computes in float32 and the layer in float16"),
        (GRUCell(2, reset_after=False), False, "float32", "reset_after=False"),
        (keras.layers.LSTMCell(2), False, "float32", "no rnnkit.cells.FusedCell"),
    ],
)
def test_the_reason_why_not_fused(cell, unroll, dtype, reason):
    options = {"unroll": unroll, "compute_dtype": dtype}
    if reason is None:
        assert why_not_fused(cell, **options) is None
        assert choose_engine("layer", "auto", cell, **options) == "fused"
        return
    assert reason in why_not_fused(cell, **options)
    assert choose_engine("layer", "auto", cell, **options) == "general"
    with pytest.raises(ValueError, match="layer: engine='fused' cannot run this layer"):
        choose_engine("layer", "fused", cell, **options)


def test_general_is_always_possible_and_others_are_unknown():
    options = {"unroll": False, "compute_dtype": "float32"}
    assert choose_engine("layer", "general", LSTMCell(2), **options) == "general"
    with pytest.raises(ValueError, match=r"`engine` must be one of \['auto', 'fused', 'general'\].*'fast'"):
        choose_engine("layer", "fast", LSTMCell(2), **options)
