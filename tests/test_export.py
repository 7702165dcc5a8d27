"""An exported model: plain TensorFlow, any text, any batch, whole or not at all."""

import errno
import json
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2

from apps import sentiment as sentiment_app
from apps import tagging as tagging_app
from rnnkit import artifact as artifacts
from rnnkit import export
from rnnkit.errors import ArtifactError, UserError
from tests.exporting import loaded, write_export, write_run

APPS = {"sentiment": sentiment_app.APP, "tagging": tagging_app.APP}
TEXTS = [
    b"the film was not fine",
    b"",
    b" \t\n ",
    b"fine " * 20_000,
    b"x" * 100_000,
    "😀👩‍👩‍👧 fine 😀".encode(),
    "הסרט לא היה טוב עربى".encode(),
    b"\xff\xfe fine \x80 \x00 end",
]
TOKENS = [[b"the", b"film", "żółć".encode()], [b"\xff", b"", b""], [b"fine", b"", b""]]
LENGTHS = [3, 1, 0]
FRESH = """
import sys

class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("rnnkit", "apps"):
            raise ImportError(name)

sys.meta_path.insert(0, Blocker())
import numpy as np
import tensorflow as tf

inputs = np.load(sys.argv[1], allow_pickle=True)
for directory in sys.argv[2:]:
    functions = tf.saved_model.load(directory).signatures
    answers = {f"text.{k}": v for k, v in functions["serving_default"](text=tf.constant(inputs["texts"])).items()}
    if "tag_tokens" in functions:
        tokens, lengths = tf.constant(inputs["tokens"]), tf.constant(inputs["lengths"])
        answers |= {f"tokens.{k}": v for k, v in functions["tag_tokens"](tokens=tokens, lengths=lengths).items()}
    np.savez(f"{directory}/answers.npz", **{name: value.numpy() for name, value in answers.items()})
print("rnnkit" in sys.modules)
"""


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """By app: (artifact, task, model, exported version)."""
    base = tmp_path_factory.mktemp("exported")
    made = {}
    for name, app in APPS.items():
        artifact = write_run(base / "runs" / name, name)
        made[name] = (artifact, *write_export(base / name, app, artifact))
    return made


@pytest.fixture(scope="module")
def served(exported):
    """By app: the signatures of the loaded SavedModel."""
    models = {name: tf.saved_model.load(str(parts[-1])) for name, parts in exported.items()}
    yield {name: model.signatures for name, model in models.items()}


def test_a_process_without_rnnkit_gives_the_same(tmp_path, exported):
    strings = {"texts": np.array(TEXTS, object), "tokens": np.array(TOKENS, object)}
    np.savez(tmp_path / "inputs.npz", **strings, lengths=np.array(LENGTHS, "int32"))
    (tmp_path / "fresh.py").write_text(FRESH)
    versions = [str(parts[-1]) for parts in exported.values()]
    command = [sys.executable, "-I", str(tmp_path / "fresh.py"), str(tmp_path / "inputs.npz"), *versions]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0 and done.stdout.strip() == "False", done.stderr[-3000:]
    for name, (_, task, model, version) in exported.items():
        functions = task.signatures(model)
        expected = {f"text.{k}": v for k, v in functions["serving_default"](tf.constant(TEXTS)).items()}
        if name == "tagging":
            answer = functions["tag_tokens"](tf.constant(TOKENS), tf.constant(LENGTHS))
            expected |= {f"tokens.{k}": v for k, v in answer.items()}
        with np.load(version / "answers.npz", allow_pickle=True) as answers:
            assert set(answers.files) == set(expected)
            for key, value in expected.items():
                if value.dtype.is_floating:
                    np.testing.assert_allclose(answers[key], value, atol=1e-5, err_msg=key)
                else:
                    np.testing.assert_array_equal(answers[key], value.numpy(), err_msg=key)


@pytest.mark.parametrize("name", APPS)
def test_the_graph_needs_no_gpu_and_no_xla(exported, name):
    content = saved_model_pb2.SavedModel.FromString((exported[name][-1] / "saved_model.pb").read_bytes())
    (graph,) = (meta.graph_def for meta in content.meta_graphs)
    nodes = [*graph.node, *(node for function in graph.library.function for node in function.node_def)]
    operations = {node.op for node in nodes}
    assert "LookupTableFindV2" in operations and operations & {"While", "StatelessWhile"}
    assert not [op for op in operations if "Cudnn" in op or "Xla" in op or "PyFunc" in op]
    assert not any(holder.attr["_XlaMustCompile"].b for holder in [*nodes, *graph.library.function])
    assert not any("GPU" in node.device for node in nodes)


