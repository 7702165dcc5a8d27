"""The task: vocabularies, what it learns, scores, baselines, directions, devices' precision."""

import json
import math

import numpy as np
import pytest
import tensorflow as tf

from rnnkit.config.schema import RUNS, TranslationRun
from rnnkit.data.builtin.dates_and_numbers import examples, word_by_word
from rnnkit.data.corpus import Corpus
from rnnkit.data.units import UNKNOWN_ID
from rnnkit.errors import ConfigError
from rnnkit.models.parts import parts
from rnnkit.tasks.text_out import texts_about
from rnnkit.tasks.translation import Translation
from rnnkit.training.evaluation import Evaluator
from rnnkit.training.step import TrainStep
from rnnkit.training.transfer import carry_over
from tests.tasks.translations import PAIRS, corpus, made, pairs, run_of
from tests.training.helpers import HERE

NEW = [{"source": "four mice", "target": "vier Mäuse"}, {"source": "four cat", "target": "vier Katze"}]


def scored(task, model, split):
    return Evaluator(task, model)(task.batches(split))


def trained(run, steps=120, data=PAIRS):
    """(task, model, step) after some steps."""
    task = Translation.fit(run, pairs(data))
    model = task.build()
    step = TrainStep(task, model, run.train, HERE, steps)
    batches = list(task.batches(pairs(data), training=True).epoch(0))
    for number in range(steps):
        step(*batches[number % len(batches)])
    return task, model, step


LEARNING = {"optimizer": {"learning_rate": 2e-2}, "batch_size": 5}


@pytest.mark.parametrize(
    "model",
    [
        {"units": 16},
        pytest.param({"units": 16, "context": "both", "cell": "gru"}, marks=pytest.mark.slow),
        pytest.param(
            {"units": 16, "scheduled_sampling": {"steps": 60}, "attention": {"coverage": True, "coverage_loss": 0.1}},
            marks=pytest.mark.slow,
        ),
    ],
    ids=["attention", "both", "sampling"],
)
def test_it_learns_by_heart_and_every_weight_belongs_to_a_part(model):
    task, network, step = trained(run_of({"embedding_size": 8, **model}, LEARNING))
    known = {id(v) for group in step.parts.values() for v in group}
    assert {id(v) for v in network.trainable_variables} == known
    found = scored(task, network, pairs()).metrics
    assert found["exact_match"] == 1.0 and found["bleu"] == pytest.approx(100.0) and found["token_accuracy"] == 1.0
    served = task.signatures(network)["serving_default"]
    found = texts_about([pair["source"] for pair in PAIRS], lambda texts: served(texts)["translations"], 2)
    assert found == [pair["target"] for pair in PAIRS]


def test_the_loss_is_the_mean_over_real_tokens_and_perplexity_its_exponential():
    task, model = made()
    found = scored(task, model, pairs()).metrics
    total = count = 0.0
    for pair in PAIRS:
        batch = {name: tf.constant([pair[name]]) for name in ("source", "target")}
        inputs, targets, _ = task.vectorizer.examples(batch, True)
        logits = model({name: ids.to_tensor() for name, ids in inputs.items()}, training=False)
        losses = tf.nn.sparse_softmax_cross_entropy_with_logits(targets.to_tensor(), logits)
        total, count = total + float(tf.reduce_sum(losses)), count + losses.shape[1]
    assert found["loss"] == pytest.approx(total / count, rel=1e-5)
    assert found["perplexity"] == pytest.approx(math.exp(total / count), rel=1e-5)
    assert set(found) == set(TranslationRun.METRICS)


def test_what_the_section_decode_writes_is_scored_besides():
    task, model = made(run_of(decode={"method": "beam", "beam_width": 3}))
    plain, _ = made()
    beam = task.extra_reports(model, corpus(), "test")
    assert set(beam) == {"beam_bleu", "beam_chrf", "beam_exact_match"}
    assert plain.extra_reports(model, corpus(), "test") == {}
    limited, _ = made(run_of(decode={"max_length": 1}))
    assert limited.extra_reports(model, corpus(), "test")["decode_exact_match"] == 0.0


