"""Vectorizers for models that write text."""

import json

import numpy as np
import pytest
import tensorflow as tf

from rnnkit.config.schema import CaptionText, Image, PairText
from rnnkit.data.pairs import CaptionVectorizer, PairVectorizer, shifted
from rnnkit.data.units import Characters, Subwords, Words
from tests.data.helpers import noise, picture

SOURCES = Words.fit(["ein Haus, zwei Häuser"])
TARGETS = Characters.fit(["a house two"], unknown="<unk>")
START, END = 2, 3


def ids(unit, text):
    return unit.ragged(tf.constant([text])).to_list()[0]


def pair_vectorizer(source=(), target=()):
    return PairVectorizer(PairText(source=dict(source), target=dict(target)), SOURCES, TARGETS)


def caption_vectorizer(**target):
    return CaptionVectorizer(CaptionText(target=target), Image(height=4, width=5), TARGETS)


PAIRS = {"source": tf.constant(["ein Haus", "", "zwei drei"]), "target": tf.constant(["a house", "two", ""])}


def test_a_target_is_read_after_start_and_answered_before_end():
    target_in, answers, cut = shifted(TARGETS, PAIRS["target"], 128)
    expected = [ids(TARGETS, text) for text in ("a house", "two", "")]
    assert target_in.to_list() == [[START, *row] for row in expected]
    assert answers.to_list() == [[*row, END] for row in expected]
    assert cut.numpy().tolist() == [False] * 3 and target_in.dtype == answers.dtype == tf.int32


def test_a_target_that_is_cut_does_not_seem_to_end():
    two = ids(TARGETS, "two")
    for most, cut in ((3, False), (2, True), (1, True)):
        target_in, answers, found = shifted(TARGETS, tf.constant(["two"]), most)
        assert found.numpy().tolist() == [cut]
        assert target_in.to_list() == [[START, *two][: most + 1]]
        assert answers.to_list() == [[*two, END][: most + 1]]


def test_examples_of_pairs():
    inputs, targets, cut = pair_vectorizer().examples(PAIRS, training=True)
    assert inputs.keys() == {"source", "target_in"} and targets.dtype == tf.int32
    assert inputs["source"].to_list() == [ids(SOURCES, text) for text in ("ein Haus", "", "zwei drei")]
    assert inputs["source"].to_list()[2][1] == 1  # drei is unknown
    assert targets.to_list()[1] == [*ids(TARGETS, "two"), END]
    assert cut.numpy().tolist() == [False] * 3
    inputs, _, _ = pair_vectorizer().examples(PAIRS, training=False)
    assert inputs["references"].numpy().tolist() == [b"a house", b"two", b""]


def test_either_side_may_be_cut():
    made = pair_vectorizer({"max_tokens": 1}, {"max_tokens": 3})
    inputs, _, cut = made.examples(PAIRS, training=True)
    assert inputs["source"].row_lengths().numpy().tolist() == [1, 0, 1]
    assert inputs["target_in"].row_lengths().numpy().tolist() == [4, 4, 1]
    assert cut.numpy().tolist() == [True, False, True]
    assert made.limits == "text.source.max_tokens (1) or text.target.max_tokens (3)"


def test_what_a_user_wants_translated():
    made = pair_vectorizer({"max_tokens": 3})
    found = made(PAIRS["source"])["source"]
    assert found.numpy().tolist()[1] == [0, 0] and found.shape == (3, 2)
    assert made(tf.constant([""]))["source"].numpy().tolist() == [[0]]
    ragged, cut = made.ragged(tf.constant(["ein Haus ein Haus", "ein"]))
    assert cut.numpy().tolist() == [True, False] and ragged["source"].row_lengths().numpy().tolist() == [3, 1]


def test_a_source_of_50_000_characters_is_cut():
    text = PairText(source={"unit": "char", "max_tokens": 100}, target={"unit": "char"})
    made = PairVectorizer(text, Characters.fit(["abc "]), TARGETS)
    ragged, cut = made.ragged(tf.constant(["abc " * 12_500]))
    assert ragged["source"].row_lengths().numpy().tolist() == [100] and cut.numpy().tolist() == [True]


