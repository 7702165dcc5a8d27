"""How a translator writes: beside a search by hand, its limits, unknown words, and what is served."""

import numpy as np
import pytest
import tensorflow as tf

from rnnkit.config.schema import TranslationDecoding as Decoding
from rnnkit.data.units import END_ID, START_ID, UNKNOWN_ID
from rnnkit.decoding import Decoded
from rnnkit.tasks.text_out import target_tokens
from rnnkit.tasks.translating import read_sources, texts_of, translate, write
from tests.tasks.translations import made, run_of

TEXTS = tf.constant(["one cat sleeps", "two", "three dog one two cat"])
UNITS = {
    "word": {},
    "char": {"source": {"unit": "char"}, "target": {"unit": "char", "max_tokens": 9}},
    "mixed": {"source": {"unit": "char"}, "target": {"unit": "word", "max_tokens": 9}},
}


def by_hand(task, model, text, longest=10):
    """The likeliest token again and again: ids."""
    source = task.vectorizer(tf.constant([text]))["source"]
    ids = [START_ID]
    while ids[-1] != END_ID and len(ids) <= longest:
        inputs = {"source": source, "target_in": tf.constant([ids])}
        logits = model(inputs, training=False).numpy()[0, -1]
        logits[[0, START_ID]] = -np.inf
        ids.append(int(logits.argmax()))
    return ids[1:]


@pytest.mark.parametrize(
    ("unit", "context"),
    [
        ("word", "attention"),
        ("char", "both"),
        ("mixed", "attention"),
        *(
            pytest.param(*case, marks=pytest.mark.slow)
            for case in (("char", "attention"), ("word", "both"), ("mixed", "both"))
        ),
    ],
)
def test_greedy_is_the_likeliest_token_again_and_again(unit, context):
    task, model = made(run_of(text=UNITS[unit], model={"context": context}))
    sources = read_sources(task.vectorizer, TEXTS)
    found = write(model, task.vectorizer, sources.ids, Decoding())
    for row, text in enumerate(TEXTS.numpy()):
        length = int(found.lengths[row, 0])
        assert found.tokens[row, 0, :length].numpy().tolist() == by_hand(task, model, text)
    written = task.vectorizer.target.decode(found.tokens[:, 0]).numpy().tolist()
    assert translate(model, task.vectorizer, TEXTS, Decoding())["translations"].numpy().tolist() == written


@pytest.mark.parametrize("context", ["attention", "initial"])
def test_a_beam_scores_as_the_network_does(context):
    task, model = made(run_of(model={"context": context}))
    config = Decoding(method="beam", beam_width=4, n_best=3, length_penalty="none")
    sources = read_sources(task.vectorizer, TEXTS)
    found = write(model, task.vectorizer, sources.ids, config)
    assert np.all(np.diff(found.scores.numpy(), axis=1) <= 1e-6)
    for row in range(len(TEXTS)):
        for place in range(3):
            ids = found.tokens[row, place, : found.lengths[row, place]].numpy()
            inputs = {"source": sources.ids[row : row + 1], "target_in": [[START_ID, *ids[:-1]]]}
            logits = model({name: tf.constant(ids) for name, ids in inputs.items()}, training=False)[0]
            chances = tf.nn.log_softmax(logits).numpy()[np.arange(len(ids)), ids]
            assert float(found.scores[row, place]) == pytest.approx(chances.sum(), abs=1e-4)


def test_what_is_translated_beside_a_text_changes_nothing():
    task, model = made()
    config = Decoding(method="beam", n_best=2)
    together = translate(model, task.vectorizer, TEXTS, config)
    for row in range(len(TEXTS)):
        alone = translate(model, task.vectorizer, TEXTS[row : row + 1], config)
        assert alone["candidates"][0].numpy().tolist() == together["candidates"][row].numpy().tolist()
        np.testing.assert_allclose(alone["candidate_scores"][0], together["candidate_scores"][row], atol=1e-4)


