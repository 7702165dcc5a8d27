"""The model card says where a model's words come from."""

import pytest

from rnnkit.card import write_card
from rnnkit.config.schema import SentimentRun
from rnnkit.data.corpus import Corpus

METRICS = {"epochs": 2, "steps": 10, "train_seconds": 1.0, "device": "CPU", "test": {"accuracy": 0.75}}


@pytest.mark.parametrize(
    ("finetune", "told"),
    [
        (None, "labels and words come from the training split alone"),
        (
            {"from": "base/1"},
            "fine-tuned from `base/1`: labels come from the training split, words are that model's and",
        ),
        ({"from": "base/1", "vocabulary": "keep"}, "labels come from the training split, words are that model's."),
    ],
)
def test_where_words_come_from(tmp_path, finetune, told):
    run = SentimentRun(task="sentiment", data={"source": "builtin", "name": "reviews"}, finetune=finetune)
    write_card(tmp_path / "card.md", run, METRICS, Corpus("reviews", {}))
    card = (tmp_path / "card.md").read_text()
    assert told in card and "| test | this model | accuracy 0.7500 |" in card
