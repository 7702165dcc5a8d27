"""Vocabularies and labels from the training split."""

import pytest

from rnnkit.data.fitting import (
    fit_captions,
    fit_pairs,
    fit_text,
    fit_tokens,
    grow_captions,
    grow_pairs,
)
from rnnkit.data.vocabulary import Vocabulary
from rnnkit.errors import DataError
from tests.data.helpers import (
    EXAMPLES,
    captioned,
    files,
    noise,
    pairs,
    picture,
    sentiment,
    tagging,
    train_split,
    write,
    write_tsv,
)


@pytest.fixture
def texts(tmp_path):
    write_tsv(tmp_path / "train", EXAMPLES)
    return lambda **sections: sentiment(files(tmp_path, format="tsv"), **sections)


@pytest.fixture
def tokens(tmp_path):
    write(tmp_path / "train", "The DET\ncat NOUN\n\nthe DET\nÉTÉ NOUN\nété NOUN\n")
    return lambda **sections: tagging(files(tmp_path, format="conll", tokens=0, tags=1), **sections)


def test_words_in_lower_case_and_classes(texts):
    run = texts()
    vectorizer, labels = fit_text(run, train_split(run))
    assert vectorizer.vocabulary.tokens[:6] == ("<pad>", "<unk>", "a", "dull", "film", "fine")
    assert set(vectorizer.vocabulary.tokens[6:]) == {",", "all", "and", "at", "emoji", "not", "שלום", "😀"}
    assert labels.names == ("bad", "good")


def test_size_and_min_count(texts):
    run = texts(text={"vocabulary_size": 4})
    assert fit_text(run, train_split(run))[0].vocabulary.tokens == ("<pad>", "<unk>", "a", "dull")
    run = texts(text={"min_count": 2})
    assert fit_text(run, train_split(run))[0].vocabulary.tokens == ("<pad>", "<unk>", "a", "dull", "film", "fine")


def test_characters_as_units_and_only_of_what_is_read(texts):
    run = texts(text={"unit": "char", "max_tokens": 1})
    assert fit_text(run, train_split(run))[0].vocabulary.tokens == ("<pad>", "<unk>", "a", "d", "n", "😀")


def test_spellings_share_a_word_and_characters_keep_case(tokens):
    run = tokens()
    vectorizer, labels = fit_tokens(run, train_split(run))
    assert vectorizer.words.tokens == ("<pad>", "<unk>", "the", "été", "cat")
    assert set(vectorizer.characters.tokens[2:]) == set("ThecattheÉTÉété")
    assert labels.names == ("DET", "NOUN")
    kept = tokens(text={"lowercase": False, "character_vocabulary_size": 4})
    vectorizer, _ = fit_tokens(kept, train_split(kept))
    assert set(vectorizer.words.tokens[2:]) == {"The", "the", "ÉTÉ", "été", "cat"}
    assert vectorizer.characters.tokens == ("<pad>", "<unk>", "t", "T")


def test_growing_appends_and_takes_the_new_classes(texts, tmp_path):
    run = texts()
    old, _ = fit_text(run, train_split(run))
    write_tsv(tmp_path / "train", [{"text": "a new new word", "label": "x"}, {"text": "dull", "label": "y"}])
    new, labels = fit_text(run, train_split(run), old.vocabulary)
    assert new.vocabulary.tokens == (*old.vocabulary.tokens, "new", "word")
    assert labels.names == ("x", "y")
    keep = texts(finetune={"from": "somewhere", "vocabulary": "keep"})
    assert fit_text(keep, train_split(keep), old.vocabulary)[0].vocabulary.tokens == old.vocabulary.tokens


def test_growing_words_and_characters(tokens, tmp_path):
    run = tokens()
    old, _ = fit_tokens(run, train_split(run))
    write(tmp_path / "train", "The A\nzoo B\n")
    new, labels = fit_tokens(run, train_split(run), old.words, old.characters)
    assert new.words.tokens == (*old.words.tokens, "zoo")
    assert new.characters.tokens == (*old.characters.tokens, "o", "z")
    assert labels.names == ("A", "B")


def test_known_words_alone_leave_the_characters_to_be_learnt(tokens):
    run = tokens(finetune={"from": "somewhere", "vocabulary": "keep"})
    found, _ = fit_tokens(run, train_split(run), Vocabulary(["known"]))
    assert found.words.tokens == ("<pad>", "<unk>", "known") and len(found.characters) > 2


