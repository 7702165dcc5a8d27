"""How a generator writes: from names of classes to texts, in operations that export."""

from collections.abc import Sequence

import tensorflow as tf

from rnnkit import decoding
from rnnkit.config.schema import Decoding
from rnnkit.data.pairs import ClassVectorizer
from rnnkit.data.units import END_ID, PADDING_ID, START_ID, UNKNOWN_ID
from rnnkit.models.generator import LABEL
from rnnkit.models.writer import Writer
from rnnkit.tasks.text_out import served as answered
from rnnkit.tasks.writing import ASKED_SPECS, asserted, limits_of

NEVER_WRITTEN = (PADDING_ID, UNKNOWN_ID, START_ID)
MOST_NAMED = 40  # classes that a refusal lists


class ClassWriter:
    """A generator, and what makes ids of names and texts of ids.

    Args:
        model: built by `rnnkit.models.generator`.
        vectorizer: has the classes and the unit.
        decode: how texts are written where nothing else is asked for.
    """

    def __init__(self, model: Writer, vectorizer: ClassVectorizer, decode: Decoding):
        self.model, self.vectorizer, self.decode = model, vectorizer, decode
        self.longest = decode.max_length or vectorizer.text.target.max_tokens + 1

    def options(self, **asked) -> decoding.DecodingOptions:
        """Those of the run, but for what is asked; what is no text is never written."""
        return self.decode.options(self.longest, banned=NEVER_WRITTEN, **asked)

    def ids(self, names) -> tf.Tensor:
        """The ids of classes, (rows,) int32.

        Raises:
            tf.errors.InvalidArgumentError: one is no class; the message names it, and the classes.
        """
        ids = self.vectorizer(names)[LABEL]
        wrong = tf.boolean_mask(names, ids < 0)[:1]
        message = tf.strings.join(
            ["there is no class ", tf.strings.reduce_join(wrong), f"; {listed(self.vectorizer.labels.names)}"]
        )
        with tf.control_dependencies([tf.debugging.Assert(tf.size(wrong) == 0, [message])]):
            return tf.identity(ids)

    def write(self, names, options: decoding.DecodingOptions, limits=None) -> dict[str, tf.Tensor]:
        """Texts of classes (rows,), as `options` say; `limits` (rows,) int32 are greatest lengths.

        Returns:
            text: (rows,) string, the best.
            scores: (rows,) float32, the sum of the log-probabilities of its tokens, as the model has them.
            finished: (rows,) bool, whether it came to an end.
            token_count: (rows,) int32, its tokens, the end among them.
            candidates, candidate_scores: (rows, n_best), best first; -inf where there are fewer.
        """
        ids = self.ids(names)
        start, state = tf.fill([tf.size(ids)], START_ID), self.model.begin(ids)
        found = decoding.decode(self.model.step, state, start, options, end=END_ID, pad=PADDING_ID, limits=limits)
        texts = self.vectorizer.target.decode(found.tokens)
        return answered("text", texts, found) | {"token_count": found.lengths[:, 0]}


def listed(names: Sequence[str]) -> str:
    """What a refusal says of the classes that there are."""
    more = f" and {len(names) - MOST_NAMED:,} more" if len(names) > MOST_NAMED else ""
    return f"the classes are {', '.join(names[:MOST_NAMED])}{more}"


def served(writer: ClassWriter) -> dict[str, tf.types.experimental.GenericFunction]:
    """The functions of a generator for a SavedModel, by name: saved_models/README.md has their tensors."""
    text = tf.TensorSpec([None], tf.string, name="text")

    @tf.function(input_signature=[text], autograph=False)
    def serving_default(text):
        return writer.write(text, writer.options())

    @tf.function(input_signature=[text, *ASKED_SPECS], autograph=False)
    def generate(text, max_length, temperature, top_k, top_p, seed):
        asked = asserted(temperature, top_k, top_p, seed)
        limits = limits_of(tf.size(text), max_length, writer.longest)
        return writer.write(text, writer.options(method="sample", n_best=1, **asked), limits)

    @tf.function(input_signature=[], autograph=False)
    def classes():
        return {"classes": tf.constant(writer.vectorizer.labels.names)}

    return {function.__name__: function for function in (serving_default, generate, classes)}
