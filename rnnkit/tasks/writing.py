"""What a language model does for a user, in graph: go on with a text, score a text, one step at a time."""

from collections.abc import Callable

import keras
import tensorflow as tf

from rnnkit import decoding
from rnnkit.config.schema import LONGEST_TEXT, Generation
from rnnkit.data.units import END_ID, PADDING_ID, START_ID, UNKNOWN_ID, Unit
from rnnkit.decoding.stepping import alike, frozen
from rnnkit.models import language_model
from rnnkit.models.losses import each_cross_entropy

# What a served `generate` takes besides what is written about, each a scalar.
ASKED = {"max_length": tf.int32, "temperature": tf.float32, "top_k": tf.int32, "top_p": tf.float32, "seed": tf.int64}
ASKED_SPECS = [tf.TensorSpec([], dtype, name=name) for name, dtype in ASKED.items()]


class Writer:
    """A language model and the unit that its ids are of.

    Texts are (rows,) strings. Where documents end in `</s>`, a text is read as a document of its own, from what
    follows a `</s>`; otherwise its first token stands alone, and is neither scored nor drawn.

    Args:
        model: built by `rnnkit.models.language_model`.
        unit: makes ids of texts.
        window: tokens read at a time, which bounds the memory that a long text takes.
        documents: whether documents end in `</s>`.
    """

    def __init__(self, model: keras.Model, unit: Unit, window: int, documents: bool):
        self.model, self.unit, self.window, self.documents = model, unit, window, documents

    def ids(self, texts) -> tf.RaggedTensor:
        """The ids of texts, ragged (rows, None), each at least one.

        Raises:
            tf.errors.InvalidArgumentError: a text has no token, or one that the unit refuses.
        """
        ids = self.unit.ragged(texts)
        if self.documents:
            return tf.concat([tf.fill([ids.nrows(), 1], END_ID), ids], axis=1)
        empty = tf.where(ids.row_lengths() == 0)[:1, 0]
        message = tf.strings.join(["text ", tf.strings.reduce_join(tf.strings.as_string(empty)), " has no token"])
        with tf.control_dependencies([tf.debugging.Assert(tf.size(empty) == 0, [message])]):
            return ids.with_values(tf.identity(ids.values))

    def token_count(self, ids: tf.RaggedTensor):
        """How many tokens each text has, (rows,) int32."""
        return tf.cast(ids.row_lengths(), tf.int32) - int(self.documents)

    def step(self, tokens, states):
        """Logits (rows, vocabulary) of what follows tokens (rows,), and the states then: a step of rnnkit.decoding."""
        logits, states = language_model.read(self.model, tokens[:, None], states)
        return logits[:, 0], states

    def begin(self, ids: tf.RaggedTensor) -> tuple[tf.Tensor, dict]:
        """The last token of each row, (rows,) int32, and the states before it.

        The tokens before the last of the shortest row are read at once, what other rows have besides step by step: so
        no state is carried over padding.
        """
        lengths = tf.cast(ids.row_lengths(), tf.int32)
        dense = ids.to_tensor(PADDING_ID)
        longest = tf.maximum(tf.reduce_max(lengths), 1)
        common = tf.minimum(tf.reduce_min(lengths), longest) - 1
        states, _ = self._read(dense[:, :common], lambda total, *_: total)

        def one(time, states):
            _, after = self.step(dense[:, time], states)
            return time + 1, alike(states, frozen(time >= lengths - 1, states, after))

        _, states = tf.while_loop(lambda time, _: time < longest - 1, one, (common, states))
        return tf.gather(dense, lengths - 1, batch_dims=1), states

    def generate(self, texts, options: decoding.DecodingOptions, limits=None) -> dict[str, tf.Tensor]:
        """How each text goes on, drawn as `options` say; `limits` (rows,) int32 are greatest lengths.

        Returns:
            text: what follows each text, with the blank before it where one belongs there.
            tokens: (rows,) int32, how many were drawn.
            scores: (rows,) float32, the sum of their log-probabilities, as the model has them.
            finished: (rows,) bool, whether the document ended by itself.
            token_count: (rows,) int32, tokens of the text that was given.
        """
        ids = self.ids(texts)
        last, states = self.begin(ids)
        end = END_ID if self.documents else None
        found = decoding.sample(self.step, states, last, options, end=end, pad=PADDING_ID, limits=limits)
        drawn = tf.RaggedTensor.from_tensor(found.tokens[:, 0], lengths=found.lengths[:, 0])
        given, whole = self.unit.decode(ids), self.unit.decode(tf.concat([ids, drawn], axis=1))
        begin = tf.strings.length(given)
        return {
            "text": tf.strings.substr(whole, begin, tf.strings.length(whole) - begin),
            "tokens": found.lengths[:, 0],
            "scores": found.scores[:, 0],
            "finished": found.finished[:, 0],
            "token_count": self.token_count(ids),
        }

    def score(self, texts) -> dict[str, tf.Tensor]:
        """How likely each text is.

        Returns:
            nats: (rows,) float32, minus the log-probability of its tokens.
            tokens: (rows,) int32, how many were scored: all, but the first where documents do not end in `</s>`.
            characters: (rows,) int32, Unicode characters of the text.
            perplexity: (rows,) float32, exp(nats / tokens); NaN where nothing is scored.
            token_count: (rows,) int32, tokens of the text.
        """
        ids = self.ids(texts)
        dense = ids.to_tensor(PADDING_ID)
        scored = tf.cast(ids.row_lengths(), tf.int32) - 1
        following = dense[:, 1:]
        targets = tf.where(tf.sequence_mask(scored, tf.shape(following)[1]), following, -1)

        def add(total, logits, begin, end):
            return total + tf.reduce_sum(each_cross_entropy(logits, targets[:, begin:end]), axis=1)

        _, nats = self._read(dense[:, :-1], add)
        return {
            "nats": tf.cast(nats, tf.float32),
            "tokens": scored,
            "characters": tf.strings.length(texts, unit="UTF8_CHAR"),
            "perplexity": tf.cast(tf.exp(nats / tf.cast(scored, nats.dtype)), tf.float32),
            "token_count": self.token_count(ids),
        }

    def _read(self, tokens, add: Callable):
        """Reads tokens (rows, time) window by window, from their beginning.

        Args:
            tokens: without padding, or what follows padding means nothing.
            add: `(total, logits, begin, end) -> total`, (rows,) numbers, from those of a window.

        Returns:
            The states after it, and the total.
        """
        rows, time = tf.unstack(tf.shape(tokens))
        states = language_model.initial_states(self.model, rows)
        total = tf.zeros([rows], self.model.output[language_model.LOGITS].dtype)

        def one(begin, states, total):
            end = tf.minimum(begin + self.window, time)
            logits, after = language_model.read(self.model, tokens[:, begin:end], states)
            return end, alike(states, after), add(total, logits, begin, end)

        _, states, total = tf.while_loop(lambda begin, *_: begin < time, one, (tf.constant(0), states, total))
        return states, total


