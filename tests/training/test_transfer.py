"""What a trained model hands on to one with more words and other labels."""

import re

import keras
import numpy as np
import pytest

from rnnkit.data.matching import rows_of, words_of
from rnnkit.training.transfer import carry_encoder, carry_over
from tests.tasks.language_models import made, run_of
from tests.training.helpers import fit, sentences, sentiment, split, tagging, texts

CHARACTERS = {"characters": {"units": 2, "embedding_size": 3}}


def named_weights(model):
    """Weights by their path, in which Keras counts the cells of the whole process."""
    weights = (variable for layer in model.layers for variable in layer.weights)
    return {re.sub(r"_cell_\d+", "_cell", variable.path): variable.numpy() for variable in weights}


def filled(model):
    """A model of which no weight is 0 or equal to another."""
    draw = np.random.default_rng(1)
    for variable in model.trainable_variables:
        variable.assign(draw.normal(size=variable.shape))
    return model


def test_the_rows_of_a_vocabulary_that_grew_keep_their_place():
    base = fit(sentiment(), texts(20))
    old = filled(base.build())
    run = sentiment(finetune={"from": "x"})
    task = fit(run, [*texts(20), {"text": "a brand new word", "label": "bad"}], base)
    new = task.build()
    fresh = named_weights(new)
    report = carry_over(old, base.labels.names, new, task.labels.names)
    before, after = named_weights(old), named_weights(new)
    grown = "embedding/embeddings"
    rows = len(before[grown])
    assert after[grown].shape == (rows + 4, 4)
    np.testing.assert_array_equal(after[grown][:rows], before[grown])
    np.testing.assert_array_equal(after[grown][rows:], fresh[grown][rows:])
    for path in set(before) - {grown}:
        np.testing.assert_array_equal(after[path], before[path])
    assert report["embedding"] == (rows * 4, 16)
    assert all(new == 0 for part, (_, new) in report.items() if part != "embedding")


@pytest.mark.parametrize("labels", [["c", "a"], ["b", "c", "new", "a"], ["x", "y"], ["a", "b", "c"]], ids="-".join)
def test_the_head_by_the_labels_names(labels):
    names = ["a", "b", "c"]
    run = sentiment()
    old_task = fit(run, [{"text": "w", "label": name} for name in names])
    new_task = fit(run, [{"text": "w", "label": name} for name in labels])
    labels = list(new_task.labels.names)
    old, new = filled(old_task.build()), new_task.build()
    fresh = [value.copy() for value in new.get_layer("head").get_weights()]
    report = carry_over(old, old_task.labels.names, new, labels)
    for before, after, untouched in zip(*(m.get_layer("head").get_weights() for m in (old, new)), fresh):
        for column, name in enumerate(labels):
            expected = before[..., names.index(name)] if name in names else untouched[..., column]
            np.testing.assert_array_equal(after[..., column], expected)
    known = len(set(names) & set(labels))
    assert report["head"] == (known * 4, (len(labels) - known) * 4)


def test_a_crf_by_the_tags_names():
    base, task = (fit(tagging({"crf": True}), sentences(9, tags=tags)) for tags in ("ABC", "CAD"))
    old, new = filled(base.build()), task.build()
    carry_over(old, base.labels.names, new, task.labels.names)
    assert task.labels.names == ("A", "C", "D")
    for variable, given in zip(new.get_layer("crf").weights, old.get_layer("crf").weights, strict=True):
        expected = np.zeros((3,) * len(given.shape))
        expected[np.ix_(*[[0, 1]] * expected.ndim)] = given.numpy()[np.ix_(*[[0, 2]] * expected.ndim)]
        np.testing.assert_allclose(variable.numpy(), expected, atol=1e-6)
    assert sorted(len(variable.shape) for variable in new.get_layer("crf").weights) == [1, 1, 2]


