"""What holds for every unit: special tokens, padding, shapes, configurations, SavedModels."""

import json
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf

from rnnkit.config.schema import UnitText
from rnnkit.data.units import SPECIAL, UNITS, Characters, Subwords, Words, fit_configured, fit_unit, unit_from_config
from rnnkit.errors import ConfigError, DataError
from tests.data.units.strings import NASTY

TEXTS = ["the cat sat on the mat.", "The dog, the cat!\n", "<s> </s> <pad> <unk>", "", "naïve cat 😀"]


@pytest.fixture(scope="module")
def units():
    return {
        "char": Characters.fit([*TEXTS, *NASTY]),
        "char <unk>": Characters.fit(TEXTS, size=20, unknown="<unk>", lowercase=True),
        "word": Words.fit(TEXTS, newlines=True),
        "word, spaces only": Words.fit(TEXTS, size=10, pattern=r"\S+", punctuation=False, lowercase=True),
        "bpe": Subwords.fit(TEXTS, size=290),
        "bpe without merges": Subwords(()),
    }


@pytest.fixture(params=["char", "char <unk>", "word", "word, spaces only", "bpe", "bpe without merges"])
def unit(request, units):
    return units[request.param]


def texts_of(strings):
    return [string.decode() for string in strings.numpy()]


def test_the_special_tokens_have_their_ids(unit):
    assert unit.names[:4] == SPECIAL == ("<pad>", "<unk>", "<s>", "</s>")
    assert len(unit.names) == len(unit)


def test_no_text_becomes_a_special_token(unit):
    ids = unit.ragged(tf.constant([*SPECIAL, "a <s> b</s><pad>", "<s><s>"])).values.numpy()
    assert not np.isin(ids, [0, 2, 3]).any()


def test_padding_and_lengths(unit):
    ragged = unit.ragged(tf.constant(TEXTS))
    ids, lengths = unit.encode(tf.constant(TEXTS))
    assert ids.dtype == lengths.dtype == ragged.dtype == tf.int32
    assert ids.shape == (len(TEXTS), max(lengths))
    for row, length, expected in zip(ids.numpy(), lengths.numpy(), ragged.to_list()):
        assert row[:length].tolist() == expected and not row[length:].any()


def test_start_and_end(unit):
    plain = unit.ragged(tf.constant(TEXTS)).to_list()
    texts = tf.constant(TEXTS)
    assert unit.ragged(texts, start=True, end=True).to_list() == [[2, *row, 3] for row in plain]
    assert unit.ragged(texts, end=True).to_list() == [[*row, 3] for row in plain]
    ids, lengths = unit.encode(texts, start=True)
    assert ids[:, 0].numpy().tolist() == [2] * len(TEXTS)
    assert lengths.numpy().tolist() == [1 + len(row) for row in plain]


def test_special_tokens_are_not_written(unit):
    plain, _ = unit.encode(tf.constant(TEXTS))
    marked, _ = unit.encode(tf.constant(TEXTS), start=True, end=True)
    assert texts_of(unit.decode(marked)) == texts_of(unit.decode(plain))
    assert texts_of(unit.decode(unit.ragged(tf.constant(TEXTS)))) == texts_of(unit.decode(plain))
    assert texts_of(unit.decode([[0, 2, 3, 0]])) == [""]


def test_decoding_takes_any_shape(unit):
    ids, _ = unit.encode(tf.constant(TEXTS[:4]))
    flat = unit.decode(ids).numpy().tolist()
    assert unit.decode(tf.reshape(ids, [2, 2, -1])).numpy().tolist() == [flat[:2], flat[2:]]
    assert unit.decode(ids[0]).numpy() == flat[0]
    assert unit.decode(tf.zeros([3, 0], tf.int32)).numpy().tolist() == [b""] * 3
    assert unit.decode(tf.zeros([0, 7], tf.int32)).shape == (0,)


@pytest.mark.parametrize("wrong", [-1, 100_000])
def test_an_id_that_is_none(unit, wrong):
    with pytest.raises(tf.errors.InvalidArgumentError, match=rf"= {wrong} is not in \[0, {len(unit)}\)"):
        unit.decode([[4, wrong]])


def test_no_texts_and_empty_texts(unit):
    ids, lengths = unit.encode(tf.zeros([0], tf.string))
    assert ids.shape == (0, 1) and lengths.shape == (0,)
    ids, lengths = unit.encode(tf.constant(["", ""]))
    assert ids.numpy().tolist() == [[0], [0]] and lengths.numpy().tolist() == [0, 0]


