"""Invented names: the same everywhere, balanced, found once, and their likelihood against all ways to build them."""

import hashlib
from collections import Counter, defaultdict
from itertools import product

import pytest

from rnnkit.data.builtin import invented_names
from rnnkit.data.builtin.names_languages import LANGUAGES
from rnnkit.errors import DataError
from tests.data.builtin.alone import run_alone

SPLITS = ("train", "validation", "test")
TINY = {
    "onsets": {"t": 0.5, "": 0.5}, "nuclei": {"a": 0.75, "aa": 0.25}, "codas": {"": 0.5, "t": 0.5},
    "endings": {"a": 0.5, "ta": 0.5}, "syllables": {1: 0.4, 2: 0.6},
}  # fmt: skip


@pytest.fixture(scope="module")
def corpus():
    return {split: list(invented_names.examples(split)) for split in SPLITS}


@pytest.fixture(scope="module")
def guesses(corpus):
    return [(example["label"], invented_names.posterior(example["text"])) for example in corpus["test"]]


@pytest.mark.parametrize(
    ("split", "expected"),
    [
        ("train", "e475d2aaa93a3179ba420e874d55a21f577c00121ea10688787b6147f98bf2c8"),
        ("validation", "eb25ff85101689c80dc2c3da383d73ac3a017e767b03e7b27675f58326d2d592"),
        ("test", "a30e3ccf723bfa5d1ad85668de6b0ac38e641ab3150593f4295ed2fd073e4eba"),
    ],
)
def test_the_names_are_pinned(corpus, split, expected):
    lines = (f"{example['label']}\t{example['text']}\n" for example in corpus[split][:500])
    assert hashlib.sha256("".join(lines).encode()).hexdigest() == expected


def test_a_process_with_another_hash_seed_makes_the_same_names_without_tensorflow():
    program = """
from rnnkit.data.builtin import invented_names
print([example["text"] for example in invented_names.examples("test", 20)])
print([name for name in ("tensorflow", "keras", "numpy") if name in sys.modules])
"""
    made = [example["text"] for example in invented_names.examples("test", 20)]
    assert run_alone(program, PYTHONHASHSEED="7") == f"{made}\n[]"


def test_sizes_and_limit(corpus):
    assert {split: len(found) for split, found in corpus.items()} == invented_names.SIZES
    assert list(invented_names.examples("train", 3)) == corpus["train"][:3]
    assert list(invented_names.examples("test", 0)) == []


def test_a_name_occurs_once(corpus):
    names = [example["text"] for found in corpus.values() for example in found]
    assert len(set(names)) == len(names)
    assert all(invented_names.split_of(example["text"]) == "test" for example in corpus["test"])


@pytest.mark.parametrize("split", SPLITS)
def test_every_language_has_as_many_names(corpus, split):
    found = Counter(example["label"] for example in corpus[split])
    assert found == dict.fromkeys(invented_names.LABELS, len(corpus[split]) // 8)


def test_names_are_tidy(corpus):
    for example in corpus["train"]:
        name = example["text"]
        assert 2 <= len(name) <= 18 and name.isascii() and name.isalpha() and name == name.capitalize()


def test_every_letter_is_of_several_languages(corpus):
    languages = defaultdict(set)
    for example in corpus["train"]:
        for letter in example["text"].lower():
            languages[letter].add(example["label"])
    assert sum(len(found) >= 3 for found in languages.values()) >= 18
    assert set(map(str.lower, "".join(example["text"] for example in corpus["test"]))) <= set(languages)


# === The reference classifier ===


def test_pieces_are_probabilities():
    for language in LANGUAGES.values():
        for part in language:
            assert sum(part.values()) == pytest.approx(1)
        assert sorted(language.syllables) == list(range(1, len(language.syllables) + 1))
        assert "" not in language.endings and "" not in language.nuclei


def test_likelihood_against_all_ways_to_build_a_name(monkeypatch):
    language = type(LANGUAGES["Avarin"])(**TINY)
    monkeypatch.setitem(invented_names.LANGUAGES, "Tiny", language)
    expected = defaultdict(float)
    syllable = [language.onsets, language.nuclei, language.codas]
    for count, chance in language.syllables.items():
        for pieces in product(*(part.items() for part in [*syllable * count, language.endings])):
            share = chance
            for _, one in pieces:
                share *= one
            expected["".join(text for text, _ in pieces)] += share
    assert sum(expected.values()) == pytest.approx(1)
    for name, share in expected.items():
        assert invented_names.likelihood(name.capitalize(), "Tiny") == pytest.approx(share, rel=1e-12)
    assert invented_names.likelihood("Tax", "Tiny") == 0


def test_every_name_can_be_of_its_language(corpus):
    for example in corpus["validation"]:
        assert invented_names.likelihood(example["text"], example["label"]) > 0


def test_how_well_the_language_can_be_told(corpus, guesses):
    right = sum(max(found, key=found.get) == label for label, found in guesses)
    assert right == 942
    by_language = Counter(label for label, found in guesses if max(found, key=found.get) == label)
    assert min(by_language.values()) > 0.8 * 125


def test_the_reference_is_calibrated(guesses):
    """What it is sure of on average is how often it is right."""
    sure = sum(max(found.values()) for _, found in guesses) / len(guesses)
    right = sum(max(found, key=found.get) == label for label, found in guesses) / len(guesses)
    assert sure == pytest.approx(right, abs=0.015)


def test_what_is_of_no_language():
    assert invented_names.best_label("Xx9") is None
    assert invented_names.best_label("") is None
    assert set(invented_names.posterior("Xx9").values()) == {0.0}
    assert invented_names.best_label("TSUMIKO") == "Dunami"


def test_unknown_languages_and_splits_are_named():
    with pytest.raises(ValueError, match=r"`language` must be one of Avarin, .* Received: language='Elvish'"):
        invented_names.likelihood("Ada", "Elvish")
    with pytest.raises(DataError, match="no split 'dev'; it has train, validation, test"):
        invented_names.examples("dev")
