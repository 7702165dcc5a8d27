"""The corpus of Python source: labels by hand, windows, splits by module."""

import builtins
from collections import Counter, defaultdict
from textwrap import dedent

import pytest

from rnnkit.data.builtin import python_source
from rnnkit.data.builtin.python_labels import TAGS, label
from rnnkit.errors import DataError
from tests.data.builtin.alone import run_alone

PLAIN = {"operator", "keyword", "string", "number"}


def tagged(source):
    """(token, tag) of every token that is not punctuation, a keyword or a literal."""
    return [(text, tag) for line in label(dedent(source)) for text, tag in line if tag not in PLAIN]


def names(source):
    """The same as text: name/tag ..."""
    return " ".join(f"{text}/{tag}" for text, tag in tagged(source))


SNIPPETS = {
    "a method": (
        """
        import os.path
        LIMIT = 3
        class Reader(Base):
            count = 0
            def read(self, name, *rest, mode="r", **options):
                self.name = name
                return open(os.path.join(name, mode), limit=LIMIT).read()
        """,
        "os/import path/import LIMIT/constant Reader/class_definition Base/global_variable count/attribute "
        "read/function_definition self/parameter name/parameter rest/parameter mode/parameter options/parameter "
        "self/local_variable name/attribute name/local_variable "
        "open/call os/module path/attribute join/method_call name/local_variable mode/local_variable "
        "limit/keyword_argument LIMIT/constant read/method_call",
    ),
    "decorators": (
        """
        @functools.wraps(function)
        @cache
        def run(): pass
        """,
        "functools/global_variable wraps/decorator function/global_variable cache/decorator run/function_definition",
    ),
    "a class's names are not seen in its methods": (
        """
        class A:
            x = 1
            y = x
            def f(self):
                return x
        x = 2
        """,
        "A/class_definition x/attribute y/attribute x/attribute f/function_definition self/parameter "
        "x/global_variable x/global_variable",
    ),
    "a default is evaluated outside, a body inside": (
        """
        def f(size=size, kind: type = int):
            return size, kind, type
        """,
        "f/function_definition size/parameter size/global_variable kind/parameter type/builtin int/builtin "
        "size/local_variable kind/local_variable type/builtin",
    ),
    "an annotation is outside, whatever the parameter is called": (
        "def f(type: type): return type\n",
        "f/function_definition type/parameter type/builtin type/local_variable",
    ),
    "comprehensions": (
        "found = [word for word in words if (size := len(word))]\n",
        "found/global_variable word/local_variable word/local_variable words/global_variable size/global_variable "
        "len/call word/local_variable",
    ),
    "the first iterable of a comprehension lies outside": (
        "x = [x for x in x]\n",
        "x/global_variable x/local_variable x/local_variable x/global_variable",
    ),
    "lambda": (
        "key = lambda pair: pair[1]\n",
        "key/global_variable pair/parameter pair/local_variable",
    ),
    "global and nonlocal": (
        """
        def f():
            global total
            total = 1
            seen = set
            def g():
                nonlocal seen
                seen = total
        """,
        "f/function_definition total/global_variable total/global_variable seen/local_variable set/builtin "
        "g/function_definition seen/local_variable seen/local_variable total/global_variable",
    ),
    "except and with": (
        """
        def f(path):
            try:
                with open(path) as file: pass
            except (OSError, error) as failure:
                raise failure from None
        """,
        "f/function_definition path/parameter open/call path/local_variable file/local_variable OSError/builtin "
        "error/global_variable failure/local_variable failure/local_variable",
    ),
    "a shadowed builtin is no builtin": (
        "def f(list): return list\nlist = str\n",
        "f/function_definition list/parameter list/local_variable list/global_variable str/builtin",
    ),
    "import by another name": (
        "from a.b import c as d\nimport e as f\nf.g(d)\n",
        "a/import b/import c/import d/import e/import f/import f/module g/method_call d/global_variable",
    ),
    "a module imported where it is optional": (
        "try:\n    import ssl\nexcept ImportError:\n    ssl = None\nssl\n",
        "ssl/import ImportError/builtin ssl/module ssl/module",
    ),
    "match is a keyword in its own place only": (
        """
        def f(match):
            match match:
                case [Point(), *rest]: pass
                case other: return other
        """,
        "f/function_definition match/parameter match/local_variable Point/global_variable rest/local_variable "
        "other/local_variable other/local_variable",
    ),
    "letters beyond ASCII before a name": (
        'def f(ä, b): return "ü" + ä.é(b)\n',
        "f/function_definition ä/parameter b/parameter ä/local_variable é/method_call b/local_variable",
    ),
    "a class keyword": (
        "class A(metaclass=Meta): __slots__ = ()\n",
        "A/class_definition metaclass/keyword_argument Meta/global_variable __slots__/attribute",
    ),
}


@pytest.mark.parametrize("case", SNIPPETS)
def test_labels(case):
    source, expected = SNIPPETS[case]
    assert names(source) == expected


def test_the_plain_tags():
    assert label("if not x >= 1.5: y = b'a'  # why\n") == [
        [
            ("if", "keyword"), ("not", "keyword"), ("x", "global_variable"), (">=", "operator"), ("1.5", "number"),
            (":", "operator"), ("y", "global_variable"), ("=", "operator"), ("b'a'", "string"),
        ]
    ]  # fmt: skip


