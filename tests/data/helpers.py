"""Runs over small files, written for the test."""

import gzip

from rnnkit.config.schema import SentimentRun, TaggingRun
from rnnkit.data.loading import load

EXAMPLES = [
    {"text": "a fine, fine film", "label": "good"},
    {"text": "dull", "label": "bad"},
    {"text": "not a dull film at all", "label": "good"},
    {"text": "", "label": "bad"},
    {"text": "😀 emoji and שלום", "label": "good"},
]


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
    kind = "text" if run.task == "sentiment" else "tokens"
    return load(run, kind, ["train"]).splits["train"]


def train_examples(run):
    """All training examples of a run."""
    return list(train_split(run).examples())
