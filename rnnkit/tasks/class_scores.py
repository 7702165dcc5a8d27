"""How likely texts are, given their class: a generator's scores, and those of n-grams of each class beside it."""

import math
from collections import defaultdict

import numpy as np

from rnnkit.data.corpus import Split
from rnnkit.data.pairs import ClassVectorizer
from rnnkit.data.units import START_ID
from rnnkit.tasks.base import Report, Scorer
from rnnkit.tasks.ngrams import KneserNey

_READ = 1024  # texts at a time
_COLUMNS = ("nats", "tokens", "characters", "right")


def likelihood(nats: float, tokens: float, characters: float) -> dict[str, float]:
    """Mean loss in nats per token, perplexity, and bits for each character, of texts with so many of each."""
    loss = nats / max(tokens, 1)
    bits = nats / math.log(2) / max(characters, 1)
    return {"loss": loss, "perplexity": math.exp(min(loss, 700.0)), "bits_per_character": bits}


class ClassTextScorer(Scorer):
    """Token accuracy, bits for each character of the texts, and the same of each class as a table.

    Predictions are, of each text, `labels` (B,), `nats` (B,), `characters` (B,), and `tokens` (B, T).

    Args:
        names: of the classes, in the order of their ids.
    """

    def __init__(self, names):
        self.names = list(names)
        self._sums = np.zeros((len(self.names), len(_COLUMNS) + 1))  # and the number of texts

    def add(self, targets, predictions):
        real = targets >= 0
        right = ((predictions["tokens"] == targets) & real).sum(axis=1)
        columns = (predictions["nats"], real.sum(axis=1), predictions["characters"], right, np.ones(len(targets)))
        np.add.at(self._sums, predictions["labels"], np.stack(columns, axis=1))

    def report(self) -> Report:
        total = _scores(self._sums.sum(axis=0))
        return Report({key: total[key] for key in ("bits_per_character", "token_accuracy")}, self._table())

    def _table(self) -> str:
        width = max(map(len, [*self.names, "all"]))
        lines = [f"{'':<{width}}     texts  perplexity  bits per character  token accuracy"]
        for name, sums in [*zip(self.names, self._sums), ("all", self._sums.sum(axis=0))]:
            if sums[-1]:
                found = _scores(sums)
                scores = (
                    f"{found['perplexity']:12.4f}{found['bits_per_character']:20.4f}{found['token_accuracy']:16.4f}"
                )
                lines.append(f"{name:<{width}}{sums[-1]:10,.0f}{scores}")
        return "\n".join(lines) + "\n"


def of_ngrams(train: Split, scored: Split, vectorizer: ClassVectorizer, order: int) -> dict[str, float]:
    """What n-grams with modified Kneser-Ney smoothing, learnt for each class alone, score on a split.

    Args:
        train, scored: labelled texts. A class that is not in the first is scored by n-grams of all of it.
        vectorizer: of the texts.
        order: of the longest n-grams.
    """
    before = [START_ID] * (order - 1)

    def stream(rows):
        return np.array([token for row in rows for token in (*before, *row)], np.int64)

    learnt, _ = _by_class(train, vectorizer)
    every = [row for rows in learnt.values() for row in rows]
    texts, characters = _by_class(scored, vectorizer)
    nats = tokens = 0
    for label, rows in texts.items():
        ids = stream(rows)
        written = ids != START_ID
        chances = KneserNey(stream(learnt.get(label, every)), len(vectorizer.target), order).probabilities(ids)
        nats, tokens = nats - float(np.log(chances[written]).sum()), tokens + int(written.sum())
    return likelihood(nats, tokens, characters)


def _by_class(split, vectorizer):
    """The ids of the texts of every class, each with its end, and the number of characters of all."""
    rows, characters = defaultdict(list), 0
    with split.errors():
        for part in split.batches(_READ):
            _, targets, _ = vectorizer.examples(part, True)
            for label, row, text in zip(part["label"].numpy(), targets.to_list(), part["text"].numpy()):
                rows[label].append(row)
                characters += len(text.decode("utf-8", "replace"))
    return rows, characters


def _scores(sums) -> dict[str, float]:
    nats, tokens, characters, right = sums[: len(_COLUMNS)]
    return likelihood(nats, tokens, characters) | {"token_accuracy": right / max(tokens, 1)}
