"""The task: what it learns, scores, baselines, what is served of good and of bad pictures."""

import json
import math

import numpy as np
import pytest
import tensorflow as tf

from rnnkit.config.schema import CaptioningRun, Image
from rnnkit.data.builtin import coloured_shapes
from rnnkit.data.units import END_ID, START_ID
from rnnkit.errors import ConfigError
from rnnkit.models.parts import parts
from rnnkit.tasks.attributes import SceneScorer
from rnnkit.tasks.captioning import Captioning
from rnnkit.training.evaluation import Evaluator
from rnnkit.training.step import TrainStep
from rnnkit.training.transfer import carry_over
from tests.data.helpers import noise, picture
from tests.tasks.captions import COLOURS, SHOWN, corpus, made, of_colour, run_of, shown
from tests.training.helpers import HERE

LEARNING = {"optimizer": {"learning_rate": 3e-2}}
BEAM = {"method": "beam", "beam_width": 3, "n_best": 2}
FILES = tf.constant([example["image"] for example in SHOWN])


def trained(run, steps):
    """(task, model, step) after some steps."""
    task = Captioning.fit(run, shown())
    model = task.build()
    step = TrainStep(task, model, run.train, HERE, steps)
    batches = list(task.batches(shown(), training=True).epoch(0))
    for _ in range(steps):
        for inputs, targets in batches:
            step(inputs, targets)
    return task, model, step


def test_it_learns_by_heart_and_every_weight_belongs_to_a_part():
    task, model, step = trained(run_of({}, LEARNING), steps=60)
    known = {id(variable) for group in step.parts.values() for variable in group}
    assert {id(variable) for variable in model.trainable_variables} == known
    metrics = Evaluator(task, model)(task.batches(shown())).metrics
    assert set(metrics) == set(CaptioningRun.METRICS) - {"attribute_accuracy"}
    assert metrics["exact_match"] == 1.0 and metrics["chrf"] == pytest.approx(100.0)
    answer = task.signatures(model)["serving_default"](FILES)
    for colour, caption in zip(COLOURS, answer["captions"].numpy()):
        assert colour in caption.decode()


def test_loss_and_perplexity_are_those_of_the_first_caption():
    task, model = made()
    found = Evaluator(task, model)(task.batches(shown())).metrics
    total = count = 0.0
    for example in SHOWN:
        ids = task.vectorizer.target.ragged(tf.constant(example["captions"][:1])).to_tensor().numpy()[0]
        image = task.vectorizer.decoder.decode_all(tf.constant([example["image"]]))
        logits = model({"image": image, "target_in": tf.constant([[START_ID, *ids]])}, training=False)[0]
        chances = tf.nn.log_softmax(logits).numpy()[np.arange(len(ids) + 1), [*ids, END_ID]]
        total, count = total - chances.sum(), count + len(ids) + 1
    assert found["loss"] == pytest.approx(total / count, rel=1e-4)
    assert found["perplexity"] == pytest.approx(math.exp(total / count), rel=1e-4)


def test_what_the_section_decode_writes_is_scored_besides():
    task, model = made(run_of(decode=BEAM))
    assert set(task.extra_reports(model, corpus(), "test")) == {"beam_bleu", "beam_chrf", "beam_exact_match"}


def test_baselines():
    again = {"image": of_colour("red"), "captions": ["all is red", "all is red"]}
    task, _ = made()
    examples = [*SHOWN, again]
    found = task.baselines(corpus(examples), "test")
    assert found["most common caption"]["exact_match"] == pytest.approx(2 / 5)
    unseeing = found["5-grams that do not see the picture"]
    assert unseeing["perplexity"] == pytest.approx(math.exp(unseeing["loss"]))
    assert math.log(2) * 2 / 4 < unseeing["loss"] < math.log(8)  # which of two beginnings, and which colour


def test_scenes_of_the_built_in_corpus_are_scored_by_their_grammar():
    data = {"source": "builtin", "name": "coloured_shapes"}
    run = CaptioningRun(task="captioning", data=data, model={"units": 4})
    examples = [
        {"image": coloured_shapes.png(each.image), "captions": list(each.captions)}
        for each in coloured_shapes.shown("validation", 6)
    ]
    task = Captioning.fit(run, shown(examples))
    assert isinstance(task.scorer(), SceneScorer)
    assert 0.0 < task.baselines(corpus(examples), "test")["most common caption"]["attribute_accuracy"] < 1.0


