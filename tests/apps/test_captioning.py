"""The captioning app as a user sees it: every verb, what it prints, and what it says to mistakes."""

import io
import json
import subprocess
import sys

import pytest

from apps.captioning import APP
from rnnkit.command_line import run
from tests.apps.helpers import Trained, call, fails, near, records
from tests.data.helpers import noise, picture
from tests.tasks.captions import COLOURS, of_colour

BEAM = {"method": "beam", "beam_width": 3, "n_best": 2}
BAD = {
    "zero.png": (b"", "the picture is empty, it has 0 bytes"),
    "page.jpg": (b"<html>404</html>", "the picture is no PNG, JPEG, GIF or BMP; it begins with b'<html>40'"),
    "cut.png": (picture(noise(40, 40))[:-500], "the picture cannot be read: "),
    "large.png": (picture(noise(60, 60)), "the picture has 3,600 pixels; image.max_pixels allows 3,000"),
}


def make_project(folder, **sections):
    """Writes tiny pictures with captions and a configuration for them; returns the configuration."""
    (folder / "pictures").mkdir(parents=True)
    lines = []
    for colour in COLOURS:
        for form in ("PNG", "JPEG"):
            name = f"{colour}.{form.lower()}"
            (folder / "pictures" / name).write_bytes(of_colour(colour, form=form))
            lines += [f"{name}\tall is {colour}", f"{name}\ta {colour} wall"]
    (folder / "captions.tsv").write_text("\n".join(lines) + "\n")
    content = {
        "task": "captioning",
        "data": {
            "source": "files", "format": "captions", "directory": str(folder), "image_directory": "pictures",
            "splits": dict.fromkeys(("train", "validation", "test"), "captions.tsv"),
        },
        "image": {"height": 8, "width": 12, "max_pixels": 3000},
        "text": {"target": {"max_tokens": 5}},
        "model": {"units": 4, "embedding_size": 4, "picture": {"channels": [4]}},
        "train": {"directory": str(folder / "runs"), "epochs": 1, "batch_size": 8},
        "export": {"directory": str(folder / "saved_models")},
        "decode": BEAM,
        **sections,
    }  # fmt: skip
    path = folder / "tiny.yaml"
    path.write_text(json.dumps(content))
    return path


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A run and its export."""
    folder = tmp_path_factory.mktemp("captioning")
    path = make_project(folder)
    call(APP, "train", path)
    directory = folder / "runs" / "captioning" / "tiny"
    call(APP, "export", "--model", directory)
    return Trained(APP, path, directory, folder / "saved_models" / "captioning" / "1")


@pytest.fixture(scope="module")
def pictures(trained):
    return trained.folder / "pictures"


def test_the_run_directory_is_complete(trained):
    metrics = json.loads((trained.run / "metrics.json").read_text())
    scores = {"bleu", "chrf", "exact_match"}
    plain = {"loss", "perplexity", "token_accuracy", *scores}
    assert set(metrics["test"]) == plain | {f"beam_{name}" for name in scores} | {"baselines"}
    assert set(metrics["test"]["baselines"]) == {"most common caption", "5-grams that do not see the picture"}
    card = (trained.run / "model_card.md").read_text()
    assert "cnn to 1 × 4 unidirectional lstm, context by attention" in card and "at most 5 tokens" in card
    assert "BLEU|nrefs:2|case:mixed" in (trained.run / "test_table.txt").read_text()


def test_a_run_and_its_export_are_scored_alike(trained, capsys):
    of_run = call(APP, "evaluate", "--model", trained.run, capsys=capsys)
    of_export = call(APP, "evaluate", "--model", trained.saved_model, capsys=capsys)
    assert of_run.splitlines()[1:] == of_export.splitlines()[1:]
    assert "test split, 8 examples" in of_run and "beam exact match" in of_run


def test_a_run_and_its_export_caption_alike_also_with_tensorflow_alone(trained, pictures, capsys):
    names = [str(pictures / "red.png"), str(pictures / "blue.jpeg")]
    asked = ("--format", "jsonl", *names)
    of_run = records(call(APP, "predict", "--model", trained.run, *asked, capsys=capsys))
    of_export = records(call(APP, "predict", "--model", trained.saved_model.parent, *asked, capsys=capsys))
    assert of_export == near(of_run) and [record["image"] for record in of_run] == names
    assert len(of_run[0]["candidates"]) == 2 and of_run[0]["caption"] == of_run[0]["candidates"][0]["caption"]
    code = (
        "import sys, pathlib, tensorflow as tf\n"
        f"serve = tf.saved_model.load({str(trained.saved_model)!r}).signatures['serving_default']\n"
        f"files = [pathlib.Path(name).read_bytes() for name in {names!r}]\n"
        "answer = serve(image=tf.constant([*files, b'']))\n"
        "print([text.decode() for text in answer['captions'].numpy()], answer['readable'].numpy().tolist())\n"
        "print(answer['attention'].shape[2:])\n"
        "print({len(part) for part in serve(image=tf.constant([], tf.string)).values()})\n"
        "assert 'rnnkit' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd="/")
    captions = [record["caption"] for record in of_run]
    assert done.stdout == f"{[*captions, '']} [True, True, False]\n(4, 6)\n{{0}}\n"


def test_pictures_come_by_name_by_folder_and_by_list(trained, pictures, tmp_path, monkeypatch, capsys):
    command = ("predict", "--model", trained.saved_model, "--format", "jsonl")
    of_folder = records(call(APP, *command, pictures, capsys=capsys))
    assert [record["image"] for record in of_folder] == sorted(map(str, pictures.iterdir()))
    (tmp_path / "list.jsonl").write_text(json.dumps({"image": str(pictures / "red.png")}) + "\n")
    of_list = records(call(APP, *command, "--input", tmp_path / "list.jsonl", capsys=capsys))
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(f"{pictures}/red.png\n".encode())))
    of_stream = records(call(APP, *command, "--input", "-", capsys=capsys))
    assert of_list == of_stream == [near(record) for record in of_folder if record["image"].endswith("red.png")]
    shown = call(APP, "predict", "--model", trained.saved_model, pictures / "red.png", capsys=capsys).splitlines()
    assert shown[0].endswith("red.png:") and float(shown[1].split()[0]) < 0 and len(shown) >= 3


def test_pictures_that_cannot_be_read_are_named_and_the_others_answered(trained, pictures, tmp_path, capsys):
    for name, (content, _) in BAD.items():
        (tmp_path / name).write_bytes(content)
    (tmp_path / "none").mkdir()
    (tmp_path / "lines.txt").write_text("\n")
    names = [str(tmp_path / name) for name in BAD]
    command = ["predict", "--model", str(trained.saved_model), "--format", "jsonl"]
    arguments = [*names, str(pictures / "red.png"), str(tmp_path / "missing.png"), str(tmp_path / "none")]
    assert run(APP, [*command, *arguments]) == 2
    printed = capsys.readouterr()
    *bad, good, missing, folder = records(printed.out)
    for record, name, (_, reason) in zip(bad, names, BAD.values()):
        assert record["error"].startswith(f"{name}: {reason}"), record
    assert "caption" in good and missing["error"] == f"{tmp_path}/missing.png: No such file or directory"
    assert "is a folder without pictures (.bmp, .gif, .jpeg, .jpg, .png)" in folder["error"]
    assert f"6 of 7 inputs could not be answered; the first: {names[0]}: " in printed.err
    assert run(APP, [*command, "--input", str(tmp_path / "lines.txt")]) == 2
    assert "lines.txt:1: the path of a picture is needed" in capsys.readouterr().out
    (tmp_path / "rows.jsonl").write_text('{"image": 5}\n{"text": "red.png"}\n')
    assert run(APP, [*command, "--input", str(tmp_path / "rows.jsonl")]) == 2
    assert [record["error"].partition("rows.jsonl:")[2] for record in records(capsys.readouterr().out)] == [
        '1: needs "image" (the path of a picture), got 5',
        '2: needs "image" (the path of a picture)',
    ]
    message = fails(APP, "predict", "--model", trained.run, "--input", pictures / "red.png", capsys=capsys)
    assert "red.png: is a binary file, no UTF-8 text; pictures are arguments" in message
    message = fails(APP, "predict", "--model", trained.run, "\x1bred.png", capsys=capsys)
    assert r"the first: image 1: \x1bred.png: No such file" in message
    assert "give the images either as arguments" in fails(APP, "predict", "--model", trained.run, capsys=capsys)


def test_a_larger_limit_can_be_set_for_a_trained_model(trained, tmp_path, capsys):
    (tmp_path / "large.png").write_bytes(BAD["large.png"][0])
    command = ("predict", "--model", trained.run, "--set", "image.max_pixels=4000", tmp_path / "large.png")
    assert "large.png:" in call(APP, *command, capsys=capsys)
    drawing = ("plot", *command[1:], "--directory", tmp_path / "drawn")
    assert "drawn/large.png)" in call(APP, *drawing, capsys=capsys)
    message = fails(APP, "predict", "--model", trained.run, "--set", "image.height=9", "x.png", capsys=capsys)
    assert "image.height: got 9" in message and "the model was trained with 8" in message


def test_plot_draws_a_picture_of_each(trained, pictures, tmp_path, capsys):
    (tmp_path / "zero.png").write_bytes(b"")
    command = ["plot", "--model", str(trained.saved_model), "--directory", str(tmp_path / "drawn")]
    names = [str(pictures / "red.png"), str(pictures / "red.jpeg"), str(tmp_path / "zero.png")]
    assert run(APP, [*command, *names]) == 2
    printed = capsys.readouterr()
    assert {path.name for path in (tmp_path / "drawn").iterdir()} == {"red.png", "red-2.png"}
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in (tmp_path / "drawn").iterdir())
    assert "red-2.png)" in printed.out and "zero.png: the picture is empty" in printed.out


@pytest.mark.slow
def test_finetune_with_frozen_convolutions_and_new_words(trained, tmp_path, capsys):
    path = make_project(tmp_path / "more")
    (tmp_path / "more" / "captions.tsv").write_text("red.png\tall is crimson\nblue.png\tall is blue\n")
    content = json.loads(path.read_text())
    finetune = {"from": str(trained.saved_model), "freeze": ["picture"]}
    path.write_text(json.dumps({key: content[key] for key in ("task", "data", "train")} | {"finetune": finetune}))
    printed = call(APP, "finetune", path, "decode={method: greedy, n_best: 1}", capsys=capsys)
    assert "caption tokens new: crimson" in printed and "caption tokens gone: none" in printed
    lines = {line.split()[0]: line for line in printed.splitlines() if "weights kept" in line}
    assert "frozen" in lines["picture_1"] and "frozen" in lines["picture"] and "frozen" not in lines["decoder_1"]


def test_captions_of_pictures_that_are_missing_or_bad(trained, tmp_path, capsys):
    path = make_project(tmp_path / "bad")
    (tmp_path / "bad" / "captions.tsv").write_text("red.png\tall is red\nnone.png\tall is lost\n")
    message = fails(APP, "train", path, capsys=capsys)
    assert "captions.tsv:2: the picture" in message and "pictures/none.png is not there" in message
    assert not list((tmp_path / "bad").glob("runs/*/*"))


def test_mistakes_of_a_configuration(trained, capsys):
    message = fails(APP, "config", "check", trained.config, "model.picture.backbone=MobileNetV9", capsys=capsys)
    assert "model.picture.backbone: got 'MobileNetV9'" in message and "did you mean MobileNet" in message
    message = fails(APP, "train", trained.config, "decode.beam_width=40", capsys=capsys)
    assert "decode.beam_width: got 40, but the target vocabulary has 12 tokens" in message


@pytest.mark.slow
def test_a_network_of_keras_begins_with_a_file_and_stays_frozen_also_in_fine_tuning(tmp_path, capsys):
    import keras
    import numpy as np

    from rnnkit.artifact import open_artifact
    from rnnkit.verbs.common import load_model

    file = tmp_path / "mobile.weights.h5"
    source = keras.applications.MobileNetV2(include_top=False, weights=None, input_shape=(32, 32, 3))
    source.save_weights(file)
    image = {"height": 32, "width": 32}
    model = {"units": 4, "embedding_size": 4, "context": "both"}
    model["picture"] = {"backbone": "MobileNetV2", "weights": str(file), "frozen": True}
    path = make_project(tmp_path / "first", image=image, model=model)
    printed = call(APP, "train", path, capsys=capsys)
    assert "weights in target_embedding, backbone, picture, bridge, decoder_1, head" in printed
    directory = tmp_path / "first" / "runs" / "captioning" / "tiny"
    file.unlink()  # a trained model needs it no more
    content = json.loads(path.read_text())
    more = {key: content[key] for key in ("task", "data", "train")} | {"finetune": {"from": str(directory)}}
    (tmp_path / "more.yaml").write_text(json.dumps(more))
    printed = call(APP, "finetune", tmp_path / "more.yaml", capsys=capsys)
    lines = {line.split()[0]: line for line in printed.splitlines() if "weights kept" in line}
    assert "frozen" in lines["backbone"] and "frozen" not in lines["picture"]
    artifact = open_artifact(directory.parent / "more")
    _, found = load_model(APP, artifact, artifact.run, None)
    for one, other in zip(source.get_weights(), found.network.picture.body.model.get_weights()):
        np.testing.assert_array_equal(one, other)
    drawn = ("plot", "--model", directory.parent / "more", "--directory", tmp_path / "drawn")
    assert "red.png" in call(APP, *drawn, tmp_path / "first" / "pictures" / "red.png", capsys=capsys)
