"""The task of a generator: what it learns from, its loss and scores, the n-grams beside it."""

import math

import numpy as np
import pytest
import tensorflow as tf

from rnnkit.errors import DataError
from rnnkit.tasks import generation
from rnnkit.tasks.class_scores import ClassTextScorer, of_ngrams
from rnnkit.tasks.generation import TextGeneration
from rnnkit.training.evaluation import Evaluator
from tests.tasks.generators import EXAMPLES, NAMES, corpus, made, names, run_of


@pytest.fixture(scope="module")
def built():
    return made()


def test_it_learns_classes_and_characters(built):
    task, _ = built
    assert task.vectorizer.labels.names == ("north", "süd")
    assert set(task.labels.names[4:]) == set("".join(text for texts in NAMES.values() for text in texts))
    again = TextGeneration.restore(task.run, task.state())
    assert again.state() == task.state()


@pytest.mark.parametrize("cache", [True, False])
def test_batches_hold_classes_and_texts(cache):
    run = run_of()
    run = run.model_copy(update={"data": run.data.model_copy(update={"cache": cache})})
    task = TextGeneration.fit(run, names())
    unit, seen = task.vectorizer.target, []
    for inputs, targets in task.batches(names()).epoch(0):
        assert set(inputs) == {"label", "target_in", "references"} and np.all(inputs["target_in"][:, 0] == 2)
        texts = unit.decode(tf.maximum(targets, 0)).numpy()
        np.testing.assert_array_equal(texts, inputs["references"])
        np.testing.assert_array_equal(
            inputs["target_in"][:, 1:], np.where(targets == 3, 0, np.maximum(targets, 0))[:, :-1]
        )
        seen += [(task.vectorizer.labels.names[label], text.decode()) for label, text in zip(inputs["label"], texts)]
    assert sorted(seen) == sorted((example["label"], example["text"]) for example in EXAMPLES)
    training = task.batches(names(), training=True)
    assert all("references" not in inputs for inputs, _ in training.epoch(0))


def test_long_texts_are_cut_and_counted(built):
    task, _ = built
    batches = task.batches(names([{"text": "Bo" * 30, "label": "north"}, EXAMPLES[0]], "test"))
    assert batches.note_on_cut == ", 1 of them longer than text.target.max_tokens (9) and not read to their end"
    _, targets = next(batches.epoch(0))
    assert targets.shape == (2, 10) and int(targets[1, -1]) > 3  # the next character, not the end


def test_a_class_without_training_examples(built):
    task, _ = built
    strange = [*EXAMPLES, {"text": "Xo", "label": "west"}]
    with pytest.raises(
        DataError, match=r"validation split: the model does not know the label 'west' .'west' first at example 9.; it"
    ):
        task.batches(names(strange, "validation"))


def test_scores_equal_those_taken_text_by_text(built):
    task, model = built
    metrics = Evaluator(task, model)(task.batches(names())).metrics
    nats, tokens, right, characters = 0.0, 0, 0, 0
    for example in EXAMPLES:
        ids = task.vectorizer.target.ragged(tf.constant([example["text"]]), start=True, end=True).numpy()[0]
        label = task.vectorizer.labels.encode(tf.constant([example["label"]]))
        logits = model({"label": label, "target_in": tf.constant(ids[None, :-1])}, training=False)[0]
        logits = logits.numpy().astype("float64")
        chances = np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)
        nats -= np.log(chances[np.arange(len(ids) - 1), ids[1:]]).sum()
        right += int((logits.argmax(-1) == ids[1:]).sum())
        tokens, characters = tokens + len(ids) - 1, characters + len(example["text"])
    assert metrics["loss"] == pytest.approx(nats / tokens, rel=1e-5)
    assert metrics["perplexity"] == pytest.approx(math.exp(nats / tokens), rel=1e-5)
    assert metrics["bits_per_character"] == pytest.approx(nats / math.log(2) / characters, rel=1e-5)
    assert metrics["token_accuracy"] == pytest.approx(right / tokens)


def test_the_table_has_a_line_for_every_class_that_was_seen():
    scorer = ClassTextScorer(["one", "two", "none"])
    targets = np.array([[4, 3, -1], [5, 5, 3]])
    predictions = {"tokens": np.array([[4, 3, 3], [5, 4, 4]]), "nats": np.array([1.0, 6.0]), "labels": np.array([0, 1])}
    scorer.add(targets, predictions | {"characters": np.array([1, 2])})
    report = scorer.report()
    assert report.metrics == pytest.approx({"bits_per_character": 7 / math.log(2) / 3, "token_accuracy": 0.6})
    rows = [line.split() for line in report.table.splitlines()[1:]]
    assert [row[0] for row in rows] == ["one", "two", "all"]
    assert [float(number) for number in rows[1][1:]] == pytest.approx(
        [1, math.exp(2), 3 / math.log(2), 1 / 3], abs=1e-4
    )


def test_ngrams_of_each_class(built):
    task, _ = built
    both = corpus().splits["train"], corpus().splits["test"]
    unigrams, ngrams = (of_ngrams(*both, task.vectorizer, order) for order in (1, 3))
    assert ngrams["loss"] < unigrams["loss"] and ngrams["perplexity"] == pytest.approx(math.exp(ngrams["loss"]))
    characters = sum(len(example["text"]) for example in EXAMPLES)
    tokens = characters + len(EXAMPLES)
    assert unigrams["bits_per_character"] == pytest.approx(unigrams["loss"] * tokens / math.log(2) / characters)
    pooled = of_ngrams(names([{**example, "label": "north"} for example in EXAMPLES]), both[1], task.vectorizer, 3)
    assert pooled["loss"] > ngrams["loss"]
    only = of_ngrams(names([{**each, "label": "west"} for each in EXAMPLES]), both[1], task.vectorizer, 3)
    assert only["loss"] == pytest.approx(of_ngrams(*both, task.vectorizer, 3)["loss"], abs=1.0)


def test_reports_of_drawn_texts(built, monkeypatch):
    monkeypatch.setattr(generation, "SAMPLES", 1)
    task, model = built
    found = task.extra_reports(model, corpus(), "test")
    assert set(found) == {"sample_new", "sample_distinct", "sample_characters", "text_characters"}
    assert found["text_characters"] == pytest.approx(sum(len(each["text"]) for each in EXAMPLES) / len(EXAMPLES))
    assert set(task.baselines(corpus(), "test")) == {"unigrams of each class", "5-grams of each class, Kneser-Ney"}


def test_new_classes_come_after_the_old_ones():
    base, _ = made()
    more = [{"text": "Äxa", "label": "east"}, {"text": "Miko", "label": "süd"}]
    run = run_of(finetune={"from": "."})
    task = TextGeneration.fit(run, names(more), base)
    assert task.vectorizer.labels.names == ("north", "süd", "east")
    assert task.labels.names[: len(base.labels)] == base.labels.names and set(
        task.labels.names[len(base.labels) :]
    ) == {"Ä", "x"}
    kept = TextGeneration.fit(run_of(finetune={"from": ".", "vocabulary": "keep"}), names(more), base)
    assert kept.labels.names == base.labels.names and kept.vectorizer.labels.names == ("north", "süd", "east")


def test_a_character_that_is_refused_is_named():
    task, _ = made(run_of(text={"unknown": "error"}))
    strange = names([EXAMPLES[0], {"text": "Boxa", "label": "north"}], "validation")
    with pytest.raises(DataError, match=r"validation split, example 1, text: position 2 .* 'x' \(U\+0078\)"):
        task.batches(strange)
