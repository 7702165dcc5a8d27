"""TensorFlow Datasets: the built-in corpora as a real builder, prepared into a folder of the test's."""

import numpy as np
import pytest
import tensorflow_datasets as tfds

from rnnkit.data.batching import Batches
from rnnkit.data.builtin import python_source, reviews
from rnnkit.data.fitting import fit_text, fit_tokens
from rnnkit.data.loading import load
from rnnkit.errors import DataError
from tests.data.helpers import contents, sentiment, tagging, train_examples, train_split

COUNT = 30
TEXTS = list(reviews.examples("train", COUNT))
SENTENCES = list(python_source.examples("train", COUNT))
LABELS = sorted({example["label"] for example in TEXTS})
TAGS = sorted({tag for example in SENTENCES for tag in example["tags"]})


class RnnkitCorpus(tfds.core.GeneratorBasedBuilder):
    """Texts and sentences together; the labels of `hidden` are left out, as in GLUE's test sets."""

    VERSION = tfds.core.Version("1.0.0")

    def _info(self):
        features = {
            "text": tfds.features.Text(),
            "label": tfds.features.ClassLabel(names=LABELS),
            "stars": np.int32,
            "first": np.bool_,
            "second": np.bool_,
            "tokens": tfds.features.Sequence(tfds.features.Text()),
            "tags": tfds.features.Sequence(tfds.features.ClassLabel(names=TAGS)),
            "words": tfds.features.Sequence(tfds.features.Text()),
        }
        return self.dataset_info_from_configs(features=tfds.features.FeaturesDict(features))

    def _split_generators(self, dl_manager):
        return {"train": self._generate_examples(True), "hidden": self._generate_examples(False)}

    def _generate_examples(self, labelled):
        for number, (text, sentence) in enumerate(zip(TEXTS, SENTENCES)):
            yield (
                number,
                {
                    "text": text["text"],
                    "label": text["label"] if labelled else -1,
                    "stars": number % 5 - 1,
                    "first": number % 3 == 0,
                    "second": number % 2 == 0,
                    "tokens": sentence["tokens"],
                    "tags": sentence["tags"] if labelled else [-1] * len(sentence["tags"]),
                    "words": ["one"],
                },
            )


class RnnkitUnreachable(RnnkitCorpus):
    """Its raw files cannot be had."""

    def _split_generators(self, dl_manager):
        raise ConnectionError("no route to host")


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory):
    return str(tmp_path_factory.mktemp("tfds"))


@pytest.fixture
def data(data_dir):
    return lambda **options: {
        "source": "tfds",
        "name": "rnnkit_corpus",
        "data_dir": data_dir,
        "splits": {"train": "train", "test": None},
        **options,
    }


def key(example):
    return str(example)


def test_texts_and_class_labels(data):
    assert sorted(train_examples(sentiment(data())), key=key) == sorted(TEXTS, key=key)


def test_tokens_and_their_tags(data):
    found = train_examples(tagging(data()))
    expected = [{"tokens": example["tokens"], "tags": example["tags"]} for example in SENTENCES]
    assert sorted(found, key=key) == sorted(expected, key=key)


def test_every_pass_has_the_same_order_and_places(data):
    split = train_split(sentiment(data()))
    examples = list(split.examples())
    assert examples == list(split.examples())
    assert [each["place"].split("train, ")[1] for each in examples] == [f"example {n}" for n in range(len(examples))]


def test_integer_and_boolean_labels(data):
    assert {example["label"] for example in train_examples(sentiment(data(label="stars")))} == set("0123") | {"-1"}
    assert {example["label"] for example in train_examples(sentiment(data(label="first")))} == {"true", "false"}


def test_a_list_of_flags_as_label(data):
    split = train_split(sentiment(data(label=["first", "second"])))
    assert {example["label"] for example in split.examples()} == {"first", "second"}
    assert split.count == 15 and split.skipped == {"not exactly one label": 15}


def test_split_slicing(data):
    run = sentiment(data(splits={"train": "train[:60%]", "validation": "train[60%:]", "test": None}))
    splits = load(run, "text").splits
    train, validation = (contents(splits[role]) for role in ("train", "validation"))
    assert (len(train), len(validation)) == (18, 12)
    assert sorted(train + validation, key=key) == sorted(TEXTS, key=key)


