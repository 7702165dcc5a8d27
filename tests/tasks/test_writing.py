"""What a language model serves: against its own step, alone and in batches, in memory and from a SavedModel."""

import math
import subprocess
import sys
from functools import cache

import numpy as np
import pytest
import tensorflow as tf

from rnnkit.config.schema import LONGEST_TEXT
from rnnkit.engines import portable
from rnnkit.export import Served
from rnnkit.models.language_model import initial_states, read
from rnnkit.tasks.writing import Writer
from tests.tasks.language_models import made, run_of

PROMPTS = ["the c", "no cat is", "t"]
ASKED = {"max_length": 12, "temperature": 0.7, "top_k": 0, "top_p": 1.0, "seed": 3}
TYPES = {"max_length": "int32", "temperature": "float32", "top_k": "int32", "top_p": "float32", "seed": "int64"}
RUNS = {
    "char": run_of(),
    "layers": run_of({"layers": 2, "cell": "gru"}),
    "window": run_of({"kind": "window", "context": 3}),
    "word": run_of(text={"unit": "word", "newlines": True}),
    "bpe": run_of(text={"unit": "bpe", "vocabulary_size": 280}),
    "documents": run_of(text={"end_of_document": True}),
}


SLOWLY = ("layers", "window", "word")
EXPORTED = ("bpe", *(pytest.param(name, marks=pytest.mark.slow) for name in SLOWLY))  # whose graphs differ most


@cache
def served_by(name):
    """(task, model, its signatures) of a run; traced once for all tests."""
    task, network = made(RUNS[name])
    return task, network, task.signatures(network)


@pytest.fixture(params=RUNS)
def model(request):
    return served_by(request.param)


@pytest.fixture
def characters():
    return served_by("char")


def asked(texts=PROMPTS, **options):
    given = {**ASKED, **options}
    return {"text": tf.constant(texts), **{name: tf.constant(value, TYPES[name]) for name, value in given.items()}}


def numpy(answer):
    return {name: value.numpy() for name, value in answer.items()}


def assert_same(one, other, exact=()):
    assert one.keys() == other.keys()
    for name in one:
        if one[name].dtype.kind == "f" and name not in exact:
            np.testing.assert_allclose(one[name], other[name], rtol=1e-4, atol=1e-5, err_msg=name)
        else:
            np.testing.assert_array_equal(one[name], other[name], err_msg=name)


def begun_by_hand(task, network, text):
    """(last token, states before it) of one text read alone, token by token."""
    ids = [*([3] if task.run.text.end_of_document else []), *task.vectorizer.ragged(tf.constant([text]))[0].numpy()]
    states = initial_states(network, 1)
    for token in ids[:-1]:
        _, states = read(network, np.array([[token]], "int32"), states)
    return ids, states


def test_texts_of_several_lengths_begin_as_each_alone(model):
    task, network, functions = model
    found = numpy(functions["begin"](text=tf.constant(PROMPTS)))
    for row, text in enumerate(PROMPTS):
        ids, states = begun_by_hand(task, network, text)
        assert found["tokens"][row] == ids[-1]
        for name, state in states.items():
            np.testing.assert_allclose(found[name][row], state[0], atol=1e-5, err_msg=name)


def test_a_prompt_longer_than_the_window_is_read_in_parts(characters):
    task, network, functions = characters
    text = "the cat sat on the mat.\n" * 3
    assert len(text) > 10 * task.run.train.window
    _, states = begun_by_hand(task, network, text)
    found = functions["begin"](text=tf.constant([text]))
    for name, state in states.items():
        np.testing.assert_allclose(found[name], state, atol=1e-5)


def test_the_step_goes_on_from_what_begin_gives(model):
    task, network, functions = model
    begun = dict(functions["begin"](text=tf.constant(PROMPTS)))
    stepped = functions["step"](**begun)
    assert stepped["logits"].shape == (3, len(task.vectorizer))
    for row, text in enumerate(PROMPTS):
        ids, states = begun_by_hand(task, network, text)
        logits, after = read(network, np.array([[ids[-1]]], "int32"), states)
        np.testing.assert_allclose(stepped["logits"][row], logits[0, 0], atol=1e-5)
        for name, state in after.items():
            np.testing.assert_allclose(stepped[name][row], state[0], atol=1e-5)
    assert stepped.keys() == begun.keys() - {"tokens"} | {"logits"}


