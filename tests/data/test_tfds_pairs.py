"""TensorFlow Datasets of pairs and of pictures with captions, as builders prepared into a folder of the test's."""

import numpy as np
import pytest
import tensorflow_datasets as tfds

from rnnkit.data.loading import load
from rnnkit.errors import DataError
from tests.data.helpers import captioned, noise, pairs, picture, train_examples, train_split, write

PAIRS = [{"en": f"house {n}", "de": f"Haus {n}"} for n in range(20)]
CAPTIONS = [[f"a dog {n}", "a cat"][: 1 + n % 2] for n in range(5)]


class RnnkitPairs(tfds.core.GeneratorBasedBuilder):
    """As WMT's and TED's sets are; one source of `broken` is empty."""

    VERSION = tfds.core.Version("1.0.0")

    def _info(self):
        return self.dataset_info_from_configs(features=tfds.features.Translation(languages=["en", "de"]))

    def _split_generators(self, dl_manager):
        return {"train": enumerate(PAIRS), "broken": enumerate([*PAIRS[:3], {"en": " ", "de": "nichts"}])}

    def _generate_examples(self):
        raise NotImplementedError


class RnnkitCaptions(tfds.core.GeneratorBasedBuilder):
    """As COCO's captions are, with one caption of its own; the second picture of `broken` is none."""

    VERSION = tfds.core.Version("1.0.0")
    FOLDER = None

    def _info(self):
        features = {
            "image": tfds.features.Image(encoding_format="png"),
            "image/filename": tfds.features.Text(),
            "captions": tfds.features.Sequence({"text": np.str_, "id": np.int64}),
            "caption": tfds.features.Text(),
            "captions_too": tfds.features.Sequence(tfds.features.Text()),
            "number": np.int64,
        }
        return self.dataset_info_from_configs(features=tfds.features.FeaturesDict(features))

    def _split_generators(self, dl_manager):
        return {"train": self._generate_examples(False), "broken": self._generate_examples(True)}

    def _generate_examples(self, broken):
        for number, captions in enumerate(CAPTIONS):
            path = self.FOLDER / f"{number}{broken}.png"
            write(path, b"none" if broken and number == 1 else picture(noise(seed=number)))
            yield (
                number,
                {
                    "image": str(path),
                    "image/filename": path.name,
                    "captions": [{"text": text, "id": place} for place, text in enumerate(captions)],
                    "caption": captions[0],
                    "captions_too": captions,
                    "number": number,
                },
            )


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory):
    RnnkitCaptions.FOLDER = tmp_path_factory.mktemp("pictures")
    return str(tmp_path_factory.mktemp("tfds"))


@pytest.fixture
def data(data_dir):
    return lambda name, **options: {
        "source": "tfds",
        "name": name,
        "data_dir": data_dir,
        "splits": {"train": "train", "test": None},
        **options,
    }


@pytest.mark.parametrize("pair", [["en", "de"], ["de", "en"]])
def test_translations_both_ways_round(data, pair):
    found = train_examples(pairs(data("rnnkit_pairs", pair=pair)))
    expected = [{"source": row[pair[0]], "target": row[pair[1]]} for row in PAIRS]
    assert sorted(found, key=str) == sorted(expected, key=str)


def test_an_empty_side_is_a_bad_example(data):
    broken = data("rnnkit_pairs", pair=["en", "de"], splits={"train": "broken", "test": None})
    with pytest.raises(DataError, match=r"rnnkit_pairs broken, example \d: 'en' is empty"):
        train_examples(pairs(broken))
    split = train_split(pairs(broken | {"on_bad_example": "skip"}))
    assert len(list(split.examples())) == 3 and split.skipped == {"bad": 1}


@pytest.mark.parametrize("captions", ["captions/text", "captions_too", "caption"])
def test_pictures_stay_encoded_and_have_their_captions(data, captions):
    found = train_examples(captioned(data("rnnkit_captions", captions=captions)))
    expected = [texts[:1] if captions == "caption" else texts for texts in CAPTIONS]
    rows = sorted((example["captions"], example["image"]) for example in found)
    assert rows == sorted((texts, picture(noise(seed=number))) for number, texts in enumerate(expected))


def test_a_picture_that_cannot_be_read_is_told_with_its_number(data):
    broken = data("rnnkit_captions", splits={"train": "broken", "test": None})
    with pytest.raises(DataError, match=r"rnnkit_captions broken, example \d: the picture is no PNG"):
        train_examples(captioned(broken))
    assert len(train_examples(captioned(broken | {"on_bad_example": "skip"}))) == 4


@pytest.mark.parametrize(
    ("make", "options", "message"),
    [
        (pairs, {"name": "rnnkit_pairs"}, "data.pair: 'source' of rnnkit_pairs does not exist; it has .*'de'.*'en'"),
        (captioned, {"image": "number"}, "data.image: 'number' of rnnkit_captions is no picture"),
        (captioned, {"image": "captions/text"}, "data.image: 'captions/text' of rnnkit_captions does not exist"),
        (captioned, {"captions": "captions"}, "data.captions: 'captions' of rnnkit_captions is not a single value"),
        (captioned, {"captions": "captions/id"}, "data.captions: 'captions/id' of rnnkit_captions is no text"),
        (captioned, {"captions": "captions/txt"}, "data.captions: 'captions/txt' of rnnkit_captions does not exist"),
    ],
)
def test_what_does_not_exist_is_told_with_what_does(data, make, options, message):
    name = options.get("name", "rnnkit_captions")
    with pytest.raises(DataError, match=message):
        load(make(data(**{"name": name, **options})), "pair" if make is pairs else "caption")