def test_names_shapes_and_types_of_sentiment(served):
    ((name, function),) = served["sentiment"].items()
    assert name == "serving_default"
    assert function.structured_input_signature == ((), {"text": tf.TensorSpec([None], tf.string, name="text")})
    answer = function(text=tf.constant(["fine film", "dull"]))
    found = {key: (value.shape.as_list(), value.dtype.name) for key, value in answer.items()}
    assert found == {
        "label": ([2], "string"),
        "score": ([2], "float32"),
        "scores": ([2, 2], "float32"),
        "classes": ([2, 2], "string"),
        "token_count": ([2], "int32"),
        "truncated": ([2], "bool"),
    }
    assert answer["classes"].numpy().tolist() == [[b"bad", b"good"]] * len(answer["label"])
    np.testing.assert_allclose(tf.reduce_sum(answer["scores"], axis=-1), 1.0, rtol=1e-5)
    for row, label in enumerate(answer["label"].numpy()):
        assert answer["score"][row] == answer["scores"][row][[b"bad", b"good"].index(label)] >= 0.5


def test_names_shapes_and_types_of_tagging(served):
    assert set(served["tagging"]) == {"serving_default", "tag_tokens"}
    answer = served["tagging"]["serving_default"](text=tf.constant(["the film, fine!", "end"]))
    found = {key: (value.shape.as_list(), value.dtype.name) for key, value in answer.items()}
    assert found == {
        "tokens": ([2, 5], "string"),
        "tags": ([2, 5], "string"),
        "scores": ([2, 5], "float32"),
        "starts": ([2, 5], "int32"),
        "ends": ([2, 5], "int32"),
        "lengths": ([2], "int32"),
        "truncated": ([2], "bool"),
    }
    assert answer["tokens"].numpy().tolist() == [[b"the", b"film", b",", b"fine", b"!"], [b"end", b"", b"", b"", b""]]
    assert answer["starts"].numpy()[0].tolist() == [0, 4, 8, 10, 14] and answer["ends"].numpy()[1, 0] == 3
    assert answer["lengths"].numpy().tolist() == [5, 1]
    assert set(answer["tags"].numpy()[1, 1:]) == {b""} and not np.any(answer["scores"][1, 1:])
    assert set(answer["tags"].numpy()[0]) <= {b"B-X", b"I-X", b"O"} and np.all(answer["scores"][0] > 0)


def test_ready_tokens_are_tagged_like_the_same_raw_text(served):
    raw = served["tagging"]["serving_default"](text=tf.constant(["the film , fine", "end"]))
    tokens = tf.constant([["the", "film", ",", "fine", "padding"], ["end", "", "", "", ""]])
    ready = served["tagging"]["tag_tokens"](tokens=tokens, lengths=tf.constant([4, 1]))
    assert {key: value.dtype.name for key, value in ready.items()} == {
        "tags": "string",
        "scores": "float32",
        "lengths": "int32",
        "truncated": "bool",
    }
    np.testing.assert_array_equal(ready["tags"].numpy(), raw["tags"].numpy())
    np.testing.assert_allclose(ready["scores"], raw["scores"], atol=1e-6)


@pytest.mark.parametrize("name", APPS)
def test_a_text_has_the_same_answer_alone_and_in_a_batch(served, name):
    function = served[name]["serving_default"]
    together = function(text=tf.constant(TEXTS))
    assert together["truncated"].numpy().tolist() == [text.startswith(b"fine ") for text in TEXTS]
    for row, text in enumerate(TEXTS):
        alone = function(text=tf.constant([text]))
        width = alone["scores"].shape[1]
        np.testing.assert_allclose(alone["scores"][0], together["scores"][row, :width], atol=1e-5)
        assert np.all(np.isfinite(alone["scores"]))
        if name == "tagging":
            assert alone["lengths"][0] == width == together["lengths"][row]
            assert alone["tags"].numpy()[0].tolist() == together["tags"].numpy()[row, :width].tolist()
    if name == "tagging":
        assert together["lengths"].numpy()[:5].tolist() == [5, 0, 0, 50, 1]