def test_match_and_case_are_keywords():
    tags = [line[0] for line in label("match x:\n    case _:\n        pass\n")]
    assert tags == [("match", "keyword"), ("case", "keyword"), ("pass", "keyword")]
    assert label("match x:\n    case _:\n        pass\n")[1][1] == ("_", "keyword")


@pytest.mark.parametrize(
    ("literal", "shown"),
    [
        ("f'{a.b!r:>{width}} and {f(\"x\")}'", "f'{a.b!r:>{width}} and {f(\"x\")}'"),
        ('rb"\\n"', 'rb"\\n"'),
        ('"""one\n   two"""', '"""one two"""'),
        ("'" + "a" * 100 + "'", "'" + "a" * 37 + "…'"),
        ('"""' + "a" * 100 + '"""', '"""' + "a" * 33 + '…"""'),
    ],
)
def test_a_string_is_one_token(literal, shown):
    assert label(f"x = {literal}\n") == [[("x", "global_variable"), ("=", "operator"), (shown, "string")]]


def test_a_long_f_string_over_lines_is_cut():
    ((_, _, (shown, tag)),) = label('x = f"""{a}\n' + "b " * 60 + '{c}"""\n')
    assert (shown[:9], shown[-4:], len(shown), tag) == ('f"""{a} b', '…"""', len(shown), "string")
    assert len(shown) <= 40


def test_tokens_keep_their_order_and_lines():
    lines = label("def f(a,\n      b):\n    # nothing\n\n    return (a +\n            b)\n")
    assert [" ".join(text for text, _ in line) for line in lines] == ["def f ( a , b ) :", "return ( a + b )"]


def test_source_that_does_not_parse():
    with pytest.raises(SyntaxError):
        label("def f(:\n")


def test_windows_hold_whole_lines_and_begin_at_definitions():
    def line(first, size):
        return [(first, "keyword")] + [("x", "local_variable")] * (size - 1)

    lines = [line("a", 10), line("b", 11), line("@", 2), line("def", 20), line("c", 61), line("d", 7)]
    assert [[text for text, _ in window if text != "x"] for window in python_source.windows(lines)] == [
        ["a", "b"],
        ["@", "def"],
    ]


# === The corpus of this interpreter ===


@pytest.fixture(scope="module")
def corpus():
    return {split: list(python_source.examples(split, 600)) for split in ("train", "test")}


def test_tokens_and_tags_align(corpus):
    for example in (*corpus["train"], *corpus["test"]):
        assert 8 <= len(example["tokens"]) == len(example["tags"]) <= 60
        assert all(example["tokens"])
        assert "\n" not in "".join(example["tokens"])


def test_every_tag_occurs_and_no_other(corpus):
    assert {tag for example in corpus["train"] for tag in example["tags"]} == set(TAGS)


def test_the_corpus_repeats_itself(corpus):
    python_source._windows_in.cache_clear()
    assert list(python_source.examples("test", 30)) == corpus["test"][:30]


def test_a_module_is_in_one_split():
    library = python_source.Path(python_source.sysconfig.get_path("stdlib"))
    found = defaultdict(set)
    for module, path in python_source.modules(library):
        found[path.relative_to(library).parts[0]].add(python_source.split_of(module))
        assert not {"test", "tests", "site-packages", "encodings"} & set(path.relative_to(library).parts)
    assert all(len(splits) == 1 for splits in found.values())
    shares = Counter(split for splits in found.values() for split in splits)
    assert shares["train"] > 2 * shares["test"] > 0
    assert shares["validation"] > 10


def test_windows_of_test_are_not_in_train(corpus):
    train = {tuple(example["tokens"]) for example in corpus["train"]}
    assert sum(tuple(example["tokens"]) in train for example in corpus["test"]) <= 3


def test_words_alone_do_not_tell_the_tag(corpus):
    counts = defaultdict(Counter)
    for example in corpus["train"]:
        for token, tag in zip(example["tokens"], example["tags"], strict=True):
            counts[token][tag] += 1
    pairs = [pair for example in corpus["test"] for pair in zip(example["tokens"], example["tags"], strict=True)]
    named = [(token, tag) for token, tag in pairs if tag not in PLAIN]
    right = sum(token in counts and counts[token].most_common(1)[0][0] == tag for token, tag in named)
    assert right / len(named) < 0.75


def test_builtins_are_this_pythons(corpus):
    found = {
        token
        for example in corpus["train"]
        for token, tag in zip(example["tokens"], example["tags"], strict=True)
        if tag == "builtin"
    }
    assert found
    assert all(hasattr(builtins, token) for token in found)


def test_an_unknown_split_is_named():
    with pytest.raises(DataError, match="no split 'dev'; it has train, validation, test"):
        next(python_source.examples("dev"))


def test_a_python_without_source_is_told(tmp_path, monkeypatch):
    (tmp_path / "abc.py").write_text("x = 1\n")
    monkeypatch.setattr(python_source.sysconfig, "get_path", lambda name: str(tmp_path))
    with pytest.raises(DataError, match=r"1 files of Python source.*zipped, frozen"):
        next(python_source.examples("train"))


def test_neither_corpus_needs_tensorflow():
    program = """
from rnnkit.data.builtin import python_source, reviews
list(reviews.examples("test", 2)), list(python_source.examples("test", 2))
print([name for name in ("tensorflow", "keras", "numpy") if name in sys.modules])
"""
    assert run_alone(program) == "[]"
