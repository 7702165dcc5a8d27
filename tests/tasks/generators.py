"""Tiny generators for tests: names of two classes."""

import tensorflow as tf

from rnnkit.config.schema import GenerationRun
from rnnkit.data.corpus import Corpus, Split
from rnnkit.tasks.generation import TextGeneration

NAMES = {"north": ["Balda", "Borgur", "Gundar", "Dorgun"], "süd": ["Miko", "Kimi", "Mino", "Niko", "Komi"]}
EXAMPLES = [{"text": text, "label": label} for label, texts in NAMES.items() for text in texts]
SMALL = {"units": 5, "embedding_size": 4}


def names(examples=EXAMPLES, role="train"):
    """Names as a split."""
    return Split(role, "label", lambda skips: iter(examples), "stop")


def corpus(examples=EXAMPLES):
    """The same names in every split."""
    return Corpus("made up", {role: names(examples, role) for role in ("train", "validation", "test")})


def run_of(model=(), train=(), text=(), **sections):
    """A run of a small network."""
    return GenerationRun(
        task="generation",
        data={"source": "builtin", "name": "invented_names", "buckets": 2},
        model={**SMALL, **dict(model)},
        train={"batch_size": 3, **dict(train)},
        text={"target": {"max_tokens": 9, **dict(text)}},
        **sections,
    )


def made(run=None, examples=EXAMPLES):
    """(task, model) of a run, with weights that make some tokens likelier than others."""
    task = TextGeneration.fit(run or run_of(), names(examples))
    model = task.build()
    for seed, variable in enumerate(model.trainable_variables):
        variable.assign(tf.random.stateless_normal(variable.shape, [seed, 1], stddev=0.7))
    return task, model
