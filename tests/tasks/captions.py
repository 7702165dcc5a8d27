"""Tiny captioners for tests, over four pictures of one colour each."""

import numpy as np
import tensorflow as tf

from rnnkit.config.schema import CaptioningRun
from rnnkit.data.corpus import Corpus, Split
from rnnkit.tasks.captioning import Captioning
from tests.data.helpers import picture

COLOURS = {"red": (200, 20, 30), "green": (20, 180, 40), "blue": (30, 20, 220), "grey": (128, 128, 128)}


def of_colour(colour, size=(8, 12), form="PNG"):
    """A picture file of one colour."""
    return picture(np.full((*size, 3), COLOURS[colour], np.uint8), form)


SHOWN = [{"image": of_colour(colour), "captions": [f"all is {colour}", f"a {colour} wall"]} for colour in COLOURS]
SMALL = {"units": 8, "embedding_size": 6, "picture": {"channels": [6]}}


def shown(examples=SHOWN, role="train"):
    """Pictures with captions as a split."""
    return Split(role, "caption", lambda skips: iter(examples), "stop")


def corpus(examples=SHOWN):
    """The same pictures in every split."""
    return Corpus("made up", {role: shown(examples, role) for role in ("train", "validation", "test")})


def run_of(model=(), train=(), data=(), **sections):
    """A run of a small network; its source is no built-in corpus, since its captions have no grammar."""
    return CaptioningRun(
        task="captioning",
        data={"source": "files", "format": "captions", "splits": {"train": "none", "test": "none"}, **dict(data)},
        model={**SMALL, **dict(model)},
        train={"batch_size": 8, **dict(train)},
        **{"image": {"height": 8, "width": 12}, "text": {"target": {"max_tokens": 5}}, **sections},
    )


def made(run=None, examples=SHOWN):
    """(task, model) of a run, with weights that make some tokens likelier than others."""
    task = Captioning.fit(run or run_of(), shown(examples))
    model = task.build()
    for seed, variable in enumerate(model.trainable_variables):
        variable.assign(tf.random.stateless_normal(variable.shape, [seed, 1], stddev=0.7))
    return task, model
