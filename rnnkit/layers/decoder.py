"""The decoder of a sequence-to-sequence network: recurrent layers over a target that read what it depends on.

Shapes in this file: B batch, T steps of the target, F its width, C the width of the context vector, S entries of the
memory, M their width, U the width of the output.
"""

import contextlib

import keras
import tensorflow as tf

from rnnkit.cells.arguments import choice, positive_integer
from rnnkit.engines.layout import known_shape
from rnnkit.layers.decoder_arguments import check_attention, check_given, check_layers, check_sampling
from rnnkit.layers.decoder_loop import at_first_step, decode_in_steps, shown
from rnnkit.layers.multiplicative_attention import MultiplicativeAttention
from rnnkit.layers.stack import RNNStack

CONTEXTS = ("initial", "input", "both", "first_step", "attention")
ENTERING = ("input", "both", "first_step")  # where the stack reads the context


@keras.saving.register_keras_serializable(package="rnnkit")
class Decoder(keras.layers.Layer):
    """Recurrent layers over a target sequence that depends on a context, in one of the textbook's ways.

    With x the target's vectors, c the context vector, m the memory and h what the stack of layers puts out,

        "initial"      s_0 = tanh(c W_k + b_k) for the k-th state, h_t = stack(x_t), output_t = h_t
        "input"        s_0 = 0, h_t = stack([x_t, c]), output_t = h_t
        "both"         s_0 = tanh(c W_k + b_k), h_t = stack([x_t, c]), output_t = h_t
        "first_step"   s_0 = 0, h_1 = stack(c), h_t = stack(0) after it, output_t = h_t
        "attention"    h_t = stack(x_t), a_t = attention(h_t, m), output_t = tanh([a_t, h_t] W)

    and with "attention" s_0 = tanh(c W_k + b_k) if there is a context vector too, else 0. With `input_feeding=True`
    h_t = stack([x_t, output_{t-1}]), where output_0 = 0. With `attend_after=n` h is what the n-th layer puts out, and
    the layers after it are a stack of their own that reads (and with a residual adds) D(tanh([a_t, h_t] W)): so the
    decoder knows what it attended to before, and still runs over the whole target at once. With "first_step" x says how
    many steps there are and is not read, so what was put out is never fed back; the first step is the first that is not
    masked.

    A call runs over the whole target: a stack on its engine in one go, then the attention for all steps at once (one
    after the other with coverage). Only with input feeding or scheduled sampling, where a step reads what the last one
    put out, all of it goes step by step, in a loop in the graph. `begin` and `step` do the same from outside.

    Args:
        layers: List of recurrent layers, first to last, each with `return_sequences=True`, without `return_state` and
            of one direction; or one such layer.
        context: `"initial"`, `"input"`, `"both"`, `"first_step"` or `"attention"`. Default `"initial"`.
        attention: `AdditiveAttention` or `MultiplicativeAttention`; only with "attention", where the default, `None`,
            is `MultiplicativeAttention()`.
        attention_units: Positive integer, the width of tanh([a_t, h_t] W), which is U if no layer comes after it.
            Default `None`: the width of h.
        attend_after: Positive integer, the layer, from 1, that asks the attention; only with "attention", and not with
            input feeding unless it is the last. Default `None`: the last.
        input_feeding: Boolean, whether the output enters the next step; only with "attention". Default `False`.
        return_scores: Boolean, whether to return the attention's scores too; only with "attention". Default `False`.
        connection, dropout: As in `RNNStack`, in each of the two stacks where there are layers after the attention.
        seed: Integer or `None`, seed of that dropout and of scheduled sampling.
        **kwargs: Of `keras.layers.Layer`.

    Call arguments:
        inputs: Tensor (B, T, F), what the target's steps read: with teacher forcing the vectors of the right tokens, a
            start token ahead.
        context: Tensor (B, C), or `None` where none is needed.
        memory: Tensor (B, S, M), with "attention"; else `None`.
        memory_mask: Boolean tensor (B, S), or `None`: which entries of the memory there are.
        mask: Boolean tensor (B, T), or `None`: where it is false, the state is carried on, and outputs and scores are
            zero.
        initial_state: List of the states of all layers in place of s_0 above, or `None`.
        training: Boolean, whether dropout applies.
        feed: Function of an output (B, U) to the next input (B, F), for scheduled sampling: the embedding of a token
            that it takes or draws from the output. It is called in a loop in the graph. No gradient goes through the
            output that it gets, as in the paper.
        chances: Number in [0, 1], or tensor (T,) of such, needed with `feed`: the probability, for every row alone,
            that step t reads `feed(output_{t-1})` instead of its input. The first step always reads its input.

    Returns:
        outputs: Tensor (B, T, U), in the compute dtype.
        scores: Tensor (B, T, S), of the attention; with `return_scores` only.

    Attributes:
        engine_used: What the last call ran on: a tuple with an entry for each layer, or `"steps"`.
        output_size: Integer, U.

    Raises:
        ValueError: Arguments do not fit each other, or a layer does not fit in; the message names them.
        TypeError: `attention` is none, or an entry of `layers` is no recurrent layer.

    Example:

    ```python
    import keras
    from rnnkit.layers import LSTM, AdditiveAttention, Decoder

    decoder = Decoder([LSTM(4, return_sequences=True)], context="attention", attention=AdditiveAttention())
    memory, target = keras.ops.ones((2, 7, 6)), keras.ops.ones((2, 5, 3))
    outputs = decoder(target, memory=memory)  # (2, 5, 4)
    output, state, scores = decoder.step(target[:, 0], decoder.begin(memory=memory))  # (2, 4), ..., (2, 7)
    ```

    Source: "initial" Sutskever et al., 2014, arXiv 1409.3215; "input" and "both" Cho et al., 2014, arXiv 1406.1078;
    "first_step" as Karpathy, 2015, The Unreasonable Effectiveness of Recurrent Neural Networks, draws one-to-many;
    "attention" and input feeding Luong et al., 2015, arXiv 1508.04025, equation 5 and section 3.3; layers after the
    attention as in Wu et al., 2016, arXiv 1609.08144, where it is asked by the step before; scheduled sampling Bengio
    et al., 2015, arXiv 1506.03099.
    """

    def __init__(
        self,
        layers,
        context="initial",
        attention=None,
        attention_units=None,
        attend_after=None,
        input_feeding=False,
        return_scores=False,
        connection=None,
        dropout=0.0,
        seed=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.supports_masking = True
        layers = list(layers) if isinstance(layers, (list, tuple)) else [layers]
        self.context = choice("Decoder", "context", context, CONTEXTS)
        if attend_after is not None:
            attend_after = positive_integer("Decoder", "attend_after", attend_after)
        if attention_units is not None:
            attention_units = positive_integer("Decoder", "attention_units", attention_units)
        options = {"connection": connection, "dropout": dropout, "dtype": self.dtype_policy}
        self.stack, self.upper = RNNStack(layers[:attend_after], seed=seed, name="stack", **options), None
        if layers[len(self.stack.layers) :]:
            other = None if seed is None else seed + 1
            self.upper = RNNStack(layers[attend_after:], seed=other, name="upper", **options)
        check_layers(layers)
        self.attention, self.attention_units, self.attend_after = attention, attention_units, attend_after
        self.input_feeding, self.return_scores = bool(input_feeding), bool(return_scores)
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)
        self.bridge = []
        self.in_steps = False
        check_attention(self, len(layers))
        if self.context == "attention" and attention is None:
            self.attention = MultiplicativeAttention(name="attention", dtype=self.dtype_policy)

    @property
    def engine_used(self):
        return "steps" if self.in_steps else tuple(engine for stack in self._stacks for engine in stack.engine_used)

    @property
    def output_size(self):
        return self._found_size if self.upper is None else _width(self.upper)

    @property
    def _found_size(self):
        return self.attention_units or _width(self.stack)

    @property
    def _stacks(self):
        return [self.stack] if self.upper is None else [self.stack, self.upper]

    # === Weights and shapes ===

    def build(self, inputs_shape, context_shape=None, memory_shape=None):
        check_given(self.context, context_shape, memory_shape, begun=True)
        width = 0 if self.context == "first_step" else inputs_shape[-1]
        width += context_shape[-1] if self.context in ENTERING else 0
        width += self.output_size if self.input_feeding else 0
        self.stack.build((*inputs_shape[:2], width))
        if context_shape is not None and self.context in ("initial", "both", "attention"):
            self._build_bridge(context_shape)
        if self.attention is not None:
            self._build_attention(inputs_shape, memory_shape)
        if self.upper is not None:
            self.upper.build((*inputs_shape[:2], self._found_size))

    def _build_bridge(self, context_shape):
        self.bridge = [
            keras.layers.Dense(size, "tanh", name=f"initial_state_{number}", dtype=self.dtype_policy)
            for number, size in enumerate((size for stack in self._stacks for size in stack.state_size), 1)
        ]
        for dense in self.bridge:
            dense.build(context_shape)

    def _build_attention(self, inputs_shape, memory_shape):
        top = _width(self.stack)
        if not self.attention.built:
            self.attention.build((*inputs_shape[:2], top), memory_shape)
        self.attentional = keras.layers.Dense(
            self._found_size, "tanh", use_bias=False, name="attentional", dtype=self.dtype_policy
        )
        self.attentional.build((None, memory_shape[-1] + top))

    def compute_output_shape(self, inputs_shape, context_shape=None, memory_shape=None):
        outputs = (*inputs_shape[:2], self.output_size)
        return (outputs, (*inputs_shape[:2], memory_shape[1])) if self.return_scores else outputs

    def compute_output_spec(self, inputs, context=None, memory=None, *_, **__):
        shapes = self.compute_output_shape(inputs.shape, memory_shape=None if memory is None else memory.shape)
        if not self.return_scores:
            return keras.KerasTensor(shapes, self.compute_dtype)
        outputs, scores = shapes
        return keras.KerasTensor(outputs, self.compute_dtype), keras.KerasTensor(scores, self.attention.score_dtype)

    def compute_mask(self, inputs, mask=None):
        return [mask, None] if self.return_scores else mask

    # === The whole target ===

    def call(
        self,
        inputs,
        context=None,
        memory=None,
        memory_mask=None,
        mask=None,
        initial_state=None,
        training=False,
        feed=None,
        chances=None,
    ):
        check_sampling(self.context, feed, chances)
        mask = None if mask is None else tf.cast(mask, tf.bool)
        self.in_steps = self.input_feeding or feed is not None
        if self.in_steps:
            state = self.begin(context, memory, memory_mask, initial_state)
            outputs, scores = decode_in_steps(self, inputs, state, mask, training, feed, chances)
        else:
            check_given(self.context, context, memory, initial_state is not None)
            outputs, scores = self._at_once(inputs, context, memory, memory_mask, mask, initial_state, training)
        return (outputs, scores) if self.return_scores else outputs

    def _at_once(self, inputs, context, memory, memory_mask, mask, initial_state, training):
        states, above = self._apart(self._initial_states(context, initial_state))
        if self.context in ("input", "both"):
            repeated = tf.tile(context[:, None], (1, tf.shape(inputs)[1], 1))  # (B, T, C)
            inputs = tf.concat([inputs, repeated], axis=-1)
        elif self.context == "first_step":
            inputs = at_first_step(context, tf.shape(inputs)[1], mask)
        outputs, scores = self.stack(inputs, initial_state=states, mask=mask, training=training), ()
        outputs.set_shape((*inputs.shape[:2], _width(self.stack)))  # a loop over time does not know for how long it ran
        if self.attention is not None:
            found, scores = self.attention(outputs, memory, memory_mask=memory_mask, queries_mask=mask)
            outputs = self.attentional(tf.concat([found, outputs], axis=-1))
        if self.upper is not None:
            outputs = self.stack.between(outputs, training=training)
            outputs = self.upper(outputs, initial_state=above, mask=mask, training=training)
            outputs.set_shape((*inputs.shape[:2], self.output_size))
        return (outputs if mask is None else shown(mask, outputs)), scores

    # === Step by step ===

    def begin(self, context=None, memory=None, memory_mask=None, initial_state=None):
        """The state before the first step, of the built layer.

        Args:
            context, memory, memory_mask, initial_state: As in a call.

        Returns:
            Dictionary of tensors whose first axis is B. `step` hands memory, keys, mask and context on untouched;
            "first_step" has its context as `coming`, which is zero after a step.
        """
        context, memory = (None if it is None else tf.cast(it, self.compute_dtype) for it in (context, memory))
        check_given(self.context, context, memory, initial_state is not None)
        known = next(tensor for tensor in (context, memory, *(initial_state or [])) if tensor is not None)
        states = self._initial_states(context, initial_state)
        if states is None:
            states = [state for stack in self._stacks for state in stack.get_initial_state(known_shape(known)[0])]
        state = {"states": states}
        if self.context in ("input", "both"):
            state["context"] = context
        elif self.context == "first_step":
            state["coming"] = context
        if self.attention is not None:
            batch, length = known_shape(memory)[:2]
            state.update(memory=memory, keys=self.attention.prepare(memory))
            if memory_mask is not None:
                state["memory_mask"] = tf.cast(memory_mask, tf.bool)
            if self.attention.coverage:
                state["coverage"] = tf.zeros((batch, length), self.attention.score_dtype)
            if self.input_feeding:
                state["fed"] = tf.zeros((batch, self.output_size), self.compute_dtype)
        return state

    def step(self, vector, state, training=False):
        """One step.

        Args:
            vector: Tensor (B, F).
            state: What `begin` or the step before returned.
            training: Boolean, whether dropout applies. Where it is true, `stepping` has to be around all steps.

        Returns:
            output: Tensor (B, U), in the compute dtype.
            state: As it came.
            scores: Tensor (B, S), of the attention; `()` where there is none.
        """
        below, above = self._apart(state["states"])
        output, states = self.stack.step(self._widened(vector, state), below, training)
        after, scores = {**state}, ()
        if self.attention is not None:
            found, scores = self.attention.attend(
                output, state["memory"], state["keys"], state.get("memory_mask"), state.get("coverage")
            )
            output = self.attentional(tf.concat([found, output], axis=-1))
        if self.upper is not None:
            output, above = self.upper.step(self.stack.between(output, training=training), above, training)
            states = [*states, *above]
        after["states"] = states
        if "coverage" in state:
            after["coverage"] = state["coverage"] + scores
        if "coming" in state:
            after["coming"] = tf.zeros_like(state["coming"])
        if "fed" in state:
            after["fed"] = output
        return output, after, scores

    @contextlib.contextmanager
    def stepping(self, vector, state, training=False):
        """A context for the steps of one target with `training`; as `RNNStack.stepping`."""
        below, above = self._apart(state["states"])
        with contextlib.ExitStack() as contexts:
            contexts.enter_context(self.stack.stepping(self._widened(vector, state), below, training))
            if self.upper is not None:
                found = tf.zeros((known_shape(vector)[0], self._found_size), self.compute_dtype)
                contexts.enter_context(self.upper.stepping(found, above, training))
            yield

    def _apart(self, states):
        """A list of all layers' states, or `None`: those of the layers before and after the attention."""
        if states is None or self.upper is None:
            return states, None
        count = len(self.stack.state_size)
        return states[:count], states[count:]

    def _widened(self, vector, state):
        """What the stack reads at a step."""
        if "coming" in state:
            return state["coming"]
        parts = [vector, *(state[name] for name in ("context", "fed") if name in state)]
        return tf.concat([tf.cast(part, self.compute_dtype) for part in parts], axis=-1)

    def _initial_states(self, context, initial_state):
        """List of the stack's initial states, or `None` where it begins as it likes."""
        if initial_state is not None:
            return [tf.cast(state, self.compute_dtype) for state in initial_state]
        if context is None or self.context in ("input", "first_step"):
            return None
        if not self.bridge:
            raise ValueError(
                "Decoder: argument `context` came for the first time after the weights were made. "
                "Give it to the first call, or to `build`, too."
            )
        return [dense(context) for dense in self.bridge]

    # === Config ===

    def get_config(self):
        own = {
            "layers": [keras.saving.serialize_keras_object(layer) for stack in self._stacks for layer in stack.layers],
            "context": self.context,
            "attention": keras.saving.serialize_keras_object(self.attention),
            "attention_units": self.attention_units,
            "attend_after": self.attend_after,
            "input_feeding": self.input_feeding,
            "return_scores": self.return_scores,
            "connection": self.stack.connection,
            "dropout": self.stack.dropout,
            "seed": self.seed,
        }
        return {**super().get_config(), **own}

    @classmethod
    def from_config(cls, config, custom_objects=None):
        config = {**config}
        for name in ("layers", "attention"):
            config[name] = keras.saving.deserialize_keras_object(config[name], custom_objects=custom_objects)
        return cls(**config)


def _width(stack):
    """Features of what a stack puts out."""
    return stack.layers[-1].compute_output_shape((None, None, 1))[-1]
