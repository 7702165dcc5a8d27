"""Label maps, duplicates, overlap and limits, the same for every source."""

import pytest

from rnnkit.data.loading import load
from tests.data.helpers import (
    EXAMPLES,
    captioned,
    contents,
    files,
    noise,
    pairs,
    picture,
    sentiment,
    tagging,
    train_examples,
    train_split,
    write,
    write_tsv,
)


@pytest.fixture
def run(tmp_path):
    write_tsv(
        tmp_path / "train", [*EXAMPLES, EXAMPLES[1], {"text": "dull", "label": "good"}, {"text": "so", "label": "?"}]
    )
    write_tsv(tmp_path / "validation", [EXAMPLES[1], EXAMPLES[1]])
    write_tsv(tmp_path / "test", [EXAMPLES[0], {"text": "so", "label": "?"}])
    splits = {role: role for role in ("train", "validation", "test")}
    return lambda **options: sentiment(files(tmp_path, splits, format="tsv", **options))


def test_labels_are_renamed_or_left_out(run):
    corpus = load(run(label_map={"good": "pos", "?": None}), "text")
    assert {example["label"] for example in corpus.splits["train"].examples()} == {"pos", "bad"}
    assert corpus.splits["train"].skipped == {"label mapped to null": 1}
    assert [example["label"] for example in corpus.splits["test"].examples()] == ["pos"]


def test_duplicates_have_the_same_text_and_label_and_leave_train_alone(run):
    corpus = load(run(deduplicate=True), "text")
    assert len(list(corpus.splits["train"].examples())) == 7
    assert corpus.splits["train"].skipped == {"duplicate": 1}
    assert len(list(corpus.splits["validation"].examples())) == 2


def test_labels_are_renamed_before_duplicates_are_sought(run):
    split = train_split(run(deduplicate=True, label_map={"good": "bad"}))
    assert [example["text"] for example in split.examples()].count("dull") == 1


def test_texts_of_validation_and_test_leave_train_even_if_train_alone_is_loaded(run):
    split = train_split(run(exclude_overlap=True))
    texts = [example["text"] for example in split.examples()]
    assert texts == [EXAMPLES[2]["text"], EXAMPLES[3]["text"], EXAMPLES[4]["text"]]
    assert split.skipped == {"also in validation or test": 5}


def test_the_limit_counts_what_is_kept(run):
    corpus = load(run(limit=2, label_map={"bad": None}), "text")
    assert [example["label"] for example in corpus.splits["train"].examples()] == ["good", "good"]
    assert len(list(corpus.splits["test"].examples())) == 2


def test_tokens_whose_tag_is_mapped_to_null_are_left_out(tmp_path):
    write(tmp_path / "train", "don't _\ndo AUX\nn't PART\n\nx _\n")
    run = tagging(files(tmp_path, format="conll", tokens=0, tags=1, label_map={"_": None, "AUX": "VERB"}))
    split = train_split(run)
    assert contents(split) == [{"tokens": ["do", "n't"], "tags": ["VERB", "PART"]}]
    assert split.skipped == {"token with a tag mapped to null": 2}


def test_overlap_of_sentences_goes_by_their_tokens(tmp_path):
    write(tmp_path / "train", "a X\nb Y\n\na b X\n\na X\n")
    write(tmp_path / "test", "a Y\nb Y\n")
    options = {"format": "conll", "tokens": 0, "tags": -1, "exclude_overlap": True}
    run = tagging(files(tmp_path, {"train": "train", "test": "test"}, **options))
    assert [example["tokens"] for example in train_examples(run)] == [["a"], ["a"]]


def test_duplicates_and_overlap_of_pairs(tmp_path):
    write(tmp_path / "train", "source\ttarget\na\t1\na\t1\na\t2\nb\t3\n")
    write(tmp_path / "test", "source\ttarget\nb\tother\n")
    data = files(tmp_path, {"train": "train", "test": "test"}, format="tsv", deduplicate=True, exclude_overlap=True)
    split = train_split(pairs(data | {"label_map": {"a": None}}))
    assert contents(split) == [{"source": "a", "target": "1"}, {"source": "a", "target": "2"}]
    assert split.skipped == {"duplicate": 1, "also in validation or test": 1}


def test_overlap_of_pictures_goes_by_their_files(tmp_path):
    for name, seed in (("a", 0), ("b", 1), ("same", 0)):
        write(tmp_path / f"{name}.png", picture(noise(seed=seed)))
    write(tmp_path / "train", "a.png\tone\nb.png\ttwo\n")
    write(tmp_path / "test", "same.png\tthree\n")
    data = files(tmp_path, {"train": "train", "test": "test"}, format="captions", exclude_overlap=True)
    assert [example["captions"] for example in train_examples(captioned(data))] == [["two"]]
