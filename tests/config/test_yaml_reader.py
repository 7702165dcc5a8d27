"""What YAML is read as, and how a file that cannot be read is told."""

import math

import pytest

from rnnkit.config.document import Place, Problems
from rnnkit.config.scalars import plain_scalar
from rnnkit.config.yaml_reader import read_file
from tests.config.helpers import write


def read(directory, text):
    """Reads `text` from a file; returns the document and the lines told."""
    problems = Problems()
    document = read_file(write(directory, text), problems)
    return document, [str(problem).replace(f"{directory}/", "") for problem in problems.found]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-3", 0.001),
        ("1E3", 1000.0),
        ("-.5", -0.5),
        ("2.", 2.0),
        ("+7", 7),
        ("007", 7),
        ("0x1F", 31),
        ("0o17", 15),
        ("true", True),
        ("FALSE", False),
        ("null", None),
        ("~", None),
        ("no", "no"),
        ("Yes", "Yes"),
        ("on", "on"),
        ("off", "off"),
        ("y", "y"),
        ("1_000", "1_000"),
        ("12:30", "12:30"),
        ("2024-01-01", "2024-01-01"),
        ("1.2.3", "1.2.3"),
        ("e3", "e3"),
        ("<<", "<<"),
        ("=", "="),
        ("9" * 5000, "9" * 5000),
    ],
)
def test_plain_scalars_are_read_as_yaml_1_2(text, value):
    read_value = plain_scalar(text)
    assert read_value == value and type(read_value) is type(value)


def test_infinities_are_numbers():
    assert plain_scalar("-.inf") == -math.inf
    assert math.isnan(plain_scalar(".nan"))


def test_quotes_make_text(tmp_path):
    document, told = read(tmp_path, """a: '1'\nb: "true"\nc: ''\nd: |\n  null\n""")
    assert document.values == {"a": "1", "b": "true", "c": "", "d": "null\n"}
    assert told == []


def test_keys_are_text(tmp_path):
    document, _ = read(tmp_path, "0: negative\nno: b\nnull: c\n1.5: d\n")
    assert document.values == {"0": "negative", "no": "b", "null": "c", "1.5": "d"}


def test_every_key_and_item_has_its_line(tmp_path):
    document, _ = read(tmp_path, "a:\n  b: 1\n\n  c:\n    - x\n    - d: 2\n# note\ne: [1,\n  2]\n")
    lines = {path: place.line for path, place in document.places.items()}
    assert lines == {
        (): None,
        ("a",): 1,
        ("a", "b"): 2,
        ("a", "c"): 4,
        ("a", "c", 0): 5,
        ("a", "c", 1): 6,
        ("a", "c", 1, "d"): 6,
        ("e",): 8,
        ("e", 0): 8,
        ("e", 1): 9,
    }
    assert document.place(("a", "nothing", "here")) == Place(str(tmp_path / "run.yaml"), 1)


def test_duplicates_and_empty_values_are_all_told(tmp_path):
    document, told = read(tmp_path, "a: 1\nb:\na: {c: 1, c: 2}\nd:\n  - x\n  -\n  - y\n")
    assert told == [
        "run.yaml:2: b: empty; fill it, remove it, or write null where none is meant",
        "run.yaml:3: a: given twice, first at line 1",
        "run.yaml:3: a.c: given twice, first at line 3",
        "run.yaml:6: d.1: empty; fill it, remove it, or write null where none is meant",
    ]
    assert document.values["a"] == 1
    assert document.broken == {("b",), ("d", 1)}


def test_a_written_null_is_not_empty(tmp_path):
    document, told = read(tmp_path, "a: null\nb: ~\nc: []\nd: {}\n")
    assert document.values == {"a": None, "b": None, "c": [], "d": {}}
    assert told == []


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("", None, "empty"),
        ("# only a comment\n", None, "empty"),
        ("- a\n- b\n", None, "holds a list"),
        ("just words\n", None, "holds a single value"),
        ("a: 1\n\tb: 2\n", 2, "a tab cannot indent"),
        ("a: 1\nb: c: d\n", 2, "in quotes"),
        ("a: [1, 2\nb: 3\n", 2, "not valid YAML"),
        ('a: "never closed\n', 2, "not valid YAML"),
        ("a: 1\n---\nb: 2\n", 2, "second document"),
        ("a: &x [1]\nb: *x\n", 2, "aliases such as *x"),
        ("a: !!python/object/apply:os.system [ls]\n", 1, "tags such as !!python/object"),
        ("a: !!int '3'\n", 1, "tags such as !!int"),
        ("? [a, b]\n: c\n", 1, "a key must be plain text"),
        ("a: 1\nb: \x07\n", 2, "U+0007"),
        ("a: " + "[" * 5000, 1, "nested more than"),
    ],
)
def test_unreadable_yaml_is_told_with_its_line(tmp_path, text, line, words):
    document, told = read(tmp_path, text)
    assert len(told) == 1
    assert told[0].startswith(f"run.yaml:{line}: " if line else "run.yaml: ") and words in told[0]
    assert document.values == {} and document.broken == {()}


def test_an_alias_bomb_is_refused_at_once(tmp_path):
    bomb = "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 40))
    _, told = read(tmp_path, bomb)
    assert "aliases" in told[0]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"task: sentiment\nname: caf\xe9\n", "run.yaml:2: is not UTF-8 (byte 0xe9)"),
        ("task: sentiment\n".encode("utf-16"), "run.yaml:1: is not UTF-8 (byte 0xff)"),
        (b"#" * 1_000_001, "run.yaml: is no configuration: it is larger than"),
    ],
)
def test_bytes_that_are_no_configuration(tmp_path, content, words):
    (tmp_path / "run.yaml").write_bytes(content)
    problems = Problems()
    read_file(tmp_path / "run.yaml", problems)
    assert words in str(problems.found[0])


def test_a_byte_order_mark_and_crlf_are_read_over(tmp_path):
    (tmp_path / "run.yaml").write_bytes(b"\xef\xbb\xbfa: 1\r\nb: x\r\n")
    assert read_file(tmp_path / "run.yaml", Problems()).values == {"a": 1, "b": "x"}


def test_missing_directory_and_impossible_paths(tmp_path):
    for path, words in [
        (tmp_path / "none.yaml", "there is no such file"),
        (tmp_path, "is a directory"),
        (tmp_path / ("x" * 300), "cannot be read"),
        ("a\0b", "cannot be read"),
    ]:
        problems = Problems()
        read_file(path, problems)
        assert words in str(problems.found[0])
