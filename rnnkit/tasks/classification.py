"""Many-to-one: a text in, scores for every class out."""

import keras
import numpy as np
import tensorflow as tf

from rnnkit.config.schema import SentimentRun
from rnnkit.data.corpus import Corpus, Split
from rnnkit.data.fitting import fit_text
from rnnkit.data.text import TextVectorizer, to_dense
from rnnkit.data.vocabulary import Labels, Vocabulary
from rnnkit.models import classifier
from rnnkit.tasks import baselines
from rnnkit.tasks.base import Report, Scorer, Task
from rnnkit.tasks.plots import draw_confusion


class Classification(Task):
    """Whole-text classification with any number of classes."""

    kind = "text"
    run: SentimentRun
    vectorizer: TextVectorizer

    @classmethod
    def fit(cls, run: SentimentRun, split: Split, base: "Classification | None" = None) -> "Classification":
        return cls.fit_from_words(run, split, base and base.words)

    @classmethod
    def fit_from_words(cls, run: SentimentRun, split: Split, words: Vocabulary | None) -> "Classification":
        return cls(run, *fit_text(run, split, words))

    @property
    def words(self) -> Vocabulary:
        return self.vectorizer.vocabulary

    @classmethod
    def restore(cls, run: SentimentRun, state: dict) -> "Classification":
        vectorizer = TextVectorizer.from_state(run.text, state["vectorizer"])
        return cls(run, vectorizer, Labels.from_state(state["labels"]))

    def state(self) -> dict:
        return {"vectorizer": self.vectorizer.state(), "labels": self.labels.state()}

    def build(self, cell: type | None = None) -> keras.Model:
        words, classes = self.words, len(self.labels)
        return classifier.build(self.run.model, len(words), classes, self.run.seed, cell, words.counts)

    def loss(self, model, outputs, targets, label_smoothing=0.0):
        return classifier.loss(model, outputs, targets, label_smoothing)

    def predict(self, model, inputs, outputs):
        return {"scores": classifier.probabilities(outputs)}

    def scorer(self) -> "ClassScorer":
        return ClassScorer(self.labels.names)

    def baselines(self, corpus: Corpus, role: str) -> dict[str, dict[str, float]]:
        return baselines.of_texts(corpus.splits["train"], corpus.splits[role])

    def signatures(self, model: keras.Model) -> dict:
        names = tf.constant(self.labels.names)

        @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="text")], autograph=False)
        def serving_default(text):
            """text (batch,) -> label and score of the likeliest class (batch,), scores (batch, classes), classes."""
            tokens = self.vectorizer.tokenizer(text)
            scores = classifier.probabilities(model(to_dense(self.vectorizer.look_up(tokens.tokens)), training=False))
            best = tf.argmax(scores, axis=-1)
            return {
                "label": tf.gather(names, best),
                "score": tf.reduce_max(scores, axis=-1),
                "scores": scores,
                "classes": tf.tile(names[None, :], [tf.size(best), 1]),
                "token_count": tf.cast(tokens.tokens.row_lengths(), tf.int32),
                "truncated": tokens.truncated,
            }

        return {"serving_default": serving_default}


class ClassScorer(Scorer):
    """Accuracy, macro-averaged F1, a table of classes and a confusion matrix.

    Args:
        names: label names, in the order of their ids.
    """

    def __init__(self, names):
        self.names = list(names)
        self._targets, self._chosen = [], []

    def add(self, targets, predictions):
        self._targets.append(targets)
        self._chosen.append(predictions["scores"].argmax(-1))

    def report(self) -> Report:
        from sklearn.metrics import accuracy_score, classification_report, f1_score

        targets, chosen = np.concatenate(self._targets), np.concatenate(self._chosen)
        ids = list(range(len(self.names)))
        metrics = {
            "accuracy": float(accuracy_score(targets, chosen)),
            "macro_f1": float(f1_score(targets, chosen, labels=ids, average="macro", zero_division=0)),
        }
        table = classification_report(targets, chosen, labels=ids, target_names=self.names, digits=4, zero_division=0)
        return Report(metrics, table, {"confusion.png": lambda path: draw_confusion(path, targets, chosen, self.names)})
