"""Runs over small files, written for the test."""

import gzip
import io
from typing import ClassVar, Literal

import numpy as np
from PIL import Image as Pillow

from rnnkit.config.schema import CaptionText, Image, PairText, Run, SentimentRun, TaggingRun
from rnnkit.data.loading import load

EXAMPLES = [
    {"text": "a fine, fine film", "label": "good"},
    {"text": "dull", "label": "bad"},
    {"text": "not a dull film at all", "label": "good"},
    {"text": "", "label": "bad"},
    {"text": "😀 emoji and שלום", "label": "good"},
]
KINDS = {"sentiment": "text", "tagging": "tokens", "pairs": "pair", "captions": "caption"}


class PairRun(Run):
    """What a task of pairs reads."""

    BUILTIN: ClassVar = "dates_and_numbers"
    FORMATS: ClassVar = ("parallel", "tsv", "csv", "jsonl")

    task: Literal["pairs"]
    text: PairText = PairText()


class CaptionRun(Run):
    """What a task of pictures with captions reads."""

    BUILTIN: ClassVar = "coloured_shapes"
    FORMATS: ClassVar = ("captions",)

    task: Literal["captions"]
    text: CaptionText = CaptionText()
    image: Image = Image()


def pairs(data, **sections):
    """A run of pairs over `data`."""
    return PairRun(task="pairs", data=data, **sections)


def captioned(data, **sections):
    """A run of pictures with captions over `data`."""
    return CaptionRun(task="captions", data=data, **sections)


def sentiment(data, **sections):
    """A sentiment run over `data`."""
    return SentimentRun(task="sentiment", data=data, **sections)


def tagging(data, **sections):
    """A tagging run over `data`."""
    return TaggingRun(task="tagging", data=data, **sections)


def files(directory, splits=None, **options):
    """The `data` section of files in a directory; by default all in `splits.train`."""
    return {"source": "files", "directory": str(directory), "splits": splits or {"train": "train"}, **options}


def write(path, content, compress=False):
    """Writes text or bytes, gzipped or not."""
    content = content.encode() if isinstance(content, str) else content
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(content) if compress else content)


def write_tsv(path, examples):
    """Writes examples with a text and a label as a TSV with a header."""
    write(path, "text\tlabel\n" + "".join(f"{e['text']}\t{e['label']}\n" for e in examples))


def train_split(run):
    """The training split of a run."""
    return load(run, KINDS[run.task], ["train"]).splits["train"]


def train_examples(run):
    """All training examples of a run, without their places."""
    return contents(train_split(run))


def contents(split):
    """All examples of a split, without their places."""
    return [{name: value for name, value in each.items() if name != "place"} for each in split.examples()]


def picture(pixels, format="PNG", **options):
    """The bytes of a file with a picture: a NumPy array, or a size and colour for `PIL.Image.new`."""
    made = Pillow.fromarray(pixels) if isinstance(pixels, np.ndarray) else Pillow.new(*pixels)
    stream = io.BytesIO()
    made.save(stream, format, **options)
    return stream.getvalue()


def noise(height=6, width=8, seed=0):
    """Random pixels, `(height, width, 3)` uint8."""
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
