"""Scores and baselines against numbers worked out by hand."""

import numpy as np
import pytest

from rnnkit.tasks import baselines
from rnnkit.tasks.baselines import of_texts, of_tokens
from rnnkit.tasks.classification import ClassScorer
from rnnkit.tasks.plots import draw_confusion
from rnnkit.tasks.tagging import TagScorer
from rnnkit.training.evaluation import Evaluator
from tests.training.helpers import batches, fit, sentences, split, tagging


def scores(chosen, classes):
    return {"scores": np.eye(classes, dtype="float32")[chosen]}


def test_accuracy_and_macro_f1_of_classes(tmp_path):
    scorer = ClassScorer(["a", "b", "c"])
    scorer.add(np.array([0, 0, 1]), scores([0, 1, 1], 3))
    scorer.add(np.array([1, 2]), scores([1, 0], 3))
    report = scorer.report()
    # a: 1 right of 2 chosen and 2 gold; b: 2 right of 3 chosen and 2 gold; c: none
    assert report.metrics == {"accuracy": pytest.approx(3 / 5), "macro_f1": pytest.approx((0.5 + 0.8 + 0.0) / 3)}
    assert all(name in report.table for name in "abc")
    report.plots["confusion.png"](tmp_path / "confusion.png")
    assert (tmp_path / "confusion.png").read_bytes().startswith(b"\x89PNG")


def test_a_class_that_the_split_does_not_have_counts_in_model_and_baselines_alike():
    train = [{"text": word, "label": word} for word in ("aa", "bb", "cc")] * 3
    test = [{"text": "aa", "label": "aa"}, {"text": "bb", "label": "bb"}]
    found = of_texts(split(train), split(test, "test"))["logistic regression on single words"]
    scorer = ClassScorer(["aa", "bb", "cc"])
    scorer.add(np.array([0, 1]), scores([0, 1], 3))
    assert found["accuracy"] == 1.0
    assert found["macro_f1"] == pytest.approx(2 / 3) == scorer.report().metrics["macro_f1"]


def test_baselines_of_texts():
    train = [{"text": "good film", "label": "+"}] * 4 + [{"text": "bad film !", "label": "-"}] * 3
    test = [{"text": "good", "label": "+"}, {"text": "bad !", "label": "-"}, {"text": "bad film", "label": "-"}]
    found = of_texts(split(train), split(test, "test"))
    assert found["majority class"] == {"accuracy": pytest.approx(1 / 3), "macro_f1": pytest.approx(0.25)}
    assert found["logistic regression on single words"] == {"accuracy": 1.0, "macro_f1": 1.0}


def test_baselines_of_a_long_split_sorted_by_label(monkeypatch):
    monkeypatch.setattr(baselines, "MOST_EXAMPLES", 20)
    train = [{"text": "good", "label": "+"}] * 100 + [{"text": "bad", "label": "-"}] * 80
    found = of_texts(split(train), split([{"text": "bad", "label": "-"}], "test"))
    assert found["majority class"]["accuracy"] == 0.0
    assert found["logistic regression on single words"]["accuracy"] == 1.0


def test_baselines_of_texts_without_a_word():
    train = [{"text": " ", "label": "+"}, {"text": "", "label": "-"}, {"text": " ", "label": "-"}]
    assert list(of_texts(split(train), split(train, "test"))) == ["majority class"]


def test_labels_are_drawn_as_they_are_written(tmp_path):
    draw_confusion(tmp_path / "confusion.png", np.array([0, 1]), np.array([0, 0]), ["$a_{b$", "c"])
    assert (tmp_path / "confusion.png").read_bytes().startswith(b"\x89PNG")


def test_baselines_of_tokens():
    train = [{"tokens": ["the", "run", "run"], "tags": ["D", "N", "N"]}, {"tokens": ["run"], "tags": ["V"]}]
    test = [{"tokens": ["the", "run", "run", "new"], "tags": ["D", "N", "V", "N"]}]
    found = of_tokens(split(train), split(test, "test"))
    assert found["most frequent tag"] == {"token_accuracy": 0.5}
    assert found["most frequent tag of each word"] == {"token_accuracy": 0.75}


def test_token_accuracy_leaves_padding_out():
    scorer = TagScorer(["A", "B"], "none")
    scorer.add(np.array([[0, 1, -1], [1, 1, 0]]), {"tags": np.array([[0, 0, 1], [1, 0, 0]])})
    scorer.add(np.array([[0, -1]]), {"tags": np.array([[0, 0]])})
    assert scorer.report().metrics == {"token_accuracy": pytest.approx(4 / 6)}


def test_what_is_not_read_counts_as_wrong():
    run = tagging(text={"max_tokens": 3})
    examples = [{"tokens": ["the"] * 6, "tags": ["O"] * 6}, {"tokens": ["end"], "tags": ["B-X"]}]
    task = fit(run, examples)
    model = task.build()
    model.get_layer("head").kernel.assign(np.zeros(model.get_layer("head").kernel.shape))
    model.get_layer("head").bias.assign([-9.0, 9.0])  # all is O
    report = Evaluator(task, model)(batches(task, examples, training=False))
    assert report.metrics["token_accuracy"] == pytest.approx(3 / 7)
    assert report.metrics["loss"] == pytest.approx(18 / 4, rel=1e-4)  # of the tokens that were read


def test_an_entity_that_is_not_read_was_not_found():
    scorer = TagScorer(["O", "B-X"], "iob2")
    scorer.add(np.array([[0, 1, 0, 1], [1, -1, -1, -1]]), {"tags": np.array([[0, 1], [1, 0]])})
    report = scorer.report()
    assert report.metrics == {"token_accuracy": pytest.approx(3 / 5), "entity_f1": pytest.approx(0.8)}


@pytest.mark.parametrize(
    ("scheme", "names", "gold", "chosen", "f1"),
    [
        # gold: X(0-1), Y(3); chosen: X(0-1), X(3): one of two right
        ("iob2", ["O", "B-X", "I-X", "B-Y"], [[1, 2, 0, 3]], [[1, 2, 0, 1]], 0.5),
        # chosen cuts the entity short: 0 right of X(0-1)
        ("iob2", ["O", "B-X", "I-X", "B-Y"], [[1, 2, 0, 3]], [[1, 0, 0, 3]], 0.5),
        # gold: X(0-2), X(3); chosen: X(0-2): 1 of 1 chosen, 1 of 2 gold
        ("bioes", ["O", "B-X", "I-X", "E-X", "S-X"], [[1, 2, 3, 4]], [[1, 2, 3, 0]], 2 / 3),
        # no entity found, and none there to find in the second sentence
        ("iob2", ["O", "B-X", "I-X", "B-Y"], [[1, 2, 0, 0], [0, 0, -1, -1]], [[0, 0, 0, 0], [0, 0, 0, 0]], 0.0),
    ],
)
def test_entity_f1(scheme, names, gold, chosen, f1):
    scorer = TagScorer(names, scheme)
    scorer.add(np.array(gold), {"tags": np.array(chosen)})
    report = scorer.report()
    assert report.metrics["entity_f1"] == pytest.approx(f1) and "X" in report.table
    right = sum(g == c for rows in zip(gold, chosen) for g, c in zip(*rows) if g >= 0)
    total = sum(g >= 0 for row in gold for g in row)
    assert report.metrics["token_accuracy"] == pytest.approx(right / total)


def test_a_tagger_uses_the_scorer_of_its_scheme():
    assert fit(tagging({"tag_scheme": "iob2"}), sentences(5)).scorer().scheme == "iob2"
    assert fit(tagging(), sentences(5)).scorer().scheme == "none"
