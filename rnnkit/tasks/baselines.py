"""Trivial baselines, learnt from the same training split, to print beside a model."""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice
from random import Random

import numpy as np

from rnnkit.data.corpus import Split

MOST_EXAMPLES = 50_000
MOST_PAIRS = 20_000
_COMPARED = 200  # texts at a time
_WORD = r"\w+|[^\w\s]"


def of_texts(train: Split, test: Split) -> dict[str, dict[str, float]]:
    """Majority class, and logistic regression on the presence of single words, where there are words.

    Of a longer training split the regression sees 50,000 texts, drawn evenly.
    """
    from sklearn.metrics import accuracy_score, f1_score

    counts, sample = _count_and_sample(train)
    classes = sorted(counts)
    test_texts, gold = zip(*((example["text"], example["label"]) for example in test.examples()))
    answers = {"majority class": [counts.most_common(1)[0][0]] * len(gold)}
    if any(re.search(_WORD, text) for text, _ in sample):
        answers["logistic regression on single words"] = _regression(sample).predict(test_texts)
    return {
        name: {
            "accuracy": float(accuracy_score(gold, chosen)),
            "macro_f1": float(f1_score(gold, chosen, labels=classes, average="macro", zero_division=0)),
        }
        for name, chosen in answers.items()
    }


def _count_and_sample(split: Split) -> tuple[Counter, list[tuple[str, str]]]:
    """How often each label occurs, and at most 50,000 (text, label), each equally likely (Vitter 1985, algorithm R)."""
    counts, sample, random = Counter(), [], Random(0)
    for number, example in enumerate(split.examples()):
        counts[example["label"]] += 1
        place = number if number < MOST_EXAMPLES else random.randrange(number + 1)
        if place < MOST_EXAMPLES:
            sample[place : place + 1] = [(example["text"], example["label"])]
    return counts, sample


def _regression(sample: list[tuple[str, str]]):
    from sklearn.feature_extraction.text import CountVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    texts, labels = zip(*sample)
    return make_pipeline(CountVectorizer(binary=True, token_pattern=_WORD), LogisticRegression(max_iter=1000)).fit(
        texts, labels
    )


def of_tokens(train: Split, test: Split) -> dict[str, dict[str, float]]:
    """The most frequent tag, and the most frequent tag of each word (unseen words get the most frequent of all)."""
    by_word: dict[str, Counter] = defaultdict(Counter)
    for example in train.examples():
        for token, tag in zip(example["tokens"], example["tags"]):
            by_word[token][tag] += 1
    majority = sum(by_word.values(), Counter()).most_common(1)[0][0]
    best = {word: tags.most_common(1)[0][0] for word, tags in by_word.items()}
    total, as_majority, as_word = 0, 0, 0
    for example in test.examples():
        for token, tag in zip(example["tokens"], example["tags"]):
            total += 1
            as_majority += tag == majority
            as_word += tag == best.get(token, majority)
    return {
        "most frequent tag": {"token_accuracy": as_majority / max(total, 1)},
        "most frequent tag of each word": {"token_accuracy": as_word / max(total, 1)},
    }


def of_pairs(
    train: Split,
    test: Split,
    score: Callable[[Sequence[str], Sequence[str]], dict[str, float]],
    rules: Mapping[str, Callable[[str], str]],
) -> dict[str, dict[str, float]]:
    """The source as it is, the target of the most similar source among the first 20,000 of training, and given rules.

    Args:
        train, test: pairs.
        score: of translations beside references.
        rules: from a source to a translation, by the baseline's name.
    """
    sources, references = zip(*((example["source"], example["target"]) for example in test.examples()))
    answers = {"copy of the source": sources}
    answers |= {name: [rule(source) for source in sources] for name, rule in rules.items()}
    known = [(example["source"], example["target"]) for example in islice(train.examples(), MOST_PAIRS)]
    if any(re.search(_WORD, source) for source, _ in known):
        answers["target of the most similar source"] = _of_the_most_similar(known, sources)
    return {name: score(texts, references) for name, texts in answers.items()}


def most_common(texts: Iterable[str]) -> str:
    """The text that comes most often; of equally common ones the first."""
    return Counter(texts).most_common(1)[0][0]


def _of_the_most_similar(known: list[tuple[str, str]], sources: Sequence[str]) -> list[str]:
    """By the cosine of TF-IDF weights of words and pairs of words; of equals the first."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    weights = TfidfVectorizer(token_pattern=_WORD, ngram_range=(1, 2), sublinear_tf=True)
    memory = weights.fit_transform([source for source, _ in known]).T.tocsr()
    found = []
    for begin in range(0, len(sources), _COMPARED):
        similar = weights.transform(sources[begin : begin + _COMPARED]) @ memory
        found += [known[place][1] for place in np.asarray(similar.argmax(axis=1)).ravel()]
    return found
