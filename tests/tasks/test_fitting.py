"""A task's vocabularies and labels: fitted, restored, kept or grown."""

import json

import numpy as np
import pytest
import tensorflow as tf

from tests.training.helpers import fit, sentences, sentiment, tagging, texts

NEW_TEXT = [{"text": "brandnew brandnew rare was", "label": "neutral"}, {"text": "the end", "label": "good"}]
NEW_TOKENS = [{"tokens": ["brandnew", "brandnew", "rare", "ž"], "tags": ["N", "O", "O", "O"]}]


def tuned(vocabulary, **text):
    return {"finetune": {"from": "x", "vocabulary": vocabulary}, "text": text}


def test_a_vocabulary_that_grows():
    base = fit(sentiment(), texts(20))
    task = fit(sentiment(**tuned("grow", min_count=2)), NEW_TEXT, base)
    old, new = base.vectorizer.vocabulary.tokens, task.vectorizer.vocabulary.tokens
    assert new == (*old, "brandnew")
    assert task.labels.names == ("good", "neutral")


def test_a_vocabulary_that_is_kept():
    base = fit(sentiment(), texts(20))
    task = fit(sentiment(**tuned("keep")), NEW_TEXT, base)
    assert task.vectorizer.vocabulary.tokens == base.vectorizer.vocabulary.tokens
    assert task.labels.names == ("good", "neutral")


@pytest.mark.parametrize("vocabulary", ["keep", "grow"])
def test_a_taggers_vocabularies(vocabulary):
    base = fit(tagging(), sentences(20))
    task = fit(tagging(**tuned(vocabulary)), NEW_TOKENS, base)
    for kind, added in (("words", {"brandnew", "rare", "ž"}), ("characters", {"b", "ž"})):
        old, new = (getattr(t.vectorizer, kind).tokens for t in (base, task))
        assert new[: len(old)] == old
        assert added <= set(new) if vocabulary == "grow" else new == old
    assert task.labels.names == ("N", "O")


@pytest.mark.parametrize("vocabulary", ["keep", "grow"])
def test_new_limits_of_the_text_reach_the_vectorizer(vocabulary):
    task = fit(sentiment(**tuned(vocabulary, max_tokens=3)), NEW_TEXT, fit(sentiment(), texts(20)))
    assert task.vectorizer(tf.constant(["the the the the the"]))["tokens"].shape == (1, 3)
    tagger = fit(tagging(**tuned(vocabulary, max_tokens=3)), NEW_TOKENS, fit(tagging(), sentences(20)))
    assert tagger.vectorizer(tf.ragged.constant([["the"] * 5]))["words"].shape == (1, 3)


@pytest.mark.parametrize("make", [sentiment, tagging])
def test_how_text_is_read_stands_in_the_configuration_alone(make):
    task = fit(make())
    assert "text" not in task.state()["vectorizer"]
    assert type(task).restore(make(text={"max_tokens": 3}), task.state()).vectorizer.text.max_tokens == 3


@pytest.mark.parametrize("make", [sentiment, tagging])
def test_the_state_of_a_task_survives_json(make):
    task = fit(make())
    other = type(task).restore(task.run, json.loads(json.dumps(task.state())))
    assert other.state() == task.state() and other.labels.names == task.labels.names
    one, two = task.build(), other.build()
    for weight, same in zip(one.get_weights(), two.get_weights(), strict=True):
        np.testing.assert_array_equal(weight, same)
