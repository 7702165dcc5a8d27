"""What a generator serves: what is drawn, how it is asked for, and which classes it refuses."""

import numpy as np
import pytest
import tensorflow as tf

from rnnkit.decoding import DecodingOptions
from rnnkit.tasks.sampling import draw, known_texts, sample_scores
from rnnkit.tasks.writing import ASKED
from tests.tasks.generators import NAMES, made, names, run_of

CLASSES = ["süd", "north", "süd"]
CHARACTERS = {character for texts in NAMES.values() for text in texts for character in text}
PLAIN = {"max_length": 10, "temperature": 1.0, "top_k": 0, "top_p": 1.0, "seed": 3}


def served(**sections):
    task, model = made(run_of(**sections))
    return task, model, task.signatures(model)


@pytest.fixture(scope="module")
def generator():
    """(task, model, its signatures)."""
    return served()


def asked(functions, classes=CLASSES, **options):
    given = {name: tf.constant(value, ASKED[name]) for name, value in {**PLAIN, **options}.items()}
    return {name: value.numpy() for name, value in functions["generate"](text=tf.constant(classes), **given).items()}


def score_of(task, model, name, text):
    """The log-probability of a text and its end."""
    ids = task.vectorizer.target.ragged(tf.constant([text]), start=True, end=True).numpy()[0]
    label = task.vectorizer.labels.encode(tf.constant([name]))
    logits = model({"label": label, "target_in": tf.constant(ids[None, :-1])}, training=False)[0]
    chances = tf.nn.log_softmax(logits).numpy()
    return chances[np.arange(len(ids) - 1), ids[1:]].sum()


@pytest.mark.parametrize("context", ["both", "first_step"])
def test_scores_are_those_of_the_texts(context):
    task, model, functions = served(model={"context": context})
    answer = asked(functions, temperature=0.7)
    for row, name in enumerate(CLASSES):
        text = answer["text"][row].decode()
        if answer["finished"][row]:
            assert answer["scores"][row] == pytest.approx(score_of(task, model, name, text), abs=1e-4)
            assert answer["token_count"][row] == len(text) + 1
        assert set(text) <= CHARACTERS


def test_the_same_seed_gives_the_same_texts_and_few_are_the_first_of_many(generator):
    _, _, functions = generator
    many = asked(functions, ["süd"] * 20)["text"].tolist()
    assert asked(functions, ["süd"] * 5)["text"].tolist() == many[:5]
    assert asked(functions, ["süd"] * 20, seed=4)["text"].tolist() != many
    assert len(set(many)) > 10


def test_temperature_0_and_top_k_1_are_greedy(generator):
    _, _, functions = generator
    _, _, greedy = served(decode={"method": "greedy"})
    expected = greedy["serving_default"](text=tf.constant(CLASSES))["text"].numpy().tolist()
    assert asked(functions, temperature=0.0)["text"].tolist() == expected
    assert asked(functions, top_k=1)["text"].tolist() == expected
    assert asked(functions, top_p=1e-6)["text"].tolist() == expected


def test_lengths_are_limited(generator):
    _, _, functions = generator
    answer = asked(functions, max_length=2)
    assert max(answer["token_count"]) <= 2 and max(map(len, answer["text"])) <= 2
    for length in (0, 11):
        with pytest.raises(tf.errors.InvalidArgumentError, match=f"max_length: 1 to 10 is needed, got {length}"):
            asked(functions, max_length=length)


def test_unknown_classes_are_named(generator):
    _, _, functions = generator
    for name in ("nord", "", "n]x"):
        message = rf"there is no class {name.replace(']', '.')}; the classes are north, süd"
        with pytest.raises(tf.errors.InvalidArgumentError, match=message):
            functions["serving_default"](text=tf.constant(["north", name]))
    assert functions["classes"]()["classes"].numpy().tolist() == [b"north", "süd".encode()]
    assert functions["serving_default"](text=tf.zeros([0], tf.string))["text"].shape == (0,)


def test_n_best_by_beam():
    task, model, functions = served(decode={"method": "beam", "beam_width": 4, "n_best": 3, "length_penalty": "none"})
    answer = functions["serving_default"](text=tf.constant(["süd"]))
    texts, scores = answer["candidates"].numpy()[0], answer["candidate_scores"].numpy()[0]
    assert answer["text"][0] == texts[0] and len(set(texts)) == 3 and np.all(np.diff(scores) <= 0.0)
    assert (
        scores[0] == pytest.approx(score_of(task, model, "süd", texts[0].decode()), abs=1e-4)
        or not answer["finished"][0]
    )
    assert asked(functions, ["süd"])["candidates"].shape == (1, 1)


def test_draw_reads_the_options(generator):
    _, _, functions = generator
    rows = draw(functions["generate"], "süd", 4, DecodingOptions(max_length=10, seed=3, temperature=0.5))
    found = asked(functions, ["süd"] * 4, temperature=0.5)
    assert [row["text"] for row in rows] == [text.decode() for text in found["text"]]
    assert [row["score"] for row in rows] == found["scores"].tolist()
    assert [row["finished"] for row in rows] == found["finished"].tolist()


def test_what_is_new_and_what_is_distinct():
    task, _ = made()
    known = known_texts(names(), task.vectorizer.target)
    assert known == {text for texts in NAMES.values() for text in texts}
    found = sample_scores(["Miko", "Nora", "Nora", "Al"], known)
    assert found == {"new": 0.75, "distinct": 0.75, "characters": 3.5}
    assert "new" not in sample_scores(["Al"], None)


def test_a_known_text_is_what_the_unit_writes():
    task, _ = made(run_of(text={"unit": "word", "lowercase": True}), [{"text": "One  two", "label": "a"}])
    assert known_texts(names([{"text": "ONE   Two", "label": "a"}]), task.vectorizer.target) == {"one two"}
