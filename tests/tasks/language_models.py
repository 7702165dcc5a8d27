"""Tiny language models for tests: of characters, words or parts of words."""

import tensorflow as tf

from rnnkit.config.schema import LanguageModelRun
from rnnkit.data.corpus import Corpus, Split
from rnnkit.tasks.language_modelling import LanguageModelling

TEXTS = ["the cat sat on the mat.\n", "the dog, too, sat there (so it did).\n", "no cat is a dog!\n"]
SMALL = {"units": 5, "embedding_size": 4}


def documents(texts=TEXTS, role="train"):
    """Documents as a split."""
    return Split(role, "running", lambda skips: iter([{"text": text} for text in texts]), "stop")


def corpus(texts=TEXTS):
    """The same documents in every split."""
    return Corpus("made up", {role: documents(texts, role) for role in ("train", "validation", "test")})


def run_of(model=(), train=(), text=(), **sections):
    """A run of a small network."""
    return LanguageModelRun(
        task="language_model",
        data={"source": "builtin", "name": "python_topics"},
        model={**SMALL, **dict(model)},
        train={"window": 6, "batch_size": 2, **dict(train)},
        text=dict(text),
        **sections,
    )


def made(run=None, texts=TEXTS):
    """(task, model) of a run, with weights that make some tokens likelier than others."""
    task = LanguageModelling.fit(run or run_of(), documents(texts))
    model = task.build()
    for seed, variable in enumerate(model.trainable_variables):
        variable.assign(tf.random.stateless_normal(variable.shape, [seed, 1], stddev=0.6))
    return task, model
