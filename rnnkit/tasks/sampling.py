"""Texts that a generator drew: how many are new, how many differ, how long they are."""

from collections.abc import Callable, Sequence

import tensorflow as tf

from rnnkit.data.corpus import Split
from rnnkit.data.units import Unit
from rnnkit.data.units.base import batches
from rnnkit.decoding import DecodingOptions
from rnnkit.tasks.writing import ASKED


def draw(generate: Callable, name: str, count: int, options: DecodingOptions) -> list[dict]:
    """Texts of a class by the served `generate`: {"text": str, "score": float, "finished": bool} each.

    The same seed gives the same texts, and few of them are the first of many.

    Args:
        generate: the served function.
        name: of the class.
        count: how many.
        options: read here: max_length, temperature, top_k, top_p and seed.
    """
    asked = {key: tf.constant(getattr(options, key) or 0, dtype) for key, dtype in ASKED.items()}
    answer = generate(text=tf.fill([count], name), **asked)
    rows = zip(*(answer[key].numpy().tolist() for key in ("text", "scores", "finished")))
    return [{"text": text.decode("utf-8", "replace"), "score": score, "finished": ends} for text, score, ends in rows]


def known_texts(split: Split, unit: Unit) -> set[str]:
    """The texts of a split as a unit reads and writes them: what is among them is not new."""
    known = set()
    for part in batches(example["text"] for example in split.examples()):
        known.update(text.decode("utf-8", "replace") for text in unit.decode(unit.ragged(part)).numpy())
    return known


def sample_scores(samples: Sequence[str], known: set[str] | None) -> dict[str, float]:
    """What can be said of texts, at least one, without a reader.

    Returns:
        new: the share that is none of the known ones, where these are given; distinct: how many different ones there
        are for each; characters: their mean length.
    """
    new = {} if known is None else {"new": sum(text not in known for text in samples) / len(samples)}
    length = sum(map(len, samples)) / len(samples)
    return new | {"distinct": len(set(samples)) / len(samples), "characters": length}
