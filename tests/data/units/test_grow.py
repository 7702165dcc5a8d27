"""Units that learn further tokens."""

import pytest
import tensorflow as tf

from rnnkit.data.units import Characters, Subwords, Words


@pytest.mark.parametrize(
    ("unit", "more", "new"),
    [
        (Characters.fit(["aab"]), ["bcd", "d"], ("d", "c")),
        (Words.fit(["a a b"], lowercase=True), ["b C <s> D", "d"], ("d", "<", ">", "c", "s")),
    ],
)
def test_new_tokens_stand_behind_the_old_ones(unit, more, new):
    grown = unit.grow(more)
    assert grown.names[: len(unit)] == unit.names and sorted(grown.names[len(unit) :]) == sorted(new)
    assert grown.to_config().keys() == unit.to_config().keys()
    for key in unit.to_config().keys() - {"vocabulary"}:
        assert grown.to_config()[key] == unit.to_config()[key]
    texts = tf.constant(more)
    assert 1 not in grown.ragged(texts).values.numpy()
    assert unit.grow(more, size=1).names == (*unit.names, new[0])
    assert len(unit.grow(more, min_count=2)) == len(unit) + 1


def test_bytes_need_none():
    unit = Subwords.fit(["a b"], 260)
    assert unit.grow(["c"]) is unit
