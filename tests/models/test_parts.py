"""Parts of a model by name."""

import pytest

from rnnkit.config.schema import ClassifierModel, TaggerModel, TranslationModel
from rnnkit.errors import ConfigError
from rnnkit.models import classifier, tagger, translator
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
    message = f"finetune.freeze: the model has no part '{name}' .*; it has .* and recurrent for all recurrent_…"
    with pytest.raises(ConfigError, match=message):
        select(model, [name])


@pytest.mark.parametrize("context", ["attention", "input"])
def test_parts_of_a_translator_bottom_to_top(context):
    config = TranslationModel(
        units=3, embedding_size=4, layers=2, context=context, tie_weights=True, scheduled_sampling={"steps": 5}
    )
    model = translator.build(config, 8, 7, seed=1)
    found = parts(model)
    within = ["bridge", "decoder_1", "decoder_2", "attention"] if context == "attention" else ["decoder_1", "decoder_2"]
    assert list(found) == [
        "embedding", "target_embedding", "encoder_1", "encoder_2", *within, "projection", "head"
    ]  # fmt: skip
    weights = [variable for layers in found.values() for layer in layers for variable in layer.weights]
    assert {id(v) for v in weights} == {id(v) for v in model.weights if v.name != "count"}
    assert list(select(model, ["encoder", "decoder_2"])) == ["encoder_1", "encoder_2", "decoder_2"]