def test_limits():
    task, model = made()
    ids = read_sources(task.vectorizer, TEXTS).ids
    assert write(model, task.vectorizer, ids, Decoding(min_length=10)).lengths.numpy().tolist() == [[10]] * 3
    assert write(model, task.vectorizer, ids, Decoding(min_length=2, max_length=2)).tokens.shape[-1] == 2
    task.vectorizer.text = run_of(text={"target": {"max_tokens": 40}}).text
    lengths = write(model, task.vectorizer, ids, Decoding(min_length=41, length_ratio=0.5)).lengths
    assert lengths.numpy().tolist() == [[12], [11], [13]]


def test_neither_padding_nor_a_beginning_is_written():
    task, model = made()
    bias = model.network.head.bias
    bias.assign(tf.tensor_scatter_nd_add(bias.value, [[0], [START_ID]], [100.0, 100.0]))
    found = write(model, task.vectorizer, read_sources(task.vectorizer, TEXTS).ids, Decoding(min_length=5))
    within = tf.sequence_mask(found.lengths, tf.shape(found.tokens)[-1])
    assert not np.isin(found.tokens.numpy()[within.numpy()], [0, START_ID]).any()


def test_unknown_words_are_copied_from_where_the_attention_is():
    task, _ = made()
    unit = task.vectorizer.target
    cat = unit.names.index("Katze")
    alignment = tf.one_hot([[[1, 0, 2, 0]], [[0, 1, 0, 0]]], 3)
    tokens = tf.constant([[[cat, UNKNOWN_ID, UNKNOWN_ID, END_ID]], [[UNKNOWN_ID, END_ID, 0, 0]]])
    lengths = tf.constant([[4], [2]])
    found = Decoded(tokens, lengths, None, None, None, alignment, None)
    sources = read_sources(task.vectorizer, tf.constant(["Zoë two Σ", "?"]))
    assert sources.tokens.numpy().tolist() == [["Zoë".encode(), b"two", "Σ".encode()], [b"?", b"", b""]]
    assert texts_of(unit, found).numpy().tolist() == [[b"Katze <unk> <unk>"], [b"<unk>"]]
    assert texts_of(unit, found, sources.tokens).numpy().tolist() == [["Katze Zoë Σ".encode()], [b"?"]]
    assert target_tokens(unit, found)[0, 0].numpy().tolist() == [b"Katze", b"<unk>", b"<unk>", b"</s>"]


def test_what_is_served():
    task, model = made(run_of(text={"source": {"max_tokens": 4}}))
    answer = translate(model, task.vectorizer, tf.constant(["one cat", "two dog one cat two", ""]), Decoding())
    assert answer["token_count"].numpy().tolist() == [2, 4, 0] and answer["truncated"].numpy().tolist() == [0, 1, 0]
    assert answer["source_tokens"].numpy().tolist()[0] == [b"one", b"cat", b"", b""]
    time = answer["target_tokens"].shape[1]
    assert answer["alignment"].shape == (3, time, 4)
    for row, length in enumerate(answer["target_lengths"].numpy()):
        sums = answer["alignment"].numpy()[row].sum(-1)
        np.testing.assert_allclose(sums[:length], 1.0 if row < 2 else 0.0, rtol=1e-5)
        assert not sums[length:].any()
        assert all(token == b"" for token in answer["target_tokens"].numpy()[row, length:])


def test_texts_of_no_token_and_very_long_ones():
    task, model = made()
    answer = translate(model, task.vectorizer, tf.constant(["", " "]), Decoding())
    assert answer["token_count"].numpy().tolist() == [0, 0] and answer["source_tokens"].shape == (2, 1)
    answer = translate(model, task.vectorizer, tf.constant(["one cat " * 6250]), Decoding())
    assert answer["token_count"].numpy().tolist() == [128] and answer["truncated"].numpy().tolist() == [True]


@pytest.mark.parametrize("method", [pytest.param("greedy", marks=pytest.mark.slow), "beam", "sample"])
def test_graph_equals_eager(method):
    task, model = made(run_of(decode={"method": method}))
    served = task.signatures(model)["serving_default"]
    eager = translate(model, task.vectorizer, TEXTS, task.run.decode)
    for name, value in served(TEXTS).items():
        if value.dtype.is_floating:
            np.testing.assert_allclose(value, eager[name], atol=1e-4, err_msg=name)
        else:
            np.testing.assert_array_equal(value, eager[name], err_msg=name)
