"""The task: vocabularies, losses, scores in rows, baselines."""

import math

import numpy as np
import pytest

from rnnkit.config.schema import LanguageModelRun
from rnnkit.data.streams import ScoringWindows
from rnnkit.errors import ConfigError, DataError
from rnnkit.models.language_model import initial_states, read
from rnnkit.tasks.language_modelling import LanguageModelling
from rnnkit.training.evaluation import Evaluator
from tests.tasks.language_models import TEXTS, corpus, documents, made, run_of

LONG = TEXTS * 8


def scored(task, model, rows=1, window=6, carry=True, texts=LONG):
    stream = task._stream(documents(texts))
    return Evaluator(task, model)(ScoringWindows(stream, rows, window, carry)).metrics


def by_hand(task, model, texts=LONG):
    """(mean loss, accuracy) of one long sequence."""
    ids = task._stream(documents(texts)).ids
    logits = read(model, ids[None, :-1], initial_states(model, 1))[0].numpy()[0].astype("float64")
    log_probabilities = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
    return -log_probabilities[np.arange(len(ids) - 1), ids[1:]].mean(), (logits.argmax(-1) == ids[1:]).mean()


@pytest.mark.parametrize("model", [{}, {"layers": 2, "cell": "gru"}, {"kind": "window"}], ids=str)
def test_one_row_is_the_exact_score(model):
    task, network = made(run_of(model))
    found = scored(task, network)
    loss, accuracy = by_hand(task, network)
    assert found["loss"] == pytest.approx(loss, rel=1e-5) and found["accuracy"] == pytest.approx(accuracy)
    assert found["perplexity"] == pytest.approx(math.exp(loss), rel=1e-5)
    assert found["bits_per_character"] == pytest.approx(loss / math.log(2), rel=1e-5)


@pytest.mark.parametrize(
    "model",
    [{"kind": "window", "context": 5}, {"cell": "leaky", "cell_options": {"alpha": 0.01}}],
    ids=["window", "leaky"],
)
def test_rows_with_a_warm_up_score_as_one_row_where_memory_is_short(model):
    task, network = made(run_of(model))
    if "cell" in model:  # nothing but the leak remembers
        cell = network.get_layer("recurrent").layers[0].cell
        cell.recurrent_kernel.assign(0.0 * cell.recurrent_kernel)
    exact = scored(task, network)
    for rows in (2, 5, 16):
        assert scored(task, network, rows) == pytest.approx(exact, rel=1e-6)


def test_a_cold_state_scores_worse_or_at_least_otherwise():
    task, network = made()
    assert abs(scored(task, network, carry=False)["loss"] - scored(task, network)["loss"]) > 1e-4


@pytest.mark.parametrize(
    ("text", "characters"),
    [
        ({"unit": "word"}, None),
        ({"unit": "word", "newlines": True}, None),
        ({"unit": "bpe", "vocabulary_size": 280}, None),
    ],
    ids=["word", "lines", "bpe"],
)
def test_bits_are_for_each_character_of_the_text(text, characters):
    task, network = made(run_of(text=text))
    stream = task._stream(documents(LONG))
    found = scored(task, network)
    nats = found["loss"] * len(stream.ids)
    assert found["bits_per_character"] == pytest.approx(nats / math.log(2) / sum(map(len, LONG)))


@pytest.mark.parametrize("unit", ["char", "word"])
def test_documents_end_where_that_is_asked_for(unit):
    task, _ = made(run_of(text={"unit": unit, "end_of_document": True}))
    assert np.count_nonzero(task._stream(documents()).ids == 3) == len(TEXTS)


def test_a_task_comes_back_from_its_state():
    for text in ({}, {"unit": "word", "newlines": True}, {"unit": "bpe", "vocabulary_size": 270}):
        task, _ = made(run_of(text=text))
        again = LanguageModelling.restore(task.run, task.state())
        np.testing.assert_array_equal(again._stream(documents()).ids, task._stream(documents()).ids)
        assert again.labels.names == task.labels.names


def test_baselines_are_scored_on_the_same_tokens():
    task, network = made()
    found = task.baselines(corpus(LONG), "test")
    assert list(found) == ["unigrams", "5-grams, modified Kneser-Ney"]
    counts = np.bincount(task._stream(documents(LONG)).ids)
    chances = counts[counts > 0] / counts.sum()
    entropy = -np.sum(chances * np.log(chances))
    assert found["unigrams"]["loss"] == pytest.approx(entropy, abs=0.03)
    assert found["5-grams, modified Kneser-Ney"]["loss"] < 0.3
    assert set(found["unigrams"]) == {"loss", "perplexity", "bits_per_character"}
    assert set(scored(task, network)) == set(LanguageModelRun.METRICS)


def test_the_epoch_is_of_full_batches():
    task, _ = made()
    batches = task.batches(documents(LONG), training=True)
    assert (batches.rows, batches.window) == (2, 6) and batches.steps_per_epoch > 10
    inputs, targets = next(batches.epoch(0))
    assert inputs["tokens"].shape == targets.shape == (2, 6)
    assert 25 <= task.batches(documents(LONG * 2)).rows <= 32


# === bad input ===


def test_a_corpus_shorter_than_a_window():
    task, _ = made()
    with pytest.raises(DataError, match="train split: has 9 tokens, and one batch needs 13"):
        task.batches(documents(["the cat s"]), training=True)


def test_a_character_that_training_did_not_have():
    task, _ = made()
    with pytest.raises(DataError, match=r"test split, example 0, text: position 4 .* 'ç' \(U\+00E7\)"):
        task.batches(documents(["the çat"], "test"))
    task, _ = made(run_of(text={"unknown": "<unk>"}))
    assert 1 in task.batches(documents(["the çat"], "test")).stream.ids


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ({"vocabulary_size": 9}, r"^text\.vocabulary_size, min_count: they leave out"),
        ({"unit": "word", "pattern": "("}, r"^text\.pattern: '\(' is not a regular expression"),
    ],
)
def test_a_vocabulary_that_cannot_be(text, message):
    with pytest.raises(ConfigError, match=message):
        made(run_of(text=text))


# === fine-tuning ===


def tuned(vocabulary, model=(), texts=("the ox, ox!\n",)):
    task, _ = made(run_of(model))
    run = task.run.model_copy(update={"finetune": finetune(vocabulary)})
    return task, LanguageModelling.fit(run, documents(texts), base=task)


def finetune(vocabulary):
    from rnnkit.config.schema import Finetune

    return Finetune(**{"from": "there", "vocabulary": vocabulary})


def test_new_characters_get_ids_behind_the_old_ones():
    old, new = tuned("grow")
    assert new.labels.names == (*old.labels.names, "x")
    assert tuned("keep")[1].vectorizer is not None and len(tuned("keep")[1].vectorizer) == len(old.vectorizer)


def test_one_hot_input_cannot_grow():
    with pytest.raises(ConfigError, match=r"finetune\.vocabulary: the training split has 1 new tokens"):
        tuned("grow", {"input": "one_hot"})
    tuned("grow", {"input": "one_hot"}, ("the cat",))
