"""Tiny translators for tests: of words, characters or parts of words."""

import tensorflow as tf

from rnnkit.config.schema import TranslationRun
from rnnkit.data.corpus import Corpus, Split
from rnnkit.tasks.translation import Translation

WORDS = {"one": "eins", "two": "zwei", "three": "drei", "cat": "Katze", "dog": "Hund", "sleeps": "schläft"}
PAIRS = [
    {"source": " ".join(words), "target": " ".join(WORDS[word] for word in words)}
    for words in (
        ("one", "cat"),
        ("two", "dog"),
        ("three", "cat", "sleeps"),
        ("one", "dog", "sleeps"),
        ("two", "cat", "one", "dog"),
    )
]
SMALL = {"units": 5, "embedding_size": 4}


def pairs(examples=PAIRS, role="train"):
    """Pairs as a split."""
    return Split(role, "pair", lambda skips: iter(examples), "stop")


def corpus(examples=PAIRS):
    """The same pairs in every split."""
    return Corpus("made up", {role: pairs(examples, role) for role in ("train", "validation", "test")})


def run_of(model=(), train=(), text=(), data=(), **sections):
    """A run of a small network."""
    return TranslationRun(
        task="translation",
        data={"source": "builtin", "name": "dates_and_numbers", "buckets": 2, **dict(data)},
        model={**SMALL, **dict(model)},
        train={"batch_size": 2, **dict(train)},
        text={"target": {"max_tokens": 9}, **dict(text)},
        **sections,
    )


def made(run=None, examples=PAIRS):
    """(task, model) of a run, with weights that make some tokens likelier than others."""
    task = Translation.fit(run or run_of(), pairs(examples))
    model = task.build()
    for seed, variable in enumerate(model.trainable_variables):
        variable.assign(tf.random.stateless_normal(variable.shape, [seed, 1], stddev=0.7))
    return task, model