@pytest.mark.parametrize("make", [sentiment, tagging])
def test_batches(data, make):
    run = make(data())
    split = train_split(run)
    batches = Batches(split, *(fit_text if make is sentiment else fit_tokens)(run, split), run.data, 8, 1, True)
    assert sum(len(targets) for _, targets in batches.epoch(0)) == batches.examples == COUNT


@pytest.mark.parametrize("make", [sentiment, tagging])
def test_splits_without_labels_are_refused(data, make):
    run = make(data(splits={"train": "train", "test": "hidden"}))
    kind = "text" if make is sentiment else "tokens"
    with pytest.raises(DataError, match=r"data\.splits\.test: split 'hidden' of rnnkit_corpus has no labels .* is -1"):
        next(load(run, kind).splits["test"].examples())


@pytest.mark.parametrize(
    ("make", "options", "message"),
    [
        (sentiment, {"name": "rnnkit_corpse"}, "data.name: TFDS has no data set 'rnnkit_corpse'; .* rnnkit_corpus"),
        (sentiment, {"name": "rnnkit_corpus:9.9.9"}, "data.name: TFDS cannot give 'rnnkit_corpus:9.9.9': .*1.0.0"),
        (sentiment, {"name": "rnnkit_corpus/large"}, "data.name: TFDS cannot give 'rnnkit_corpus/large'"),
        (sentiment, {"splits": {"train": "training"}}, "no split 'training'; it has train, hidden"),
        (sentiment, {"splits": {"train": "train[:x]"}}, r"no split 'train\[:x\]'"),
        (
            sentiment,
            {"label": "lable"},
            "data.label: 'lable' of rnnkit_corpus does not exist; it has .*'label': ClassLabel",
        ),
        (sentiment, {"text": "stars"}, "data.text: 'stars' of rnnkit_corpus is no text"),
        (sentiment, {"text": "tokens"}, "data.text: 'tokens' of rnnkit_corpus is not a single value"),
        (tagging, {"tags": "label"}, "data.tags: 'label' of rnnkit_corpus is not a sequence"),
    ],
)
def test_what_does_not_exist_is_told_with_what_does(data, make, options, message):
    with pytest.raises(DataError, match=message):
        load(make(data(**options)), "text" if make is sentiment else "tokens")


@pytest.mark.parametrize(
    "name",
    ["huggingface:tomatoes", "kaggle:movies/full:1.0.0", "some_one:corpus:1.0.0", "a:experimental_latest"],
)
def test_strangers_code_is_not_run(data, name, monkeypatch):
    def asked(*arguments, **options):
        pytest.fail("TFDS was asked for it")

    monkeypatch.setattr(tfds, "builder", asked)
    with pytest.raises(DataError, match=f"data.name: '{name}' is a community data set"):
        load(sentiment(data(name=name)), "text")


def test_a_version_is_no_namespace(data):
    for name in ("rnnkit_corpus:1.0.0", "rnnkit_corpus:1.*.*"):
        assert len(train_examples(sentiment(data(name=name)))) == COUNT


def test_lists_of_different_lengths_are_bad_examples(data):
    with pytest.raises(DataError, match=r"rnnkit_corpus train, example 0: 1 tokens but \d+ tags"):
        train_examples(tagging(data(tokens="words")))


def test_what_cannot_be_prepared_says_what_to_do(data, tmp_path):
    options = {"name": "rnnkit_unreachable", "data_dir": str(tmp_path)}
    with pytest.raises(
        DataError, match=r"no route to host\. On a machine without network, .*data\.manual_dir, or .*data\.data_dir"
    ):
        load(sentiment(data(**options)), "text")
    with pytest.raises(DataError, match=r"rnnkit_unreachable is not prepared in .*, and download is false"):
        load(sentiment(data(**options, download=False)), "text")


def test_nothing_is_drawn_on_the_way(data, tmp_path, capfd):
    train_examples(sentiment(data(data_dir=str(tmp_path))))
    out, err = capfd.readouterr()
    assert not out and "preparing rnnkit_corpus" in err and "it/s" not in err and "%|" not in err
