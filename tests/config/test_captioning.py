"""What only a captioner's configuration has, and what cannot go together in it."""

import inspect

import pytest

from rnnkit import config
from rnnkit.config.schema import CaptioningModel, CaptioningRun, Picture
from tests.config.helpers import mistakes, write

SHAPES = """\
task: captioning
data:
  source: builtin
  name: coloured_shapes
"""


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("model: {picture: {backbone: MobileNetV9}}", "model.picture.backbone: got 'MobileNetV9' (text), one of cnn,"),
        ("model: {picture: {weights: imagenet}}", "model.picture.weights: got 'imagenet', but a cnn of our own has no"),
        ("model: {picture: {frozen: true}}", "model.picture.frozen: got true, but a cnn of our own has to be trained"),
        (
            "model: {picture: {backbone: VGG16, channels: [8]}}",
            "model.picture.channels: got [8], but VGG16 has its own convolutions",
        ),
        ("model: {picture: {channels: []}}", "model.picture.channels: got []"),
        ("model: {bidirectional: true}", "model.bidirectional: got true, false is needed"),
        ("model: {context: both, attention: {kind: dot}}", "model.attention.kind: got 'dot', but with"),
        (
            "model: {attention: {kind: dot}, picture: {units: 9}}",
            "model.attention.kind: dot needs a map as wide as the decoder: set picture.units to 128, or use general",
        ),
        ("image: {height: 0}", "image.height: got 0"),
        ("decode: {n_best: 3}", "decode.n_best: got 3, but greedy finds one text"),
        ("decode: {replace_unknown: true}", "decode.replace_unknown: "),
        ("decode: {min_length: 200}", "decode.min_length: got 200, but texts end at text.target.max_tokens (128)"),
        ("train: {adversarial: 0.1}", "train.adversarial: is for texts that are read"),
        ("train: {monitor: accuracy}", "train.monitor: got 'accuracy'; the metrics of the captioning task are loss,"),
    ],
)
def test_contradictions_and_bounds(tmp_path, text, line):
    lines = mistakes(write(tmp_path, SHAPES + text + "\n"))
    assert len(lines) == 1 and line in lines[0], lines


def test_a_network_that_was_nearly_named(tmp_path):
    [line] = mistakes(write(tmp_path, SHAPES), ["model.picture.backbone=mobilenetv2"])
    assert line.endswith("did you mean MobileNetV2?")


def test_a_beam_wider_than_the_vocabulary(tmp_path):
    lines = mistakes(
        write(tmp_path, SHAPES),
        ["text.target.vocabulary_size=12", "decode.method=beam", "decode.beam_width=13"],
    )
    assert len(lines) == 1 and "decode.beam_width: got 13, but there are 12 target tokens at most" in lines[0]


def test_attributes_are_known_of_the_built_in_corpus_alone(tmp_path):
    data = "task: captioning\ndata: {source: tfds, name: coco_captions}\ntrain: {monitor: attribute_accuracy}\n"
    [line] = mistakes(write(tmp_path, data))
    assert "train.monitor: attribute_accuracy needs captions of a known grammar" in line


def test_a_file_of_weights_has_to_be_there(tmp_path):
    (tmp_path / "mobile.weights.h5").write_bytes(b"x")
    settings = ["model.picture.backbone=MobileNetV2", f"model.picture.weights={tmp_path}/mobil.weights.h5"]
    [line] = mistakes(write(tmp_path, SHAPES), settings)
    assert "model.picture.weights: there is no file" in line and "did you mean mobile.weights.h5?" in line
    assert config.load(write(tmp_path, SHAPES), [settings[0], "model.picture.weights=imagenet"])


def test_every_network_of_keras_can_be_named_and_prepares_pictures():
    import keras

    named = {name: function for name, function in vars(keras.applications).items() if inspect.isfunction(function)}
    known = set(Picture.model_fields["backbone"].annotation.__args__)
    assert known == {"cnn", *named}
    for function in named.values():
        module = getattr(keras.applications, function.__module__.rpartition(".")[2])
        assert callable(module.preprocess_input)


def test_a_dump_comes_back(tmp_path):
    run = CaptioningRun(
        task="captioning",
        data={"source": "builtin", "name": "coloured_shapes"},
        model={"picture": {"backbone": "MobileNetV2", "frozen": True}, "attention": {"coverage": True}},
        image={"height": 96, "resize": "crop"},
        decode={"method": "beam", "n_best": 2},
    )
    assert config.load(write(tmp_path, config.dump(run))) == run
    assert run.model.description == "MobileNetV2 to 1 × 128 unidirectional lstm, context by attention"
    assert run.model.frozen_parts == ("backbone",) and CaptioningModel().frozen_parts == ()


def test_batches_have_captions_of_all_lengths_unless_something_else_is_asked_for(tmp_path):
    assert config.load(write(tmp_path, SHAPES)).data.buckets == 1
    assert config.load(write(tmp_path, SHAPES), ["data.buckets=4"]).data.buckets == 4