def test_characters_grow_and_a_new_crf_stays_new():
    base = fit(tagging(CHARACTERS), sentences(9))
    run = tagging({**CHARACTERS, "crf": True}, finetune={"from": "x"})
    task = fit(run, [*sentences(9), {"tokens": ["ÿžł"], "tags": ["O"]}], base)
    old, new = filled(base.build()), task.build()
    report = carry_over(old, base.labels.names, new, task.labels.names)
    assert report["characters"][1] == 3 * 3 and report["embedding"][1] == 4 and report["crf"][0] == 0
    for before, after in zip(*(m.get_layer("character_encoder").get_weights() for m in (old, new))):
        np.testing.assert_array_equal(after[: len(before)], before)


@pytest.mark.parametrize(
    "other", [{"units": 5}, {"embedding_size": 6}, {"layers": 2}, {"bidirectional": True}], ids=str
)
def test_shapes_that_differ_stay_new(other):
    task = fit(sentiment())
    old, new = filled(task.build()), fit(sentiment(other)).build()
    fresh = named_weights(new)
    report = carry_over(old, task.labels.names, new, task.labels.names)
    for path, value in named_weights(new).items():
        before = named_weights(old).get(path)
        same = before is not None and before.shape == value.shape
        np.testing.assert_array_equal(value, before if same else fresh[path], err_msg=path)
    assert any(fresh_numbers for _, fresh_numbers in report.values())


# === from a language model ===

ENCODER = {"cell": "lstm", "units": 5, "embedding_size": 4, "layers": 2}
WIDER = {
    "forwards": sentiment({**ENCODER, "connection": "skip", "recurrent_dropout": 0.2}, finetune={"from": "x"}),
    "both directions": sentiment({**ENCODER, "bidirectional": True}, finetune={"from": "x"}),
    "characters": tagging({**ENCODER, **CHARACTERS}, finetune={"from": "x"}),
    "characters, both directions": tagging({**ENCODER, **CHARACTERS, "bidirectional": True}, finetune={"from": "x"}),
}


def pretrained(run):
    """(language model, rows, new model, report) of a run that goes on from a tied language model of words."""
    tied = {**ENCODER, "connection": run.model.connection, "tie_weights": True}
    base, old = made(run_of(tied, text={"unit": "word"}))
    examples = split(texts(9) if run.task == "sentiment" else sentences(9))
    task = type(fit(run)).fit_from_words(run, examples, words_of(base.vectorizer, True))
    new, rows = task.build(), rows_of(base.vectorizer, task.words)
    return old, rows, new, carry_encoder(old, new, rows)


def encoded(model, ids):
    """What the recurrent layers make of ids, forwards: (B, T, 5); the characters are any."""
    layer = model.get_layer("recurrent")
    outputs = layer.output[0] if isinstance(layer.output, list) else layer.output
    known = {"tokens": ids, "words": ids, "characters": np.ones((*ids.shape, 3), "int32")}
    inputs = {tensor.name: known.get(tensor.name, np.zeros((len(ids), 5), "float32")) for tensor in model.inputs}
    return keras.Model(model.inputs, outputs)(inputs).numpy()[..., :5]


@pytest.mark.parametrize("run", WIDER.values(), ids=WIDER)
def test_an_encoder_begins_as_the_language_model(run):
    old, rows, new, report = pretrained(run)
    ids = np.array([[*np.flatnonzero(rows >= 0)[2:9], 1, 2]], "int32")
    np.testing.assert_allclose(encoded(new, ids), encoded(old, rows[ids]), atol=1e-6)
    assert np.abs(encoded(old, rows[ids])).max() > 0.01
    for part, (kept, _) in report.items():
        assert (kept > 0) == (part == "embedding" or part.startswith("recurrent")), part


def test_words_begin_with_the_rows_of_their_tokens():
    old, rows, new, report = pretrained(WIDER["forwards"])
    before, after = (model.get_layer("embedding").get_weights()[0] for model in (old, new))
    known = rows >= 0
    np.testing.assert_array_equal(after[known], before[rows[known]])
    assert rows[:2].tolist() == [0, 1] and known.sum() > 10 and (~known).sum() > 5
    np.testing.assert_allclose(after[~known], np.tile(after[2:][known[2:]].mean(0), ((~known).sum(), 1)), atol=1e-6)
    assert report["embedding"] == (known.sum() * 4, (~known).sum() * 4)