def test_one_class_only_is_nothing_to_learn(texts, tmp_path):
    run = texts()
    write_tsv(tmp_path / "train", EXAMPLES[:1] * 3)
    with pytest.raises(DataError, match="train split: all examples are labelled 'good'"):
        fit_text(run, train_split(run))


def test_one_tag_only_is_nothing_to_learn(tokens, tmp_path):
    run = tokens()
    write(tmp_path / "train", "The DET\n")
    with pytest.raises(DataError, match="'DET'"):
        fit_tokens(run, train_split(run))


def test_an_empty_corpus_and_a_bad_line_keep_their_message(texts, tmp_path):
    run = texts()
    write_tsv(tmp_path / "train", [])
    with pytest.raises(DataError, match=r"train split: it has no examples; check data\.splits\.train"):
        fit_text(run, train_split(run))
    write(tmp_path / "train", "text\tlabel\na\tb\nbad\n")
    with pytest.raises(DataError, match="train:3: 1 columns where 2 are expected"):
        fit_text(run, train_split(run))


# === models that write text ===

SPECIAL = ("<pad>", "<unk>", "<s>", "</s>")


def write_pairs(directory, *rows):
    write(directory / "train", "source\ttarget\n" + "".join(f"{source}\t{target}\n" for source, target in rows))


@pytest.fixture
def of_pairs(tmp_path):
    write_pairs(tmp_path, ("ein Haus, ein Haus", "a house"), ("zwei", "two two"))
    return lambda **sections: pairs(files(tmp_path, format="tsv"), **sections)


def test_each_side_has_its_unit(of_pairs):
    run = of_pairs(text={"source": {"min_count": 2}, "target": {"unit": "char", "lowercase": True}})
    made = fit_pairs(run, train_split(run))
    assert made.source.names == (*SPECIAL, "Haus", "ein") and made.target.names[4:6] == ("o", " ")
    assert made.target.unit == "char" and made.target.lowercase


def test_both_sides_share_a_unit(of_pairs):
    run = of_pairs(text={"shared": True, "source": {"vocabulary_size": 8}})
    made = fit_pairs(run, train_split(run))
    assert made.source is made.target and made.source.names == (*SPECIAL, "Haus", "ein", "two", ",")


def test_options_of_words_reach_the_unit(of_pairs):
    options = {"pattern": r"\S+", "punctuation": False, "lowercase": True, "detokenize": False}
    run = of_pairs(text={"source": options})
    made = fit_pairs(run, train_split(run))
    assert set(made.source.names[4:]) == {"haus", "haus,", "ein", "zwei"} and not made.source.detokenize


def test_growing_pairs_keeps_ids(of_pairs, tmp_path):
    run = of_pairs()
    old = fit_pairs(run, train_split(run))
    write_pairs(tmp_path, ("drei Häuser", "three houses, <s>"), ("drei", "two"))
    new = grow_pairs(run, old, train_split(run))
    assert new.source.names == (*old.source.names, "drei", "Häuser")
    assert new.target.names[: len(old.target)] == old.target.names and "<s>" not in new.target.names[4:]
    keep = of_pairs(finetune={"from": "somewhere", "vocabulary": "keep"})
    assert grow_pairs(keep, old, train_split(keep)).source is old.source
    shared = of_pairs(text={"shared": True})
    grown = grow_pairs(shared, fit_pairs(shared, train_split(shared)), train_split(shared))
    assert grown.source is grown.target


def test_captions_have_a_unit_of_their_own(tmp_path):
    write(tmp_path / "x.png", picture(noise()))
    write(tmp_path / "train", "x.png\ta dog\nx.png\ta cat\n")
    run = captioned(files(tmp_path, format="captions"), image={"height": 3, "width": 2})
    made = fit_captions(run, train_split(run))
    assert made.target.names == (*SPECIAL, "a", "cat", "dog") and made.decoder.image.height == 3
    write(tmp_path / "train", "x.png\ta bird\n")
    assert grow_captions(run, made, train_split(run)).target.names == (*made.target.names, "bird")


def test_pairs_of_a_bad_file_keep_its_message(of_pairs, tmp_path):
    run = of_pairs()
    write_pairs(tmp_path, ("a", " "))
    with pytest.raises(DataError, match="train:2: 'target' is empty"):
        fit_pairs(run, train_split(run))
