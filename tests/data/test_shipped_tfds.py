"""Every shipped configuration for TensorFlow Datasets, on the features of the real data sets: TFDS's own builders write
a few rows of ours in place of what they would download."""

import itertools
import pathlib

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_datasets as tfds

from rnnkit import config
from rnnkit.data.loading import load

CONFIGS = pathlib.Path(__file__).parents[2] / "configs"
RUNS = {path.stem: config.load(path, needs_files=False) for path in sorted(CONFIGS.glob("*/*.yaml"))}
SHIPPED = [name for name, run in RUNS.items() if run.data.source == "tfds"]
COUNT = 20  # so that every part of a split has an example

PICTURE = np.zeros((4, 5, 3), np.uint8)
WORDS = ["They", "can", "not", "sail"]
# Splits and rows of the data sets.
SETS = {
    "imdb_reviews": (
        ["train", "test", "unsupervised"],
        [{"text": "dull", "label": "neg"}, {"text": "fine", "label": "pos"}],
    ),
    "glue/sst2": (
        ["train", "validation", "test"],
        [{"sentence": "dull", "label": "negative"}, {"sentence": "fine", "label": "positive"}],
    ),
    "goemotions": (
        ["train", "validation", "test"],
        [{"comment_text": "ha", "joy": True}, {"comment_text": "so", "neutral": True, "fear": True}],
    ),
    "universal_dependencies/en_ewt": (
        ["train", "dev", "test"],
        [{"tokens": ["They", "cannot", *WORDS[1:]], "upos": ["PRON", "_", "AUX", "PART", "VERB"]}],
    ),
    "conll2003": (["train", "dev", "test"], [{"tokens": ["Ada", "sails"], "ner": ["B-PER", "O"]}]),
    "ted_hrlr_translate/pt_to_en": (["train", "validation", "test"], [{"pt": "o mar", "en": "the sea"}]),
    "tiny_shakespeare": (["train", "validation", "test"], [{"text": "First Citizen:\n"}]),
    "coco_captions/2014": (
        ["train", "restval", "val", "test"],
        [{"image": PICTURE, "captions": [{"id": 1, "text": "a sea"}, {"id": 2, "text": "waves"}]}],
    ),
    "ag_news_subset": (["train", "test"], [{"title": "Sea rises", "label": 0}, {"title": "Ada wins", "label": 1}]),
}
# What the configurations make of them.
EXPECTED = {
    "imdb": [{"text": "dull", "label": "negative"}, {"text": "fine", "label": "positive"}],
    "glue_sst2": [{"text": "dull", "label": "negative"}, {"text": "fine", "label": "positive"}],
    "goemotions": [{"text": "ha", "label": "joy"}],
    "goemotions_polarity": [{"text": "ha", "label": "positive"}],
    "ewt_tfds": [{"tokens": WORDS, "tags": ["PRON", "AUX", "PART", "VERB"]}],
    "conll2003": [{"tokens": ["Ada", "sails"], "tags": ["B-PER", "O"]}],
    "tfds": [{"source": "o mar", "target": "the sea"}],
    "tiny_shakespeare": [{"text": "First Citizen:\n"}],
    "coco": [{"image": PICTURE.shape, "captions": ["a sea", "waves"]}],
    "ag_news": [{"text": "Sea rises", "label": "World"}, {"text": "Ada wins", "label": "Sports"}],
}
KINDS = {
    "sentiment": "text",
    "tagging": "tokens",
    "language_model": "running",
    "translation": "pair",
    "generation": "label",
    "captioning": "caption",
}


def empty(feature):
    """A value for a feature that no configuration reads."""
    if isinstance(feature, tfds.features.Text):
        return ""
    return [] if isinstance(feature, tfds.features.Sequence) else np.dtype(feature.np_dtype).type(0)


def read(split):
    """The examples of a split; of a picture its shape, for a builder may write it as a JPEG."""
    for example in split.examples():
        found = {key: value for key, value in example.items() if key != "place"}
        yield found | {key: tf.io.decode_image(value).shape for key, value in found.items() if key == "image"}


@pytest.mark.parametrize("name", SHIPPED)
def test_reads_the_real_features(name, tmp_path, monkeypatch):
    run = RUNS[name].model_copy(update={"data": RUNS[name].data.model_copy(update={"data_dir": str(tmp_path)})})
    splits, rows = SETS[run.data.name]
    builder = tfds.builder(run.data.name, data_dir=tmp_path)
    others = {key: empty(feature) for key, feature in builder.info.features.items()}
    examples = [(number, others | row) for number, row in zip(range(COUNT), itertools.cycle(rows))]
    monkeypatch.setattr(type(builder), "_split_generators", lambda self, downloads: dict.fromkeys(splits, examples))
    corpus = load(run, KINDS[run.task])
    assert list(corpus.splits) == [role for role, split in run.data.splits if split is not None]
    for split in corpus.splits.values():
        found = list(read(split))
        assert found and all(example in EXPECTED[name] for example in found)
    assert all(example in read(corpus.splits["train"]) for example in EXPECTED[name])
