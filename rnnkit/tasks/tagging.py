"""Many-to-many: a sentence in, a tag for each of its tokens out."""

import keras
import numpy as np
import tensorflow as tf

from rnnkit.config.schema import TaggingRun
from rnnkit.data.corpus import Corpus, Split
from rnnkit.data.fitting import fit_tokens
from rnnkit.data.text import TokenVectorizer
from rnnkit.data.vocabulary import Labels, Vocabulary
from rnnkit.models import tagger
from rnnkit.tasks import baselines
from rnnkit.tasks.base import Report, Scorer, Task
from rnnkit.tasks.raw_text import raw_text_f1

NOT_READ = -1


class Tagging(Task):
    """Token tagging from words and characters, with or without a CRF."""

    kind = "tokens"
    run: TaggingRun
    vectorizer: TokenVectorizer

    @classmethod
    def fit(cls, run: TaggingRun, split: Split, base: "Tagging | None" = None) -> "Tagging":
        known = () if base is None else (base.vectorizer.words, base.vectorizer.characters)
        return cls(run, *fit_tokens(run, split, *known))

    @classmethod
    def fit_from_words(cls, run: TaggingRun, split: Split, words: Vocabulary) -> "Tagging":
        return cls(run, *fit_tokens(run, split, words))

    @property
    def words(self) -> Vocabulary:
        return self.vectorizer.words

    @classmethod
    def restore(cls, run: TaggingRun, state: dict) -> "Tagging":
        vectorizer = TokenVectorizer.from_state(run.text, state["vectorizer"])
        return cls(run, vectorizer, Labels.from_state(state["labels"]))

    def state(self) -> dict:
        return {"vectorizer": self.vectorizer.state(), "labels": self.labels.state()}

    def build(self, cell: type | None = None) -> keras.Model:
        words, characters, tags = self.words, len(self.vectorizer.characters), self.labels.names
        return tagger.build(self.run.model, len(words), characters, tags, self.run.seed, cell, words.counts)

    def loss(self, model, outputs, targets, label_smoothing=0.0):
        read = tf.shape(outputs)[1]  # scoring has the tags of tokens beyond text.max_tokens too
        return tagger.loss(model, outputs, targets[:, :read], label_smoothing)

    def predict(self, model, inputs, outputs):
        tags, confidences = tagger.decode(model, outputs, inputs["words"])
        return {"tags": tags, "confidences": confidences}

    def scorer(self) -> "TagScorer":
        return TagScorer(self.labels.names, self.run.model.tag_scheme)

    def baselines(self, corpus: Corpus, role: str) -> dict[str, dict[str, float]]:
        return baselines.of_tokens(corpus.splits["train"], corpus.splits[role])

    def extra_reports(self, model: keras.Model, corpus: Corpus, role: str) -> dict[str, float]:
        return {"raw_text_f1": raw_text_f1(self.signatures(model)["serving_default"], corpus.splits[role])}

    def signatures(self, model: keras.Model) -> dict:
        names = tf.constant([*self.labels.names, ""])

        def tag(tokens: tf.RaggedTensor) -> dict:
            """tokens ragged (batch, None) -> tags, scores (batch, time); padding has tag "" and score 0."""
            inputs = self.vectorizer(tokens)
            ids, confidences = tagger.decode(model, model(inputs, training=False), inputs["words"])
            real = tf.sequence_mask(tokens.row_lengths())
            ids, confidences = (value[:, : tf.shape(real)[1]] for value in (ids, confidences))
            tags = tf.gather(names, tf.where(real, ids, len(self.labels)))
            return {"tags": tags, "scores": tf.where(real, confidences, 0.0)}

        @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="text")], autograph=False)
        def serving_default(text):
            """text (batch,) -> tokens, tags, scores, starts, ends (batch, time), lengths, truncated (batch,)."""
            found = self.vectorizer.tokenizer(text)
            dense = {
                "tokens": found.tokens.to_tensor(""),
                "starts": found.starts.to_tensor(0),
                "ends": found.ends.to_tensor(0),
            }
            lengths = tf.cast(found.tokens.row_lengths(), tf.int32)
            return {**tag(found.tokens), **dense, "lengths": lengths, "truncated": found.truncated}

        @tf.function(
            input_signature=[
                tf.TensorSpec([None, None], tf.string, name="tokens"),
                tf.TensorSpec([None], tf.int32, name="lengths"),
            ],
            autograph=False,
        )
        def tag_tokens(tokens, lengths):
            """tokens (batch, time), lengths (batch,) -> tags, scores (batch, time), lengths, truncated (batch,)."""
            kept = tf.clip_by_value(lengths, 0, tf.minimum(tf.shape(tokens)[1], self.run.text.max_tokens))
            ragged = tf.RaggedTensor.from_tensor(tokens, lengths=kept)
            return {**tag(ragged), "lengths": kept, "truncated": lengths > self.run.text.max_tokens}

        return {"serving_default": serving_default, "tag_tokens": tag_tokens}


class TagScorer(Scorer):
    """Token accuracy, a table of tags, and entity F1 where tags mark entities.

    A token that the model did not read, beyond `text.max_tokens`, counts as wrong; in entities it is outside.

    Args:
        names: tag names, in the order of their ids.
        scheme: `none`, `iob2` or `bioes`.
    """

    def __init__(self, names, scheme: str):
        self.names, self.scheme = list(names), scheme
        self._gold, self._chosen = [], []

    def add(self, targets, predictions):
        for gold, chosen in zip(targets, predictions["tags"]):
            real = gold >= 0
            self._gold.append(gold[real])
            beyond = np.full(max(0, len(gold) - len(chosen)), NOT_READ)
            self._chosen.append(np.concatenate([chosen, beyond])[: len(gold)][real])

    def report(self) -> Report:
        from sklearn.metrics import accuracy_score, classification_report

        gold, chosen = np.concatenate(self._gold), np.concatenate(self._chosen)
        metrics = {"token_accuracy": float(accuracy_score(gold, chosen))}
        if self.scheme == "none":
            ids = list(range(len(self.names)))
            table = classification_report(gold, chosen, labels=ids, target_names=self.names, digits=4, zero_division=0)
        else:
            metrics["entity_f1"], table = self._entities()
        return Report(metrics, table)

    def _entities(self) -> tuple[float, str]:
        """Strict entity F1 and its table, by seqeval."""
        from seqeval.metrics import classification_report, f1_score
        from seqeval.scheme import IOB2, IOBES

        scheme = {"iob2": IOB2, "bioes": IOBES}[self.scheme]
        gold, chosen = ([[self._name(i) for i in row] for row in rows] for rows in (self._gold, self._chosen))
        options = {"mode": "strict", "scheme": scheme, "zero_division": 0}
        return float(f1_score(gold, chosen, **options)), classification_report(gold, chosen, digits=4, **options)

    def _name(self, index: int) -> str:
        return "O" if index == NOT_READ else self.names[index]
