"""The generated reviews: the same everywhere, balanced, split without overlap, and not to be had from single words."""

import hashlib
from collections import Counter

import pytest
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression

from rnnkit.data.builtin import reviews, reviews_lexicon
from rnnkit.errors import DataError
from tests.data.builtin.alone import run_alone

SPLITS = ("train", "validation", "test")


@pytest.fixture(scope="module")
def corpus():
    return {split: list(reviews.reviews(split)) for split in SPLITS}


def digest(split, count=200):
    lines = (f"{example['label']}\t{example['text']}\n" for example in reviews.examples(split, count))
    return hashlib.sha256("".join(lines).encode()).hexdigest()


@pytest.mark.parametrize(
    ("split", "expected"),
    [
        ("train", "93aa42821fef15618071dfbbe39c72afb4da1dbe8548e34a2386f53420d7b4fa"),
        ("validation", "bfc21c45bf127549f1e325c9036e7176d3c64a253e5870a5ccd96d64e39f3f84"),
        ("test", "158c90e08e6ea90665a65e7762a9ea4f179da33459cfe76bd2a78d6d55fb1c16"),
    ],
)
def test_the_reviews_are_pinned(split, expected):
    assert digest(split) == expected


def test_a_process_with_another_hash_seed_makes_the_same_reviews():
    program = "from rnnkit.data.builtin import reviews; print([e['text'] for e in reviews.examples('test', 20)])"
    made = run_alone(program, PYTHONHASHSEED="7")
    assert made == str([example["text"] for example in reviews.examples("test", 20)])


def test_sizes_limit_and_form(corpus):
    assert {split: len(found) for split, found in corpus.items()} == reviews.SIZES
    few = list(reviews.examples("train", 3))
    assert few == [{"text": review.text, "label": review.label} for review in corpus["train"][:3]]
    assert len(list(reviews.examples("test", 10**9))) == reviews.SIZES["test"]
    assert list(reviews.examples("test", 0)) == []


@pytest.mark.parametrize("split", SPLITS)
def test_half_of_the_reviews_are_positive(corpus, split):
    assert Counter(review.label for review in corpus[split])["positive"] == len(corpus[split]) // 2


def test_a_short_prefix_holds_both_labels():
    assert {example["label"] for example in reviews.examples("train", 4)} == {"negative", "positive"}


def test_no_sentence_and_no_combination_of_opinions_is_in_two_splits(corpus):
    for first, second in (("train", "validation"), ("train", "test"), ("validation", "test")):
        texts = [{review.text for review in corpus[split]} for split in (first, second)]
        combinations = [{frozenset(review.opinions) for review in corpus[split]} for split in (first, second)]
        assert not texts[0] & texts[1]
        assert not combinations[0] & combinations[1]


def test_a_review_is_one_sentence_and_occurs_once(corpus):
    texts = [review.text for found in corpus.values() for review in found]
    assert len(set(texts)) == len(texts)
    assert all(text.endswith(".") and text.count(".") == 1 and text[0].isupper() for text in texts)
    assert all("{" not in text and "  " not in text for text in texts)


def test_the_split_depends_on_what_is_said_and_not_on_its_order():
    rude, good = reviews.Opinion("waiters", "rude"), reviews.Opinion("food", "good")
    assert reviews.split_of([rude, good]) == reviews.split_of([good, rude])


def test_every_opinion_word_is_seen_in_train(corpus):
    seen = {opinion.word for review in corpus["train"] for opinion in review.opinions}
    assert {opinion.word for review in corpus["test"] for opinion in review.opinions} <= seen


def test_single_words_do_not_tell_the_label(corpus):
    texts = {split: [review.text for review in found] for split, found in corpus.items()}
    labels = {split: [review.label for review in found] for split, found in corpus.items()}
    words = CountVectorizer(binary=True, token_pattern=r"[\w']+|[^\w\s]")
    model = LogisticRegression(max_iter=1000).fit(words.fit_transform(texts["train"]), labels["train"])
    assert model.score(words.transform(texts["test"]), labels["test"]) <= 0.80


@pytest.mark.parametrize("word", ["but", "not", "never", "although", "despite", "good", "bad", "boring"])
def test_common_words_are_in_both_classes_about_equally(corpus, word):
    found = Counter(review.label for review in corpus["train"] if word in review.text.lower().replace(",", "").split())
    assert 0.4 < found["positive"] / found.total() < 0.6


@pytest.mark.parametrize("grade", ["gradable", "extreme", "any"])
def test_no_word_is_praise_and_blame_at_once(grade):
    for domain in reviews_lexicon.DOMAINS:
        for aspect in domain.aspects:
            assert not set(aspect.positive) & set(aspect.negative), (domain.name, aspect.noun)
            if grade == "gradable":
                assert set(aspect.positive) - reviews_lexicon.NOT_GRADABLE
                assert set(aspect.negative) - reviews_lexicon.NOT_GRADABLE


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (reviews_lexicon.comparative("good"), "better"),
        (reviews_lexicon.comparative("nice"), "nicer"),
        (reviews_lexicon.comparative("noisy"), "noisier"),
        (reviews_lexicon.comparative("watery"), "more watery"),
        (reviews_lexicon.comparative("predictable"), "more predictable"),
        (reviews_lexicon.past("satisfy"), "satisfied"),
        (reviews_lexicon.past("annoy"), "annoyed"),
        (reviews_lexicon.present("satisfy", plural=False), "satisfies"),
        (reviews_lexicon.present("impress", plural=False), "impresses"),
        (reviews_lexicon.present("impress", plural=True), "impress"),
    ],
)
def test_words_inflect(made, expected):
    assert made == expected


def test_an_unknown_split_is_named():
    with pytest.raises(DataError, match="no split 'dev'; it has train, validation, test"):
        reviews.examples("dev")