@pytest.mark.parametrize("name", APPS)
def test_an_empty_batch(served, name):
    answer = served[name]["serving_default"](text=tf.constant([], tf.string))
    assert all(value.shape[0] == 0 for value in answer.values())


def test_lengths_that_cannot_be_are_cut(served):
    tokens = tf.constant([["the", "film"], ["end", ""]])
    answer = served["tagging"]["tag_tokens"](tokens=tokens, lengths=tf.constant([9, -1]))
    assert answer["lengths"].numpy().tolist() == [2, 0]
    long = tf.fill([1, 60], "film")
    answer = served["tagging"]["tag_tokens"](tokens=long, lengths=tf.constant([60]))
    assert answer["lengths"].numpy().tolist() == [50] and answer["truncated"].numpy().tolist() == [True]
    assert answer["tags"].shape == (1, 50)


@pytest.mark.parametrize("name", APPS)
def test_what_travels_along(exported, name):
    artifact, task, _, version = exported[name]
    extra = version / "assets.extra"
    assert {path.name for path in extra.iterdir()} == {
        "config.yaml", "task.json", "model.weights.h5", "metrics.json", "model_card.md", "rnnkit.json"
    }  # fmt: skip
    again = artifacts.open_artifact(version, name)
    assert again.run == artifact.run and again.task_state == json.loads(json.dumps(task.state()))
    assert again.saved_model == version
    for file in ("metrics.json", "model_card.md"):
        assert (extra / file).read_bytes() == (artifact.directory / file).read_bytes()
    _, model = loaded(APPS[name], again)
    assert {weight.dtype for weight in model.weights} == {"float32"} and model.compute_dtype == "float32"
    answers = [
        task.signatures(network)["serving_default"](tf.constant(TEXTS[:3]))["scores"]
        for network in (model, exported[name][2])
    ]
    np.testing.assert_array_equal(answers[0], answers[1])


def test_versions_count_up(tmp_path, exported):
    artifact, task, model, _ = exported["sentiment"]
    found = [export.write(artifact, task, model, tmp_path).name for _ in range(2)]
    (tmp_path / "11").mkdir()
    (tmp_path / "notes²").mkdir()
    found.append(export.write(artifact, task, model, tmp_path).name)
    assert found == ["1", "2", "12"]


def test_another_export_takes_the_number_meanwhile(tmp_path, exported, monkeypatch):
    artifact, task, model, _ = exported["sentiment"]
    taken = []

    def save(served, directory):
        if not taken:
            taken.append(tmp_path / "1")
            taken[0].mkdir()
            (taken[0] / "theirs").touch()
        (directory / "saved_model.pb").touch()

    monkeypatch.setattr(export, "_save", save)
    assert export.write(artifact, task, model, tmp_path) == tmp_path / "2"
    assert [path.name for path in taken[0].iterdir()] == ["theirs"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["1", "2"]


@pytest.mark.parametrize("where", ["graph", "files"])
def test_a_full_disk_leaves_no_version(tmp_path, exported, monkeypatch, where):
    artifact, task, model, _ = exported["sentiment"]

    def fill(*arguments, **options):
        if where == "graph":
            raise tf.errors.ResourceExhaustedError(None, None, "variables.data; No space left on device")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(*((tf.saved_model, "save") if where == "graph" else (export.shutil, "copyfile")), fill)
    with pytest.raises(UserError, match=r"1: cannot be written .*disk is full"):
        export.write(artifact, task, model, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_an_unfinished_run_is_exported_with_its_best_weights_sealed(tmp_path, exported):
    _, task, model, _ = exported["sentiment"]
    run = tmp_path / "run"
    artifact = artifacts.begin(run, task.run, task.state())
    with pytest.raises(ArtifactError, match=r"no weights yet; go on with: train --resume"):
        export.write(artifact, task, model, tmp_path / "out")
    model.save_weights(run / "best-3.weights.h5")
    version = export.write(artifact, task, model, tmp_path / "out")
    weights = version / "assets.extra" / artifacts.WEIGHTS
    artifacts.open_artifact(version)
    weights.write_bytes(weights.read_bytes()[:-1] + b"?")
    with pytest.raises(ArtifactError, match=r"model\.weights\.h5: is missing or was changed"):
        artifacts.open_artifact(version)


def test_an_export_leaves_nothing_beside_its_version(exported):
    for *_, version in exported.values():
        assert [path.name for path in version.parent.iterdir()] == ["1"]
