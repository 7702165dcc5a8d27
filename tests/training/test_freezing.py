"""Which parts of a model are trained when, and how fast."""

import pytest

from rnnkit.config.schema import Finetune
from rnnkit.errors import ConfigError
from rnnkit.training.freezing import first_epochs, learning_rates, set_trained, trained_parts
from tests.training.helpers import fit, sentiment, tagging

TAGGER = {"characters": {"units": 2, "embedding_size": 2}, "crf": True, "layers": 2}
ALL = ["embedding", "characters", "recurrent_1", "recurrent_2", "head", "crf"]


@pytest.fixture(scope="module")
def model():
    return fit(tagging(TAGGER)).build()


def options(**keys):
    return Finetune(source="x", **keys)


def test_gradual_unfreezing_from_the_top(model):
    gradual = options(gradual_unfreezing=True)
    order = [trained_parts(model, gradual, epoch) for epoch in range(5)]
    assert order == [ALL[4:], ALL[3:], ALL[2:], ALL, ALL]


def test_what_is_frozen_does_not_take_an_epoch(model):
    gradual = options(gradual_unfreezing=True, freeze=["recurrent_2", "crf"])
    order = [trained_parts(model, gradual, epoch) for epoch in range(3)]
    assert order == [["head"], ["recurrent_1", "head"], ["embedding", "characters", "recurrent_1", "head"]]


def test_when_each_part_is_first_trained(model):
    gradual = options(gradual_unfreezing=True, freeze=["recurrent_2", "crf"])
    assert first_epochs(model, gradual) == {"head": 0, "recurrent_1": 1, "embedding": 2, "characters": 2}
    assert first_epochs(model, options(freeze=["head"])) == {name: 0 for name in ALL if name != "head"}


def test_freezing_by_name_and_prefix(model):
    assert trained_parts(model, options(freeze=["embedding", "recurrent"]), 0) == ["characters", "head", "crf"]
    assert trained_parts(model, options(freeze=["recurrent_2"]), 7) == [*ALL[:3], *ALL[4:]]
    assert trained_parts(model, options(), 0) == ALL


def test_learning_rates_by_name_and_prefix(model):
    rates = options(learning_rates={"recurrent_1": 0.5, "recurrent": 0.1, "head": 2.0})
    assert learning_rates(model, rates) == {"recurrent_1": 0.5, "recurrent_2": 0.1, "head": 2.0}


def test_unknown_names(model):
    with pytest.raises(ConfigError, match=r"finetune\.freeze: the model has no part 'embeddings'.* it has embedding, "):
        trained_parts(model, options(freeze=["embeddings"]), 0)
    with pytest.raises(ConfigError, match=r"finetune\.learning_rates: the model has no part 'pooling'"):
        learning_rates(model, options(learning_rates={"pooling": 0.1}))


def test_setting_what_is_trained():
    model = fit(sentiment({"layers": 2, "bidirectional": True, "pooling": "attention", "hidden_units": 2})).build()
    everything = {variable.path for variable in model.trainable_variables}
    assert set_trained(model, ["head", "recurrent_2"])
    found = {variable.path for variable in model.trainable_variables}
    assert found == {path for path in everything if "recurrent_2" in path or path.startswith("head")}
    assert len(found) == 2 + 2 * 3
    assert not set_trained(model, ["recurrent_2", "head"])
    assert set_trained(model, trained_parts(model, options(), 0))
    assert {variable.path for variable in model.trainable_variables} == everything
