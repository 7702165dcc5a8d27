"""Parts of a model by name."""

import pytest

from rnnkit.config.schema import ClassifierModel, TaggerModel
from rnnkit.errors import ConfigError
from rnnkit.models import classifier, tagger
from rnnkit.models.parts import parts, select


@pytest.fixture(scope="module")
def model():
    config = ClassifierModel(units=3, embedding_size=4, layers=2, pooling="attention", hidden_units=3, dropout=0.1)
    return classifier.build(config, vocabulary_size=8, classes=2, seed=1)


def test_parts_of_a_classifier_bottom_to_top(model):
    found = parts(model)
    assert list(found) == ["embedding", "recurrent_1", "recurrent_2", "pooling", "hidden", "head"]
    assert sum(len(layer.weights) for layers in found.values() for layer in layers) == len(model.weights)


def test_parts_of_a_tagger_bottom_to_top():
    config = TaggerModel(units=3, embedding_size=4, crf=True)
    model = tagger.build(config, 6, 5, ["a", "b"], seed=1)
    found = parts(model)
    assert list(found) == ["embedding", "characters", "recurrent_1", "head", "crf"]
    assert sum(len(layer.weights) for layers in found.values() for layer in layers) == len(model.weights)


def test_freezing_a_part_freezes_its_weights(model):
    for layers in select(model, ["recurrent", "embedding"]).values():
        for layer in layers:
            layer.trainable = False
    assert {v.path.split("/")[0] for v in model.trainable_variables} == {"pooling", "hidden", "head"}


def test_select_by_name_and_prefix(model):
    assert list(select(model, ["head", "recurrent"])) == ["recurrent_1", "recurrent_2", "head"]
    assert list(select(model, ["recurrent_2"])) == ["recurrent_2"]
    assert select(model, []) == {}


@pytest.mark.parametrize("name", ["crf", "recur", "recurrent_3", ""])
def test_unknown_name(model, name):
    with pytest.raises(ConfigError, match=f"finetune.freeze: the model has no part '{name}' .*; it has embedding, rec"):
        select(model, [name])