def test_baselines():
    task, _ = made()
    test = [{"source": "one cat sleeps", "target": "eins Katze schläft"}, {"source": "42", "target": "42"}]
    splits = corpus().splits | {"test": pairs([*PAIRS[:2], *test], "test")}
    found = task.baselines(Corpus("made up", splits), "test")
    assert list(found) == ["copy of the source", "words put by a dictionary", "target of the most similar source"]
    assert [values["exact_match"] for values in found.values()] == [0.25, 0.25, 0.5]
    other, _ = made(run_of(data={"pair": ["target", "source"]}))
    assert "words put by a dictionary" not in other.baselines(Corpus("made up", splits), "test")


def test_the_dictionary_is_as_good_on_the_built_in_corpus_as_it_says():
    found = [word_by_word(pair["source"]) == pair["target"] for pair in examples("test")]
    assert np.mean(found) == pytest.approx(0.096)


def test_a_task_comes_back_from_its_state():
    for text in ({}, {"shared": True}, {"source": {"unit": "char"}}):
        run = run_of(text={"target": None, **text})
        task = Translation.fit(run, pairs())
        again = Translation.restore(run, json.loads(json.dumps(task.state())))
        assert again.vectorizer.state() == task.vectorizer.state()
        assert (again.vectorizer.source is again.vectorizer.target) == run.text.shared
        assert [v.shape for v in again.build().weights] == [v.shape for v in task.build().weights]


def test_a_vocabulary_grows_and_weights_are_carried_over():
    base, old = made()
    tuned = run_of(finetune={"from": "x"})
    task = Translation.fit(tuned, pairs(NEW), base)
    for side in ("source", "target"):
        before, after = (getattr(each.vectorizer, side).names for each in (base, task))
        assert after[: len(before)] == before and len(after) == len(before) + 2
    new = task.build()
    carried = carry_over(old, base.labels.names, new, task.labels.names)
    grown = ("embedding", "target_embedding", "head")
    assert all(fresh == 0 for part, (_, fresh) in carried.items() if part not in grown)
    inputs = {"source": tf.constant([[4, 5]]), "target_in": tf.constant([[2, 4]])}
    size = len(base.labels)
    np.testing.assert_allclose(new(inputs, training=False)[..., :size], old(inputs, training=False), atol=1e-5)
    kept = Translation.fit(run_of(finetune={"from": "x", "vocabulary": "keep"}), pairs(NEW), base)
    assert kept.labels.names == base.labels.names
    assert UNKNOWN_ID in kept.vectorizer(tf.constant(["four mice"]))["source"].numpy()
    assert list(parts(new)) == list(parts(old))


def test_a_beam_wider_than_the_vocabulary():
    with pytest.raises(ConfigError, match=r"decode.beam_width: got 50, but the target vocabulary has 10 tokens"):
        made(run_of(decode={"method": "beam", "beam_width": 50}))


def test_the_wrong_direction():
    base, _ = made()
    back = run_of(data={"pair": ["target", "source"]})
    message = "data.pair: got target, source, but the model translates source into target"
    with pytest.raises(ConfigError, match=message):
        Translation.restore(back, base.state())
    with pytest.raises(ConfigError, match=message):
        Translation.fit(run_of(data={"pair": ["target", "source"]}, finetune={"from": "x"}), pairs(), base)
    other = run_of(data={"pair": ["target", "third"]})
    with pytest.raises(ConfigError, match=r"data\.pair: got target, third, but the model translates source"):
        Translation.restore(other, base.state())
    elsewhere = {"source": "files", "format": "tsv", "splits": {"test": "x"}, "pair": ["en", "de"]}
    other = TranslationRun(task="translation", data=elsewhere, text=base.run.text, model=base.run.model)
    assert Translation.restore(other, base.state()).run is other
    assert RUNS["translation"] is TranslationRun