# === what is served ===


@pytest.mark.parametrize(("context", "decode"), [("attention", BEAM), ("input", {})], ids=["beam", "greedy"])
def test_what_is_served(context, decode):
    task, model = made(run_of({"context": context}, decode=decode))
    served = task.signatures(model)["serving_default"]
    files = tf.concat([FILES[:2], [b"", b"<html>"], FILES[2:3]], axis=0)
    answer = served(files)
    assert answer["readable"].numpy().tolist() == [True, True, False, False, True]
    assert answer["captions"].numpy().tolist()[2:4] == [b"", b""] and not any(answer["finished"][2:4])
    if model.attends:
        assert answer["target_lengths"].numpy().tolist()[2:4] == [0, 0]
        assert set(answer["target_tokens"][2:4].numpy().flat) == {b""} and not answer["attention"][2:4].numpy().any()
    assert np.all(np.isneginf(answer["scores"][2:4])) and np.all(np.isfinite(answer["candidate_scores"][0]))
    assert answer["candidates"].shape == (5, 2 if decode else 1)
    alone = served(files[4:])
    assert alone["captions"][0] == answer["captions"][4]
    np.testing.assert_allclose(alone["scores"][0], answer["scores"][4], atol=1e-4)
    if context == "attention":
        assert answer["attention"].shape == (5, answer["target_tokens"].shape[1], 4, 6)
        for row, length in enumerate(answer["target_lengths"].numpy()):
            np.testing.assert_allclose(answer["attention"][row, :length].numpy().sum((1, 2)), 1.0, rtol=1e-5)
    else:
        assert "attention" not in answer


def test_grey_transparent_and_other_shapes_are_read_and_oversized_ones_are_not():
    task, model = made(run_of(image={"height": 8, "width": 12, "max_pixels": 3_000}))
    pixels = noise(40, 50)
    files = [
        picture(pixels), picture(pixels[:, :, 0]), picture(np.dstack([pixels, pixels[:, :, 0]])),
        picture(noise(1, 1)), picture(noise(60, 60)), picture(pixels, "JPEG"),
    ]  # fmt: skip
    answer = task.signatures(model)["serving_default"](tf.constant(files))
    assert answer["readable"].numpy().tolist() == [True, True, True, True, False, True]


def test_a_beam_wider_than_the_vocabulary():
    with pytest.raises(ConfigError, match=r"decode\.beam_width: got 13, but the target vocabulary has 12 tokens"):
        made(run_of(decode={"method": "beam", "beam_width": 13}))


# === a model's way from run to run ===


def test_a_task_comes_back_from_its_state():
    run = run_of()
    task = Captioning.fit(run, shown())
    again = Captioning.restore(run, json.loads(json.dumps(task.state())))
    assert again.state() == task.state() and again.labels.names == task.labels.names


def test_fine_tuning_adds_words_and_keeps_the_rest():
    task, model = made()
    run = run_of(finetune={"from": "x"})
    new = [{"image": of_colour("red"), "captions": ["all is black", "a red floor"]}]
    grown = Captioning.fit(run, shown(new), base=task)
    assert grown.labels.names == (*task.labels.names, "black", "floor")
    fresh = grown.build()
    report = carry_over(model, task.labels.names, fresh, grown.labels.names)
    assert report["target_embedding"][1] == 2 * 6 and report["picture_1"][1] == report["decoder_1"][1] == 0
    for one, other in zip(parts(model)["picture_1"], parts(fresh)["picture_1"]):
        for mine, its in zip(one.weights, other.weights):
            np.testing.assert_array_equal(mine, its)


def test_weights_from_elsewhere_are_filled_in_where_they_are_asked_for(monkeypatch):
    from rnnkit.models import captioner

    asked = []
    monkeypatch.setattr(captioner, "begin_with", lambda layer, weights: asked.append((layer.name, weights)))
    task, model = made()
    task.prepare(model)
    picture = {"backbone": "MobileNetV2", "weights": "imagenet"}
    task.run = run_of({"picture": picture}, image=Image(height=32, width=32))
    task.prepare(model)
    assert asked == [("picture", "imagenet")]