def test_scores_are_sums_over_the_texts_alone(model):
    task, network, functions = model
    found = numpy(functions["score"](text=tf.constant(PROMPTS)))
    for row, text in enumerate(PROMPTS):
        ids, _ = begun_by_hand(task, network, text)
        nats = 0.0
        if len(ids) > 1:
            logits = read(network, np.array([ids[:-1]], "int32"), initial_states(network, 1))[0][0]
            nats = -sum(tf.nn.log_softmax(logits)[i, token].numpy() for i, token in enumerate(ids[1:]))
        assert found["nats"][row] == pytest.approx(nats, rel=1e-4, abs=1e-5)
        assert found["tokens"][row] == len(ids) - 1 and found["characters"][row] == len(text)
        expected = np.exp(nats / (len(ids) - 1)) if len(ids) > 1 else np.nan
        assert found["perplexity"][row] == pytest.approx(expected, rel=1e-4, nan_ok=True)


def test_what_is_drawn_is_as_likely_as_it_says(model):
    task, _, functions = model
    found = numpy(functions["generate"](**asked(seed=9)))
    for row, prompt in enumerate(PROMPTS):
        text = found["text"][row].decode()
        assert not any(special in text for special in ("<pad>", "<unk>", "<s>", "</s>"))
        if task.run.text.unit == "bpe":
            continue  # what was drawn may have been encoded otherwise
        together, alone = (functions["score"](text=tf.constant([part])) for part in (prompt + text, prompt))
        ended = found["finished"][row]
        assert int(together["tokens"][0] - alone["tokens"][0]) == found["tokens"][row] - ended
        if not ended:
            assert found["scores"][row] == pytest.approx(float(alone["nats"][0] - together["nats"][0]), rel=1e-3)


def test_options_are_tensors(characters):
    _, _, functions = characters

    def texts(**options):
        return functions["generate"](**asked(["the c"] * 3, **options))["text"].numpy().tolist()

    assert texts() == texts() != texts(seed=4)
    assert len(set(texts())) > 1 == len(set(texts(temperature=0.0))) == len(set(texts(top_k=1)))
    assert texts(temperature=0.0) == texts(top_k=1) == texts(top_p=0.0)
    assert all(len(text) == 5 for text in texts(max_length=5))
    assert texts(max_length=5) == [text[:5] for text in texts()]


def test_a_row_alone_is_as_in_a_batch(characters):
    _, _, functions = characters
    alone = functions["generate"](**asked(PROMPTS[:1]))
    batch = functions["generate"](**asked(PROMPTS))
    assert alone["text"][0] == batch["text"][0]
    greedy = functions["generate"](**asked(PROMPTS, temperature=0.0))["text"].numpy()
    for place, prompt in enumerate(PROMPTS):  # drawn, other rows than the first have seeds of their own
        assert functions["generate"](**asked([prompt], temperature=0.0))["text"].numpy() == greedy[place]


def test_no_text_at_all(characters):
    _, _, functions = characters
    for name in ("serving_default", "score", "begin"):
        assert all(len(value) == 0 for value in functions[name](text=tf.constant([], tf.string)).values())


def test_serving_default_writes_as_the_run_says():
    task, network = made(run_of(generate={"tokens": 7, "temperature": 0.4, "top_k": 3, "top_p": 0.9, "seed": 5}))
    functions = task.signatures(network)
    named = asked(max_length=7, temperature=0.4, top_k=3, top_p=0.9, seed=5)
    assert_same(numpy(functions["serving_default"](text=tf.constant(PROMPTS))), numpy(functions["generate"](**named)))


def test_words_go_on_with_the_blank_that_belongs_there():
    task, network = made(RUNS["word"])
    functions = task.signatures(network)
    found = functions["generate"](**asked(["the cat", "the cat,", "(so"], temperature=2.0, max_length=1))
    for text in found["text"].numpy():
        word = text.decode()
        assert word.startswith(" ") == (word.strip()[:1].isalnum() or word.strip()[:1] == "(")