def drawing(generation: Generation, documents: bool, **named) -> decoding.DecodingOptions:
    """Options as `generation` says, but for those that are named; what is no text is never drawn.

    Args:
        generation: of the run.
        documents: whether documents end in `</s>`.
        named: options of `DecodingOptions`, in place of those of the run.
    """
    options = generation.model_dump(exclude={"tokens"}) | {"max_length": generation.tokens} | named
    banned = (PADDING_ID, UNKNOWN_ID, START_ID, *([] if documents else [END_ID]))
    return decoding.DecodingOptions(method="sample", banned=banned, **options)


def limits_of(rows, max_length, longest: int) -> tf.Tensor:
    """A greatest length for each row, (rows,) int32, as a served `generate` was asked for.

    Raises:
        tf.errors.InvalidArgumentError: `max_length` is not from 1 to `longest`.
    """
    possible = (max_length >= 1) & (max_length <= longest)
    return tf.fill([rows], _asserted("max_length", max_length, possible, f"1 to {longest}"))


def asserted(temperature, top_k, top_p, seed) -> dict[str, tf.Tensor]:
    """The other options that a served `generate` was asked for, by name.

    Raises:
        tf.errors.InvalidArgumentError: one is out of range.
    """
    finite = tf.math.is_finite(temperature) & (temperature >= 0)
    return {
        "temperature": _asserted("temperature", temperature, finite, "a finite number, 0 (greedy) or more,"),
        "top_k": _asserted("top_k", top_k, top_k >= 0, "0 (all) or more"),
        "top_p": _asserted("top_p", top_p, (top_p >= 0) & (top_p <= 1), "0 (greedy) to 1 (all)"),
        "seed": seed,
    }


def _asserted(name: str, value: tf.Tensor, possible: tf.Tensor, needed: str) -> tf.Tensor:
    message = tf.strings.join([f"{name}: {needed} is needed, got ", tf.strings.as_string(value)])
    with tf.control_dependencies([tf.debugging.Assert(possible, [message])]):
        return tf.identity(value)


def served(writer: Writer, generation: Generation) -> dict[str, tf.types.experimental.GenericFunction]:
    """The functions of a language model for a SavedModel, by name: saved_models/README.md has their tensors."""
    text = tf.TensorSpec([None], tf.string, name="text")

    @tf.function(input_signature=[text], autograph=False)
    def serving_default(text):
        return writer.generate(text, drawing(generation, writer.documents))

    @tf.function(input_signature=[text, *ASKED_SPECS], autograph=False)
    def generate(text, max_length, temperature, top_k, top_p, seed):
        given = asserted(temperature, top_k, top_p, seed)
        limits = limits_of(tf.size(text), max_length, LONGEST_TEXT)
        options = drawing(generation, writer.documents, max_length=LONGEST_TEXT, **given)
        return writer.generate(text, options, limits)

    @tf.function(input_signature=[text], autograph=False)
    def score(text):
        return writer.score(text)

    @tf.function(input_signature=[text], autograph=False)
    def begin(text):
        last, states = writer.begin(writer.ids(text))
        return {"tokens": last, **states}

    @tf.function(input_signature=[text], autograph=False)
    def encode(text):
        tokens, lengths = writer.unit.encode(text)
        return {"tokens": tokens, "lengths": lengths}

    @tf.function(input_signature=[tf.TensorSpec([None, None], tf.int32, name="tokens")], autograph=False)
    def decode(tokens):
        return {"text": writer.unit.decode(tokens)}

    functions = (serving_default, generate, score, begin, encode, decode)
    return {"step": _step(writer), **{function.__name__: function for function in functions}}


def _step(writer):
    """The step with each state as an argument of its own, under its own name."""
    states = language_model.initial_states(writer.model, 0)
    specs = {name: tf.TensorSpec([None, state.shape[1]], state.dtype, name=name) for name, state in states.items()}

    def step(tokens, **states):
        logits, after = writer.step(tokens, states)
        return {"logits": logits, **after}

    tokens = tf.TensorSpec([None], tf.int32, name="tokens")
    return tf.function(step, autograph=False).get_concrete_function(tokens=tokens, **specs)
