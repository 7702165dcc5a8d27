"""One-to-many: a class in, a text of it out."""

import keras
import numpy as np
import tensorflow as tf

from rnnkit.config.schema import GenerationRun
from rnnkit.data.corpus import Corpus, Split
from rnnkit.data.fitting import fit_classes, grow_classes
from rnnkit.data.pairs import ClassVectorizer, shifted
from rnnkit.data.text import padded
from rnnkit.models import generator
from rnnkit.models.losses import each_cross_entropy
from rnnkit.tasks.class_scores import ClassTextScorer, of_ngrams
from rnnkit.tasks.generating import ClassWriter, served
from rnnkit.tasks.sampling import draw, known_texts, sample_scores
from rnnkit.tasks.text_out import TextOut

ORDERS = {"unigrams of each class": 1, "5-grams of each class, Kneser-Ney": 5}
SAMPLES = 1000  # drawn for a report, shared out to the classes
LEAST_SAMPLES = 20  # of each class


class TextGeneration(TextOut):
    """Texts by class.

    Args:
        run: the resolved configuration.
        vectorizer: has the classes and the unit of texts.
    """

    kind = "label"
    answer = "text"
    run: GenerationRun
    vectorizer: ClassVectorizer

    @classmethod
    def fit(cls, run: GenerationRun, split: Split, base: "TextGeneration | None" = None) -> "TextGeneration":
        return cls(run, fit_classes(run, split) if base is None else grow_classes(run, base.vectorizer, split))

    @classmethod
    def restore(cls, run: GenerationRun, state: dict) -> "TextGeneration":
        return cls(run, ClassVectorizer.from_state(run.text, state["vectorizer"]))

    def state(self) -> dict:
        return {"vectorizer": self.vectorizer.state()}

    def build(self, cell: type | None = None) -> keras.Model:
        classes, target = self.vectorizer.labels, self.vectorizer.target
        vocabulary = getattr(target, "vocabulary", None)
        counts = None if vocabulary is None else vocabulary.counts
        return generator.build(self.run.model, len(classes), len(target), self.run.seed, cell, counts)

    def predict(self, model, inputs, outputs):
        texts = inputs["references"]
        _, targets, _ = shifted(self.vectorizer.target, texts, self.run.text.target.max_tokens)
        nats = each_cross_entropy(outputs, padded(targets, tf.shape(outputs)[1], -1))
        return {
            "labels": inputs[generator.LABEL],
            "tokens": tf.argmax(outputs, axis=-1, output_type=tf.int32),
            "nats": tf.reduce_sum(nats, axis=1),
            "characters": tf.strings.length(texts, unit="UTF8_CHAR"),
        }

    def scorer(self) -> "ClassTextScorer":
        return ClassTextScorer(self.vectorizer.labels.names)

    def baselines(self, corpus: Corpus, role: str) -> dict[str, dict[str, float]]:
        splits = corpus.splits["train"], corpus.splits[role]
        return {name: of_ngrams(*splits, self.vectorizer, order) for name, order in ORDERS.items()}

    def extra_reports(self, model: keras.Model, corpus: Corpus, role: str) -> dict[str, float]:
        """What texts drawn of all classes are like, beside the mean length of those of the split."""
        writer = ClassWriter(model, self.vectorizer, self.run.decode)
        generate, names = served(writer)["generate"], self.vectorizer.labels.names
        count = max(LEAST_SAMPLES, SAMPLES // len(names))
        texts = [row["text"] for name in names for row in draw(generate, name, count, writer.options())]
        train = corpus.splits.get("train")
        found = sample_scores(texts, None if train is None else known_texts(train, self.vectorizer.target))
        lengths = [len(example["text"]) for example in corpus.splits[role].examples()]
        return {f"sample_{name}": value for name, value in found.items()} | {"text_characters": float(np.mean(lengths))}

    def signatures(self, model: keras.Model) -> dict:
        return served(ClassWriter(model, self.vectorizer, self.run.decode))
