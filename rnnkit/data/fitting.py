"""Vocabularies and label sets, learnt from the training split alone in one streaming pass."""

from collections import Counter

import tensorflow as tf

from rnnkit.config.schema import Run, Text
from rnnkit.data.corpus import FIELDS, Split
from rnnkit.data.pairs import CaptionVectorizer, ClassVectorizer, PairVectorizer
from rnnkit.data.text import TextVectorizer, TokenVectorizer, cased
from rnnkit.data.tokenizer import Tokenizer
from rnnkit.data.units import fit_configured
from rnnkit.data.vocabulary import Labels, Vocabulary
from rnnkit.errors import DataError

_BATCH = 1024


def fit_text(run: Run, split: Split, known: Vocabulary | None = None) -> tuple[TextVectorizer, Labels]:
    """The vectorizer and the classes of a text classifier.

    Args:
        run: The configuration.
        split: What is learnt from.
        known: Words of a trained model. They keep their ids, and up to `text.vocabulary_size` new ones that the split
            has `text.min_count` times come after them, if `finetune.vocabulary` is grow.

    Raises:
        DataError: If the split is empty or has fewer than two classes.
    """
    text = run.text
    counts, labels = _count_texts(text, split)
    vocabulary = _vocabulary(run, known, _looked_up(counts, text), text.vocabulary_size, text.min_count)
    return TextVectorizer(text, vocabulary), labels


def fit_tokens(
    run: Run, split: Split, words: Vocabulary | None = None, characters: Vocabulary | None = None
) -> tuple[TokenVectorizer, Labels]:
    """The vectorizer and the tags of a tagger; known words and characters are treated as by `fit_text`.

    Raises:
        DataError: If the split is empty or has fewer than two tags.
    """
    text = run.text
    counts, labels = _count_tokens(split)
    words = _vocabulary(run, words, _looked_up(counts, text), text.vocabulary_size, text.min_count)
    characters = _vocabulary(run, characters, _characters(counts), text.character_vocabulary_size)
    return TokenVectorizer(text, words, characters), labels


def fit_pairs(run: Run, split: Split) -> PairVectorizer:
    """The vectorizer of a translator, with one unit for each side or one for both.

    Raises:
        DataError: If the split is empty or a side has nothing to learn from.
    """
    units = _units(run, split, lambda side, texts: fit_configured(getattr(run.text, side), texts, f"text.{side}"))
    return PairVectorizer(run.text, *units)


def fit_captions(run: Run, split: Split) -> CaptionVectorizer:
    """The vectorizer of a captioner.

    Raises:
        DataError: If the split is empty.
    """
    return CaptionVectorizer(run.text, run.image, fit_configured(run.text.target, _captions(split), "text.target"))


def fit_classes(run: Run, split: Split) -> ClassVectorizer:
    """The vectorizer of a generator: the classes that occur, and one unit for the texts of all.

    Raises:
        DataError: If the split is empty.
    """
    unit = fit_configured(run.text.target, _texts(split), "text.target")
    return ClassVectorizer(run.text, Labels.fit(_labels(split)), unit)


def grow_pairs(run: Run, vectorizer: PairVectorizer, split: Split) -> PairVectorizer:
    """The vectorizer with new ids after the old ones, as by `fit_text`; parts of words write every text and stay."""

    def grown(side, texts):
        return _grown_unit(run, getattr(vectorizer, side), getattr(run.text, side), texts)

    return PairVectorizer(run.text, *_units(run, split, grown))


def grow_captions(run: Run, vectorizer: CaptionVectorizer, split: Split) -> CaptionVectorizer:
    """As `grow_pairs`, for captions."""
    unit = _grown_unit(run, vectorizer.target, run.text.target, _captions(split))
    return CaptionVectorizer(run.text, run.image, unit)


def grow_classes(run: Run, vectorizer: ClassVectorizer, split: Split) -> ClassVectorizer:
    """As `grow_captions`, for texts of classes; new classes come after the old ones, which all stay."""
    unit = _grown_unit(run, vectorizer.target, run.text.target, _texts(split))
    return ClassVectorizer(run.text, vectorizer.labels.grow(_labels(split)), unit)


def _units(run, split, make):
    """What `make(side, texts)` gives for each side of the pairs; for both at once if they share a unit."""
    sides = FIELDS["pair"]
    if run.text.shared:
        return [make("source", (example[side] for example in split.examples() for side in sides))] * 2
    return [make(side, (example[side] for example in split.examples())) for side in sides]


def _texts(split):
    return (example["text"] for example in split.examples())


def _labels(split):
    return {example["label"] for example in split.examples()}


def _captions(split):
    return (caption for example in split.examples() for caption in example["captions"])


def _grown_unit(run, unit, text, texts):
    return unit if _keeps(run) else unit.grow(texts, text.vocabulary_size, text.min_count)


def _keeps(run):
    return run.finetune is not None and run.finetune.vocabulary == "keep"


def _vocabulary(run, known, counts, size, min_count=1):
    if known is None:
        return Vocabulary.fit(counts, size, min_count)
    return known if _keeps(run) else known.grow(counts, size, min_count)


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
