"""Pictures and the file that tells what they show."""

import json

import pytest

from rnnkit.config.schema import Image
from rnnkit.errors import DataError
from tests.data.helpers import captioned, files, noise, picture, train_examples, train_split, write

ONE, TWO = picture(noise(seed=1)), picture(noise(seed=2), "JPEG")


@pytest.fixture
def folder(tmp_path):
    """A folder with two pictures below `pictures`."""
    write(tmp_path / "pictures/one.png", ONE)
    write(tmp_path / "pictures/two.jpg", TWO)
    return tmp_path


def run(folder, content, compress=False, **options):
    write(folder / "train", content, compress)
    return captioned(files(folder, format="captions", **{"image_directory": "pictures", **options}))


def read(folder, content, **options):
    return [(example["image"], example["captions"]) for example in train_examples(run(folder, content, **options))]


ADDED_UP = [(ONE, ["a dog", "a cat"]), (TWO, ["two, birds"])]
FILES = {
    "tsv": "one.png\ta dog\ntwo.jpg\ttwo, birds\n\none.png\ta cat\n",
    "tsv with header": "id\timage\tcaption\n1\tone.png\ta dog\n2\ttwo.jpg\ttwo, birds\n3\tone.png\ta cat\n",
    "csv": 'one.png,a dog\ntwo.jpg,"two, birds"\none.png,a cat\n',
    "csv with header": 'image,caption\none.png,a dog\ntwo.jpg,"two, birds"\none.png,a cat\n',
    "numbered": "one.png#0\ta dog\ntwo.jpg#0\ttwo, birds\none.png#12\ta cat\n",
    "json lines": "\n".join(
        json.dumps(line)
        for line in (
            {"image": "one.png", "captions": ["a dog"]},
            {"image": "two.jpg", "caption": "two, birds", "id": 3},
            {"image": "one.png", "captions": ["a cat"]},
        )
    ),
}


@pytest.mark.parametrize("case", FILES)
@pytest.mark.parametrize("compress", [False, True])
def test_captions_of_a_picture_add_up(folder, case, compress):
    assert read(folder, FILES[case], compress=compress) == ADDED_UP


def test_names_of_columns_and_keys(folder):
    content = "file\tlength\ttext\none.png\t2\ta dog\n"
    assert read(folder, content, image="file", captions="text") == [(ONE, ["a dog"])]
    content = json.dumps({"file": "one.png", "sentence": ["a", "b"]})
    assert read(folder, content, image="file", captions="sentence") == [(ONE, ["a", "b"])]
    columns = ["image", "x", "caption"]
    assert read(folder, "one.png\t0\ta dog\n", columns=columns) == [(ONE, ["a dog"])]


def test_pictures_lie_beside_the_file_where_no_folder_is_named(folder):
    write(folder / "one.png", ONE)
    content = "one.png\ta dog\npictures/two.jpg\tb\n"
    assert read(folder, content, image_directory=".") == [(ONE, ["a dog"]), (TWO, ["b"])]


def test_examples_say_where_they_come_from(folder):
    examples = list(train_split(run(folder, FILES["tsv"])).examples())
    place = f"{folder / 'train'}:1: {folder / 'pictures/one.png'}"
    assert examples[0]["place"] == place and examples[1]["place"].startswith(f"{folder / 'train'}:2: ")


TRUNCATED = picture(noise(200, 200))[:-3000]
BAD = {
    "missing": ("none.png", None, r"train:2: the picture .*pictures/none\.png is not there\."),
    "empty": ("empty.png", b"", r"train:2: .*pictures/empty\.png: the picture is empty, it has 0 bytes\."),
    "text": ("x.png", b"<html>404</html>", r"train:2: .*x\.png: the picture is no PNG, JPEG, GIF or BMP; .*<html>"),
    "truncated": ("x.png", TRUNCATED, r"train:2: .*x\.png: the picture cannot be read: .*PNG"),
    "damaged jpeg": ("x.jpg", TWO[:40], r"train:2: .*x\.jpg: the picture cannot be read: "),
    "huge": ("x.png", picture(("RGB", (300, 200))), r"train:2: .*x\.png: the picture has 60,000 pixels; image\.max_pi"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_picture_stops_or_is_counted(folder, case):
    name, content, message = BAD[case]
    if content is not None:
        write(folder / "pictures" / name, content)
    lines = f"one.png\ta\n{name}\tb\ntwo.jpg\tc\n"
    update = {"image": Image(max_pixels=50_000)}
    with pytest.raises(DataError, match=message):
        train_examples(run(folder, lines).model_copy(update=update))
    split = train_split(run(folder, lines, on_bad_example="skip").model_copy(update=update))
    assert [example["captions"] for example in split.examples()] == [["a"], ["c"]]
    assert split.skipped == {"bad": 1}


BAD_LINES = {
    "no caption": ("one.png\t \n", "train:1: 'caption' must be a caption or a list of captions, none of them empty"),
    "no name": ("\ta dog\n", "train:1: 'image' is empty; it must name a picture"),
    "one column": ("one.png\ta\none.png\n", r"train:2: 1 columns where 2 are expected \(image, caption\)"),
    "no key": ('{"image": "one.png", "text": "a"}', "train:1: no 'caption' among 'image', 'text'"),
    "no list": ('{"image": "one.png", "captions": []}', "train:1: 'captions' must be a caption or a list"),
    "no texts": ('{"image": "one.png", "captions": ["a", 3]}', "train:1: 'captions' must be a caption or a list"),
    "no JSON": ('{"image": "one.png"', "train:1: not JSON"),
    "no picture's name": ('{"image": 3, "caption": "a"}', "train:1: 'image' must be a text, not 3"),
    "header unknown": ("file\tcaption\none.png\ta\n", r"train:1: the picture .*pictures/file is not there"),
}


@pytest.mark.parametrize("case", BAD_LINES)
def test_a_bad_line(folder, case):
    content, message = BAD_LINES[case]
    with pytest.raises(DataError, match=message):
        read(folder, content)


def test_a_folder_is_no_picture(folder):
    with pytest.raises(DataError, match=r"train:1: the picture .*pictures cannot be read \("):
        read(folder, ".\ta dog\n")


def test_a_file_without_lines_has_no_examples(folder):
    with pytest.raises(DataError, match="train split: it has no examples"):
        read(folder, "\n\n")
