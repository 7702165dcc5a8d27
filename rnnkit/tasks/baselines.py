"""Trivial baselines, learnt from the same training split, to print beside a model."""

import itertools
from collections import Counter, defaultdict

from rnnkit.data.corpus import Split

MOST_EXAMPLES = 50_000


def of_texts(train: Split, test: Split) -> dict[str, dict[str, float]]:
    """Majority class, and logistic regression on the presence of single words (first 50,000 training texts)."""
    from sklearn.feature_extraction.text import CountVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import accuracy_score, f1_score
    from sklearn.pipeline import make_pipeline

    texts, labels = zip(*((e["text"], e["label"]) for e in itertools.islice(train.examples(), MOST_EXAMPLES)))
    test_texts, gold = zip(*((e["text"], e["label"]) for e in test.examples()))
    words = CountVectorizer(binary=True, token_pattern=r"\w+|[^\w\s]")
    regression = make_pipeline(words, LogisticRegression(max_iter=1000)).fit(texts, labels)
    majority = Counter(labels).most_common(1)[0][0]
    answers = {
        "majority class": [majority] * len(gold),
        "logistic regression on single words": regression.predict(test_texts),
    }
    return {
        name: {
            "accuracy": float(accuracy_score(gold, chosen)),
            "macro_f1": float(f1_score(gold, chosen, labels=sorted(set(labels)), average="macro", zero_division=0)),
        }
        for name, chosen in answers.items()
    }


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
