"""What the shipped configurations promise, as far as that can be told without training."""

import tensorflow as tf

from rnnkit import config
from rnnkit.data.builtin import python_source
from rnnkit.data.tokenizer import Tokenizer
from tests.apps.helpers import REPOSITORY


def test_pattern_of_the_default_tagger_finds_the_tokens_of_python():
    text = config.load(REPOSITORY / "configs" / "tagging" / "default.yaml").text
    tokenizer = Tokenizer("word", text.pattern, 1_000)
    examples = [example["tokens"] for example in python_source.examples("test", limit=150)]
    found = tokenizer(tf.constant([" ".join(tokens) for tokens in examples])).tokens
    wrong = [expected for expected, row in zip(examples, found) if [t.decode() for t in row.numpy()] != expected]
    assert len(wrong) <= 1, wrong
    source = """x **= f"a {b}" + rb'\\'z' if 0x1F >= 1_0.5e-3j else '''q\n''' -> a[1:]"""
    expected = ["x", "**=", 'f"a {b}"', "+", r"rb'\'z'", "if", "0x1F", ">=", "1_0.5e-3j", "else", "'''q\n'''", "->"]
    assert [t.decode() for t in tokenizer(tf.constant([source])).tokens[0].numpy()] == [*expected, *"a[1:]"]