def test_a_document_ends_by_itself():
    task, network = made(RUNS["documents"])
    network.get_layer("head").bias.assign(100.0 * tf.one_hot(3, len(task.vectorizer)))
    found = numpy(task.signatures(network)["generate"](**asked(["the", ""])))
    assert found["finished"].all() and found["text"].tolist() == [b"", b""] and found["tokens"].tolist() == [1, 1]
    assert found["token_count"].tolist() == [3, 0]


def test_encode_and_decode(model):
    task, _, functions = model
    found = functions["encode"](text=tf.constant(PROMPTS))
    assert (
        found["lengths"].numpy().tolist() == task.vectorizer.ragged(tf.constant(PROMPTS)).row_lengths().numpy().tolist()
    )
    texts = functions["decode"](tokens=found["tokens"])["text"].numpy()
    assert texts.tolist() == task.vectorizer.decode(task.vectorizer.ragged(tf.constant(PROMPTS))).numpy().tolist()
    assert task.run.text.unit == "word" or [text.decode() for text in texts] == PROMPTS


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (asked(["the", ""]), "text 1 has no token"),
        (asked(["thé"]), r"the character U\+00E9 is not in the vocabulary"),
        (asked(max_length=0), f"max_length: 1 to {LONGEST_TEXT} is needed, got 0"),
        (asked(max_length=LONGEST_TEXT + 1), f"got {LONGEST_TEXT + 1}"),
        (asked(temperature=-1.0), r"temperature: a finite number, 0 \(greedy\) or more, is needed, got -1"),
        (asked(temperature=math.nan), "temperature: .* got nan"),
        (asked(top_k=-3), "top_k: .* got -3"),
        (asked(top_p=-0.5), r"top_p: 0 \(greedy\) to 1 \(all\) is needed, got -0.5"),
        (asked(top_p=1.5), "top_p: .* got 1.5"),
    ],
    ids=["empty", "unknown", "nothing", "too much", "temperature", "nan", "top_k", "negative top_p", "top_p"],
)
def test_what_is_refused(characters, arguments, message):
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        characters[2]["generate"](**arguments)


FRESH = """
import sys
import numpy as np
import tensorflow as tf

functions = tf.saved_model.load(sys.argv[1]).signatures
given = np.load(sys.argv[2])
answer = functions["generate"](**{name: tf.constant(given[name]) for name in given.files})
print(answer["text"].numpy().tolist())
begun = dict(functions["begin"](text=tf.constant(given["text"])))
print(sorted(functions["step"](**begun)))
assert "rnnkit" not in sys.modules
"""


@pytest.mark.parametrize("name", EXPORTED)
def test_a_saved_model_does_the_same_with_tensorflow_alone(name, tmp_path):
    task, network, functions = served_by(name)
    with portable():
        served = Served(task, network)
        tf.saved_model.save(served, str(tmp_path / "model"), signatures=served.functions)
    loaded = tf.saved_model.load(str(tmp_path / "model")).signatures
    assert set(loaded) == set(functions)
    for function in loaded["generate"].graph.as_graph_def().library.function:
        assert not function.attr["_XlaMustCompile"].b
        assert not [node.op for node in function.node_def if "Cudnn" in node.op]
    assert_same(numpy(loaded["generate"](**asked())), numpy(functions["generate"](**asked())))
    texts = {"text": tf.constant(PROMPTS)}
    for name in ("score", "begin", "encode"):
        assert_same(numpy(loaded[name](**texts)), numpy(functions[name](**texts)))
    begun = functions["begin"](**texts)
    assert_same(numpy(loaded["step"](**begun)), numpy(functions["step"](**begun)))
    if name == "layers":
        np.savez(tmp_path / "given.npz", **{name: value.numpy() for name, value in asked().items() if name != "text"},
                 text=np.array([text.encode() for text in PROMPTS]))  # fmt: skip
        command = [sys.executable, "-c", FRESH, str(tmp_path / "model"), str(tmp_path / "given.npz")]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        expected = functions["generate"](**asked())["text"].numpy().tolist()
        assert done.stdout.splitlines()[0] == str(expected)


def test_the_writer_reads_by_the_window():
    task, network = made()
    text = tf.constant(["the cat sat on the mat.\n" * 5])
    scores = [
        Writer(network, task.vectorizer, window, documents=False).score(text)["nats"].numpy() for window in (1, 7, 1000)
    ]
    np.testing.assert_allclose(scores[1:], [scores[0]] * 2, rtol=1e-5)
