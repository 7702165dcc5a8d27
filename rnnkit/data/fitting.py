"""Vocabularies and label sets, learnt from the training split alone in one streaming pass."""

from collections import Counter

import tensorflow as tf

from rnnkit.config.schema import Run, Text
from rnnkit.data.corpus import Split
from rnnkit.data.text import TextVectorizer, TokenVectorizer, cased
from rnnkit.data.tokenizer import Tokenizer
from rnnkit.data.vocabulary import Labels, Vocabulary
from rnnkit.errors import DataError

_BATCH = 1024


def fit_text(run: Run, split: Split) -> tuple[TextVectorizer, Labels]:
    """The vectorizer and the classes of a text classifier.

    Raises:
        DataError: If the split is empty or has fewer than two classes.
    """
    text = run.text
    counts, labels = _count_texts(text, split)
    vocabulary = Vocabulary.fit(_looked_up(counts, text), text.vocabulary_size, text.min_count)
    return TextVectorizer(text, vocabulary), labels


def fit_tokens(run: Run, split: Split) -> tuple[TokenVectorizer, Labels]:
    """The vectorizer and the tags of a tagger.

    Raises:
        DataError: If the split is empty or has fewer than two tags.
    """
    text = run.text
    counts, labels = _count_tokens(split)
    words = Vocabulary.fit(_looked_up(counts, text), text.vocabulary_size, text.min_count)
    characters = Vocabulary.fit(_characters(counts), text.character_vocabulary_size)
    return TokenVectorizer(text, words, characters), labels


def grow_text(run: Run, vectorizer: TextVectorizer, split: Split) -> tuple[TextVectorizer, Labels]:
    """The vectorizer with the split's new words after the old ones (if `finetune.vocabulary` is grow), and its classes.

    Up to `text.vocabulary_size` new words are added, seen at least `text.min_count` times.
    """
    text = run.text
    counts, labels = _count_texts(text, split)
    vocabulary = _grown(run, vectorizer.vocabulary, _looked_up(counts, text), text.vocabulary_size, text.min_count)
    return TextVectorizer(text, vocabulary), labels


def grow_tokens(run: Run, vectorizer: TokenVectorizer, split: Split) -> tuple[TokenVectorizer, Labels]:
    """As `grow_text`, for words and characters, and the split's tags."""
    text = run.text
    counts, labels = _count_tokens(split)
    words = _grown(run, vectorizer.words, _looked_up(counts, text), text.vocabulary_size, text.min_count)
    characters = _grown(run, vectorizer.characters, _characters(counts), text.character_vocabulary_size)
    return TokenVectorizer(text, words, characters), labels


def _grown(run, vocabulary, counts, size, min_count=1):
    if run.finetune is not None and run.finetune.vocabulary == "keep":
        return vocabulary
    return vocabulary.grow(counts, size, min_count)


def _count_texts(text, split):
    tokenizer = Tokenizer(text.unit, text.pattern, text.max_tokens)
    return _count(split, lambda batch: (tokenizer(batch["text"]).tokens.values, batch["label"]))


def _count_tokens(split):
    return _count(split, lambda batch: (batch["tokens"].values, batch["tags"].values))


def _count(split, strings) -> tuple[Counter, Labels]:
    """Counts the strings of a split: tokens as written, and the labels that occur."""
    tokens, labels = Counter(), Counter()
    with split.errors():
        for batch_tokens, batch_labels in split.batches(_BATCH).map(strings, tf.data.AUTOTUNE).prefetch(2):
            tokens.update(batch_tokens.numpy().tolist())
            labels.update(batch_labels.numpy().tolist())
    names = [name.decode() for name in labels]
    if len(names) < 2:
        raise DataError(
            f"{split}: all examples are labelled {names[0]!r}; there is nothing to learn from one class only, "
            "name a split, label column or label_map that leaves at least two"
        )
    return Counter({token.decode(): count for token, count in tokens.items()}), Labels.fit(names)


def _looked_up(counts: Counter, text: Text) -> Counter:
    """Counts of the forms that are looked up, which share the counts of all their spellings."""
    spellings = list(counts)
    merged = Counter()
    for form, spelling in zip(cased(tf.constant(spellings, tf.string), text.lowercase).numpy(), spellings):
        merged[form.decode()] += counts[spelling]
    return merged


def _characters(counts: Counter) -> Counter:
    characters = Counter()
    for token, count in counts.items():
        for character in token:
            characters[character] += count
    return characters