FILES = [picture(noise(4, 5, seed)) for seed in range(2)]
SHOWN = {"image": tf.constant(FILES), "captions": tf.ragged.constant([["a", "two"], ["a house"]])}


def test_every_caption_is_trained_on():
    inputs, targets, cut = caption_vectorizer(max_tokens=3).examples(SHOWN, training=True)
    assert inputs["image"].numpy().tolist() == FILES
    assert [len(row) for row in inputs["target_in"].to_list()] == [2, 1]
    assert targets.to_list()[0] == [[*ids(TARGETS, text), END] for text in ("a", "two")]
    assert inputs["target_in"].to_list()[1] == [[START, *ids(TARGETS, "a house")][:4]]
    assert cut.numpy().tolist() == [False, False, True] and inputs.keys() == {"image", "target_in"}


def test_pictures_are_scored_once_with_all_captions():
    inputs, targets, cut = caption_vectorizer().examples(SHOWN, training=False)
    assert inputs["target_in"].to_list() == [[START, *ids(TARGETS, text)] for text in ("a", "a house")]
    assert targets.to_list()[1][-1] == END and cut.shape == (2,)
    assert inputs["references"].to_list() == [[b"a", b"two"], [b"a house"]]


def test_pictures_become_numbers_last():
    made = caption_vectorizer()
    inputs = made.finished({"image": SHOWN["image"], "target_in": tf.constant([[2]])})
    assert inputs["image"].shape == (2, 4, 5, 3) and inputs["target_in"].shape == (1, 1)
    np.testing.assert_allclose(inputs["image"][1], noise(4, 5, 1) / 255.0, atol=1e-6)
    found, readable = made(tf.constant([FILES[0], b"none"]))
    assert found["image"].shape == (2, 4, 5, 3) and readable.numpy().tolist() == [True, False]


def test_states_come_back_with_the_configuration():
    made = pair_vectorizer()
    again = PairVectorizer.from_state(made.text, json.loads(json.dumps(made.state())))
    assert again.state() == made.state() and again.source is not again.target
    assert again(PAIRS["source"])["source"].numpy().tolist() == made(PAIRS["source"])["source"].numpy().tolist()
    made = caption_vectorizer()
    again = CaptionVectorizer.from_state(made.text, made.decoder.image, json.loads(json.dumps(made.state())))
    assert again.state() == made.state()


def test_a_shared_unit_stays_shared():
    unit = Subwords(())
    made = PairVectorizer(PairText(shared=True, source={"unit": "bpe"}), unit, unit)
    assert made.state()["target"] is None
    again = PairVectorizer.from_state(made.text, json.loads(json.dumps(made.state())))
    assert again.source is again.target and len(again.source) == len(unit)


@pytest.mark.parametrize("training", [True, False])
def test_graph_equals_eager_for_any_batch(training):
    made = pair_vectorizer({"max_tokens": 2})
    spec = tf.TensorSpec([None], tf.string)
    traced = tf.function(
        lambda source, target: made.examples({"source": source, "target": target}, training),
        input_signature=[spec, spec],
    )
    for batch in (PAIRS, {name: texts[:0] for name, texts in PAIRS.items()}):
        found, expected = traced(**batch), made.examples(batch, training)
        flat = [tf.nest.flatten(part, expand_composites=True) for part in (found, expected)]
        for one, other in zip(*flat):
            np.testing.assert_array_equal(one, other)


def test_vectorizers_travel_in_a_saved_model(tmp_path):
    module = tf.Module()
    module.pairs, module.captions = pair_vectorizer(), caption_vectorizer()
    strings = [tf.TensorSpec([None], tf.string)]
    module.read = tf.function(module.pairs, input_signature=strings)
    module.see = tf.function(module.captions, input_signature=strings)
    tf.saved_model.save(module, str(tmp_path))
    loaded = tf.saved_model.load(str(tmp_path))
    for name, argument in (("read", PAIRS["source"]), ("see", SHOWN["image"])):
        found, expected = getattr(loaded, name)(argument), getattr(module, name)(argument)
        tf.nest.map_structure(np.testing.assert_array_equal, found, expected)