def test_tokens_stand_behind_ids(unit):
    texts = tf.constant(TEXTS)
    tokens, ids = unit.tokens(texts), unit.ragged(texts)
    assert tokens.row_lengths().numpy().tolist() == ids.row_lengths().numpy().tolist()
    for token, index in zip(tokens.values.numpy(), ids.values.numpy()):
        assert index == 1 or token.decode() == unit.names[index]


def test_the_same_in_a_graph_and_from_its_configuration(unit):
    again = unit_from_config(json.loads(json.dumps(unit.to_config())))
    assert type(again) is type(unit) and again.to_config() == unit.to_config()
    encode = tf.function(again.encode, input_signature=[tf.TensorSpec([None], tf.string)])
    decode = tf.function(again.decode, input_signature=[tf.TensorSpec([None, None], tf.int32)])
    for part in (TEXTS, TEXTS[:1], []):
        ids, lengths = unit.encode(tf.constant(part, tf.string))
        found_ids, found_lengths = encode(tf.constant(part, tf.string))
        np.testing.assert_array_equal(found_ids, ids)
        np.testing.assert_array_equal(found_lengths, lengths)
        assert texts_of(decode(ids)) == texts_of(unit.decode(ids))
    assert decode(tf.constant([list(range(len(unit)))])).numpy() == unit.decode(tf.range(len(unit))).numpy()


def test_the_same_in_a_dataset(unit):
    dataset = tf.data.Dataset.from_tensor_slices(TEXTS).batch(2).map(unit.ragged, tf.data.AUTOTUNE).unbatch()
    rows = [row.numpy().tolist() for row in dataset]
    assert rows == unit.ragged(tf.constant(TEXTS)).to_list()


LOADS = """
import json, sys
import tensorflow as tf
module = tf.saved_model.load(sys.argv[1])
texts = tf.constant(json.loads(sys.argv[2]))
answers = {}
for place in range(len(module.encode)):
    ids, lengths = module.encode[place](texts)
    answers[place] = [ids.numpy().tolist(), [text.decode() for text in module.decode[place](ids).numpy()]]
assert not {"rnnkit", "tokenizers"} & set(sys.modules)
print(json.dumps(answers))
"""


def test_units_travel_in_a_saved_model_that_needs_tensorflow_alone(units, tmp_path):
    module = tf.Module()
    module.units = list(units.values())
    strings, ids = tf.TensorSpec([None], tf.string), tf.TensorSpec([None, None], tf.int32)
    module.encode = [tf.function(unit.encode, input_signature=[strings]) for unit in module.units]
    module.decode = [tf.function(unit.decode, input_signature=[ids]) for unit in module.units]
    tf.saved_model.save(module, str(tmp_path))
    command = [sys.executable, "-c", LOADS, str(tmp_path), json.dumps(TEXTS)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    answers = json.loads(done.stdout.splitlines()[-1])
    for place, unit in enumerate(units.values()):
        expected, _ = unit.encode(tf.constant(TEXTS))
        assert answers[str(place)] == [expected.numpy().tolist(), texts_of(unit.decode(expected))]


def test_units_by_name():
    assert list(UNITS) == ["char", "word", "bpe"]
    assert fit_unit("word", ["b a b"]).names[4:] == ("b", "a")
    for call in (lambda: fit_unit("letter", ["a"]), lambda: unit_from_config({"unit": "letter"})):
        with pytest.raises(ConfigError, match="unit: got 'letter'; it must be one of 'char', 'word', 'bpe'"):
            call()


@pytest.mark.parametrize(("name", "options"), [("char", {}), ("word", {}), ("bpe", {"size": 300})])
@pytest.mark.parametrize("texts", [[], ["", ""]])
def test_nothing_to_learn_from(name, options, texts):
    with pytest.raises(DataError, match=r"the training texts have no .*there is nothing to learn from"):
        fit_unit(name, texts, **options)


@pytest.mark.parametrize(
    ("name", "size", "least"), [("char", 4, "above 4"), ("word", 0, "above 4"), ("bpe", 259, "at least 260")]
)
def test_a_size_without_room(name, size, least):
    with pytest.raises(ConfigError, match=f"size: got {size}; it must be {least}, "):
        fit_unit(name, ["a b"], size=size)


@pytest.mark.parametrize(
    ("options", "text", "names"),
    [
        ({"unit": "char", "lowercase": True}, "aAb", ("a", "b")),
        ({"unit": "word", "vocabulary_size": 5, "newlines": True}, "a\n\nb", ("\n",)),
        ({"unit": "word", "pattern": "[a-z]", "punctuation": False, "min_count": 2}, "aa, b", ("a",)),
    ],
)
def test_units_as_a_configuration_has_them(options, text, names):
    unit = fit_configured(UnitText(**options), [text])
    assert unit.unit == options["unit"] and unit.names[4:] == names
