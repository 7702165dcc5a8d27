"""The texts for language models: plain, split without overlap, the same in every pass, and an error where missing."""

import hashlib
import sys
import types

import pytest

from rnnkit.data.builtin import plain_text, python_library, python_topics
from rnnkit.data.builtin.plain_text import begin_of, is_plain, plain
from rnnkit.data.builtin.python_source import split_of
from rnnkit.errors import DataError
from tests.data.builtin.alone import run_alone

CORPORA = {"python_topics": python_topics, "python_library": python_library}
SPLITS = plain_text.SPLITS


@pytest.fixture(scope="module", params=CORPORA)
def corpus(request):
    """The texts of each split of one corpus."""
    return {split: [example["text"] for example in CORPORA[request.param].examples(split)] for split in SPLITS}


# === Plain text ===


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a  \r\nb\rc", "a\nb\nc\n"),
        ("\n\n\na\n\n\n\n\nb\n\n\n", "a\n\n\nb\n"),
        ("\tx\n a\tb", "        x\n a      b\n"),
        ("“yes” – it’s…\u00a0so", '"yes" - it\'s... so\n'),
        ("a\fb", "a\nb\n"),
        ("é", "é\n"),
        (" \n\t\n", ""),
        ("", ""),
    ],
)
def test_plain_by_hand(text, expected):
    assert plain(text) == expected
    assert plain(expected) == expected


@pytest.mark.parametrize(
    ("text", "expected"), [("a\n~ b", True), ("", True), ("é", False), ("a\tb", False), ("\0", False)]
)
def test_what_is_plain(text, expected):
    assert is_plain(text) is expected


@pytest.mark.parametrize(
    ("size", "expected"), [(0, ""), (2, ""), (3, "ab\n"), (5, "ab\n"), (6, "ab\ncd\n"), (99, "ab\ncd\n")]
)
def test_a_text_is_cut_at_a_line_end(size, expected):
    assert begin_of("ab\ncd\n", size) == expected


# === The corpora of this interpreter ===


def test_texts_are_plain_and_not_empty(corpus):
    for text in (text for texts in corpus.values() for text in texts):
        assert is_plain(text) and text.strip() and text.endswith("\n")
        assert " \n" not in text and "\n\n\n\n" not in text


def test_training_text_has_every_character(corpus):
    characters = {split: set("".join(texts)) for split, texts in corpus.items()}
    assert characters["validation"] | characters["test"] <= characters["train"]
    assert 90 <= len(characters["train"]) <= 96


def test_topics_have_their_shares():
    sizes = {split: len(python_topics.text(split)) for split in SPLITS}
    total = sum(sizes.values())
    assert 300_000 < total < 800_000
    for split, share in python_topics.SHARES.items():
        assert abs(sizes[split] / total - share) < 0.01


def test_the_library_has_its_size_at_most():
    for split, size in python_library.SIZES.items():
        assert 0.9 * size < len(python_library.text(split)) <= size
        assert max(len(example["text"]) for example in python_library.examples(split)) <= 20_000


def test_a_text_is_its_examples_in_order(corpus):
    assert {"".join(corpus["test"])} <= {module.text("test") for module in CORPORA.values()}


def test_no_long_paragraph_is_in_two_splits_of_the_topics():
    found = {}
    for split in SPLITS:
        paragraphs = python_topics.text(split).split("\n\n")
        found[split] = {" ".join(one.split()) for one in paragraphs if len(" ".join(one.split())) >= 60}
    assert not found["train"] & (found["validation"] | found["test"])
    assert not found["validation"] & found["test"]


def test_paragraphs_are_kept_where_they_come_first():
    long, wrapped = "word " * 14, "word\n" * 14
    topics = {"a": f"A\n\n{long}\n\nSee also:\n", "b": f"B\n\n   {wrapped}\n\nSee also:\n\né {long}x\n\nend\n"}
    kept = {paragraphs[0][0]: paragraphs for paragraphs in python_topics.unrepeated(topics)}
    first, second = kept.values()
    assert len(first) == 3 + (first is kept["B"]) and len(second) == 2 + (second is kept["B"])
    assert sum("word" in paragraph for paragraph in first + second) == 1
    assert all(paragraph.endswith("\n\n") for paragraph in first + second)
    assert sum("See also" in paragraph for paragraph in first + second) == 2


def test_a_file_is_in_the_split_of_its_module():
    library = python_library.Path(python_library.sysconfig.get_path("stdlib"))
    begins = {python_library._begin_of_file(path): split_of(name) for name, path in python_library.modules(library)}
    for split in SPLITS:
        texts = [example["text"] for example in python_library.examples(split)]
        assert all(begins[text] == split for text in texts[:-1])


@pytest.mark.parametrize("name", CORPORA)
def test_the_corpora_repeat_themselves_in_another_process_without_tensorflow(name):
    program = f"""
from rnnkit.data.builtin import {name} as corpus
import hashlib
print(hashlib.sha256(corpus.text("test").encode()).hexdigest())
print([name for name in ("tensorflow", "keras", "numpy") if name in sys.modules])
"""
    made = hashlib.sha256(CORPORA[name].text("test").encode()).hexdigest()
    assert run_alone(program, PYTHONHASHSEED="7") == f"{made}\n[]"


@pytest.mark.parametrize("name", CORPORA)
def test_limit_and_unknown_split(name):
    assert len(list(CORPORA[name].examples("test", 2))) == 2
    assert list(CORPORA[name].examples("test", 0)) == []
    with pytest.raises(DataError, match=f"{name} has no split 'dev'; it has train, validation, test"):
        CORPORA[name].examples("dev")


def test_a_python_without_topics_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "pydoc_data.topics", None)
    python_topics._parts.cache_clear()
    with pytest.raises(DataError, match=r"no pydoc_data\.topics: use one with its whole standard library"):
        python_topics.text("train")


def test_topics_of_another_interpreter(monkeypatch):
    other = types.ModuleType("pydoc_data.topics")
    other.topics = {f"topic {number}": f"Topic {number}\n\n{'text ' * 20}{number}\n" for number in range(50)}
    monkeypatch.setitem(sys.modules, "pydoc_data.topics", other)
    python_topics._parts.cache_clear()
    sizes = [len(list(python_topics.examples(split))) for split in SPLITS]
    python_topics._parts.cache_clear()
    assert sum(sizes) in (50, 51, 52) and abs(sizes[0] - 40) <= 1


def test_a_python_without_source_is_told(tmp_path, monkeypatch):
    (tmp_path / "abc.py").write_text("x = 1\n")
    monkeypatch.setattr(python_library.sysconfig, "get_path", lambda name: str(tmp_path))
    with pytest.raises(DataError, match="1 files of Python source"):
        python_library.text("train")
