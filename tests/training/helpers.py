"""Runs that are trained in a second: a few made-up examples, networks of three units."""

import random

import tensorflow as tf

from rnnkit.config.schema import SentimentRun, TaggingRun
from rnnkit.data.batching import Batches
from rnnkit.data.corpus import Split
from rnnkit.tasks.classification import Classification
from rnnkit.tasks.tagging import Tagging
from rnnkit.training.loop import Training, length
from rnnkit.training.runtime import Runtime
from rnnkit.training.step import TrainStep

HERE = Runtime(tf.distribute.get_strategy(), "CPU")
WORDS = ("film", "plot", "cast", "was", "the", "dull", "fine", "not", "very", "end")
SMALL = {"units": 3, "embedding_size": 4, "bidirectional": False, "cell": "simple"}
NOISE = {"word_dropout": 0.2, "embedding_dropout": 0.2, "dropout": 0.2, "recurrent_dropout": 0.2}


def texts(number, seed=0):
    """Texts of one to seven words; `good` where one of them is "fine"."""
    draw = random.Random(seed)
    made = [" ".join(draw.choices(WORDS, k=draw.randint(1, 7))) for _ in range(number)]
    return [{"text": text, "label": "good" if "fine" in text else "bad"} for text in made]


def sentences(number, seed=0, tags=("B-X", "I-X", "O")):
    """Sentences of one to seven tokens with any tags."""
    draw = random.Random(seed)
    lengths = [draw.randint(1, 7) for _ in range(number)]
    return [{"tokens": draw.choices(WORDS, k=n), "tags": draw.choices(tags, k=n)} for n in lengths]


def split(examples, role="train"):
    """Examples as a split."""
    kind = "text" if "text" in examples[0] else "tokens"
    return Split(role, kind, lambda skips: iter(examples), "stop")


def sentiment(model=(), train=(), **sections):
    """A sentiment run of a small network."""
    data = {"source": "builtin", "name": "reviews", "buckets": 2}
    sections = {"data": data, **sections}
    return SentimentRun(task="sentiment", model={**SMALL, **dict(model)}, train=dict(train), **sections)


def tagging(model=(), train=(), **sections):
    """A tagging run of a small network, without characters unless it is asked for them."""
    data = {"source": "files", "format": "conllu", "splits": {"train": "x"}}
    sections = {"data": data, **sections}
    model = {**SMALL, "characters": None, **dict(model)}
    return TaggingRun(task="tagging", model=model, train=dict(train), **sections)


def fit(run, examples=None, base=None):
    """The task of a run."""
    if run.task == "sentiment":
        return Classification.fit(run, split(examples or texts(30)), base)
    return Tagging.fit(run, split(examples or sentences(30)), base)


def batches(task, examples, training=True, size=None):
    """Batches of examples."""
    run = task.run
    size = size or (run.train.batch_size if training else run.evaluate.batch_size)
    return Batches(split(examples), task.vectorizer, task.labels, run.data, size, run.seed, training)


def one_batch(task, examples):
    """All examples as one batch: (inputs, targets)."""
    return next(iter(batches(task, examples, training=False, size=len(examples)).epoch(0)))


def stepping(run, task=None, total_steps=10, rates=None, runtime=HERE):
    """(task, model, step) of a run, all new."""
    task = task or fit(run)
    with runtime.strategy.scope():
        model = task.build()
    return task, model, TrainStep(task, model, run.train, runtime, total_steps, rates)


def training(run, directory, examples, validation=None, say=lambda line: None, prepare=None, before_epoch=None):
    """A new process's Training of a run."""
    task = fit(run, examples)
    model = task.build()
    if prepare:
        prepare(model)
    shuffled = batches(task, examples)
    step = TrainStep(task, model, run.train, HERE, length(run, shuffled.steps_per_epoch)[0])
    held_out = batches(task, validation, training=False) if validation else None
    hook = before_epoch and (lambda epoch: before_epoch(model, epoch))
    directory.mkdir(exist_ok=True)
    return Training(task, model, run, step, shuffled, held_out, directory, say, hook)


def weights(model):
    """Values of the trainable weights."""
    return [variable.numpy() for variable in model.trainable_variables]
