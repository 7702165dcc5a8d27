"""What only a translator's configuration has, and what cannot go together in it."""

import dataclasses

import pytest

from rnnkit import config
from rnnkit.config.schema import Decoding, TranslationRun
from rnnkit.decoding_options import DEFAULTS, DecodingOptions
from tests.config.helpers import mistakes, write

DATES = """\
task: translation
data:
  source: builtin
  name: dates_and_numbers
"""


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("model: {context: initial, attention: {coverage: true}}", "model.attention.coverage: got True, but with"),
        ("model: {attention: {after_layer: 2}}", "model.attention.after_layer: got 2, but the decoder has 1 layers"),
        (
            "model: {layers: 2, attention: {after_layer: 1, input_feeding: true}}",
            "model.attention.after_layer: got both; the layers after the attention read what was found",
        ),
        ("model: {context: both, attention: {kind: dot}}", "model.attention.kind: got 'dot', but with"),
        ("model: {attention: {kind: dot}}", "wide as the encoder's outputs: set decoder_units to 256"),
        ("model: {attention: {kind: soft}}", "model.attention.kind: got 'soft'"),
        ("model: {scheduled_sampling: {rate: 1.5}}", "model.scheduled_sampling.rate: got 1.5"),
        ("model: {context: initial}\ndecode: {replace_unknown: true}", "decode.replace_unknown: needs model"),
        ("decode: {n_best: 3}", "decode.n_best: got 3, but greedy finds one text"),
        ("decode: {method: beam, n_best: 9}", "decode.n_best: got 9, but a beam of 5"),
        ("decode: {length_penalty: none, length_alpha: 1.0}", "decode.length_alpha: got 1.0, but length_penalty none"),
        ("decode: {min_length: 9, max_length: 3}", "decode.min_length: got 9, but texts end at max_length (3)"),
        ("decode: {min_length: 200}", "decode.min_length: got 200, but texts end at text.target.max_tokens (128)"),
        ("decode: {temperature: 0.0}", "decode.temperature: got 0.0"),
        ("train: {adversarial: 0.1}", "train.adversarial: is for texts of one side"),
        ("train: {monitor: accuracy}", "train.monitor: got 'accuracy'; the metrics of the translation task are loss,"),
        ("evaluate: {bleu_tokenizer: moses}", "evaluate.bleu_tokenizer: got 'moses'"),
    ],
)  # fmt: skip
def test_contradictions_and_bounds(tmp_path, text, line):
    lines = mistakes(write(tmp_path, DATES + text + "\n"))
    assert len(lines) == 1 and line in lines[0], lines


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (
            "text: {shared: true}\nmodel: {target_embedding_size: 9}",
            "model.target_embedding_size: got 9 beside 128 of the source",
        ),
        (
            "text: {target: {vocabulary_size: 12}}\ndecode: {method: beam, beam_width: 13}",
            "decode.beam_width: got 13, but there are 12 target tokens at most",
        ),
        (
            "text: {source: {unit: bpe}}\ndecode: {replace_unknown: true}",
            "decode.replace_unknown: parts of words can write every text",
        ),
    ],
)
def test_sections_that_do_not_fit_each_other(tmp_path, text, line):
    lines = mistakes(write(tmp_path, DATES + text + "\n"))
    assert len(lines) == 1 and line in lines[0], lines


@pytest.mark.parametrize(
    ("data", "line"),
    [
        ("  name: reviews\n", "data.name: got 'reviews'; the built-in corpus of the translation task is dates_"),
        ("  name: dates_and_numbers\n  label_map: {a: b}\n", "data.label_map: the translation task has no labels"),
        ("  name: dates_and_numbers\n  pair: [source, source]\n", "data.pair: names 'source' twice"),
    ],
)
def test_data_that_does_not_fit(tmp_path, data, line):
    lines = mistakes(write(tmp_path, f"task: translation\ndata:\n  source: builtin\n{data}"))
    assert len(lines) == 1 and line in lines[0]


def test_the_defaults_of_decoding_have_one_home():
    decoding = Decoding()
    for field in dataclasses.fields(DecodingOptions):
        if field.name not in ("max_length", "banned"):
            assert getattr(decoding, field.name) == getattr(DEFAULTS, field.name), field.name
    assert decoding.options(7, banned=(0,)) == DecodingOptions(max_length=7, banned=(0,))
    assert Decoding(max_length=3, method="sample", top_k=2).options(7).max_length == 3


def test_a_dump_comes_back(tmp_path):
    run = TranslationRun(
        task="translation",
        data={"source": "builtin", "name": "dates_and_numbers"},
        model={"scheduled_sampling": {"schedule": "inverse_sigmoid"}, "attention": {"coverage": True}},
        decode={"method": "beam", "length_ratio": 1.5},
    )
    assert config.load(write(tmp_path, config.dump(run))) == run
    assert run.model.description == "1 × 128 bidirectional lstm to 1 × 128, context by attention"
