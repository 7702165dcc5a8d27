"""Corpora: named splits of named features, from built-in generators, files and TensorFlow Datasets."""

from rnnkit.data.corpus import Corpus, Split
from rnnkit.data.loading import load

__all__ = ["Corpus", "Split", "load"]
