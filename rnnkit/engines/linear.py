"""The linear engine: runs h_t = decay_t * h_{t-1} + increment_t in chunks of time that go side by side.

Time is cut into chunks, and a turn of a loop handles one step of every chunk:

    1. every chunk from a state of zero, which gives its end, and the product of its decays;
    2. from chunk to chunk, start_{c+1} = end_c + product_c * start_c;
    3. every chunk again, now from its start, which gives all states.

It takes 2 * length + chunks turns instead of length * chunks, and divides by nothing: products of decays only go to
zero, which is right. The gradient is the same recurrence in the other direction.

Shapes in this file: T time, L length of a chunk, C chunks, B batch, F features, U units.
"""

import functools

import tensorflow as tf

from rnnkit.cells.linear import run_coefficients
from rnnkit.cells.precision import at_least_float32
from rnnkit.engines.chunks import Chunks
from rnnkit.engines.compiled import compiled
from rnnkit.engines.gradients import custom_gradient
from rnnkit.engines.layout import dropped_inputs, known_shape, project, time_major_booleans, visible
from rnnkit.engines.shards import run_in_shards, shard_count


def linear_scan(
    cell,
    sequences,
    initial_states,
    *,
    mask,
    training,
    go_backwards,
    return_sequences,
    zero_output_for_mask,
    compile_loops=False,
):
    """Runs a linear cell over time, as `keras.layers.RNN.inner_loop` must.

    Args:
        cell: Built `LinearCell`, its compute dtype being the layer's.
        sequences: Tensor (B, T, F).
        initial_states: List of one tensor (B, U).
        mask: Boolean tensor (B, T) or (B, T, 1), or `None`. Where it is false the state is carried on.
        training: Boolean, whether dropout applies.
        go_backwards: Boolean, whether time runs from the last step to the first; outputs are in the order of running.
        return_sequences: Boolean, whether the outputs of all steps are wanted.
        zero_output_for_mask: Boolean, whether masked steps give zeros instead of the previous output.
        compile_loops: Boolean, whether XLA compiles the loops over time, which then are one plain loop. Default
            `False`.

    Returns:
        `(last_output, outputs, states)`: tensors (B, U) and (B, T, U), the latter (B, 1, U) with the last output alone
        unless `return_sequences`, and the list of one final state (B, U).
    """
    inputs = dropped_inputs(cell, sequences, training)
    scan = functools.partial(
        _scan,
        cell,
        go_backwards=go_backwards,
        return_sequences=return_sequences,
        zero_output_for_mask=zero_output_for_mask,
        compile_loops=compile_loops,
    )
    mask = None if mask is None else tf.convert_to_tensor(mask)
    tensors = (inputs, tf.convert_to_tensor(initial_states[0]), mask)
    count = shard_count(inputs.shape[0], cell.gates * cell.units)
    return run_in_shards(lambda part: scan(*part), count, tensors)


def _scan(cell, inputs, initial, mask, *, go_backwards, return_sequences, zero_output_for_mask, compile_loops):
    if go_backwards:
        inputs = tf.reverse(inputs, [1])
    mask = time_major_booleans(mask, go_backwards=go_backwards)  # (T, B, 1)
    chunks = Chunks.of(inputs, 1 if compile_loops else None, cell.units)
    initial = tf.cast(initial, at_least_float32(cell.compute_dtype))
    recurrence = Recurrence(cell, chunks.cut_mask(mask), compile_loops)
    hidden = recurrence(_project(cell, chunks.cut(inputs)), initial)  # (L, C, B, U)
    final = tf.cast(chunks.last(hidden, initial), cell.compute_dtype)
    last_output = visible(final, mask, zero_output_for_mask, last=True)
    if not return_sequences:
        return last_output, last_output[:, None], [final]
    outputs = tf.cast(chunks.join(hidden), cell.compute_dtype)  # (B, T, U)
    if mask is not None:
        shown = visible(tf.ones_like(mask, outputs.dtype), mask, zero_output_for_mask)  # (T, B, 1)
        outputs *= tf.transpose(shown, (1, 0, 2))
    return last_output, outputs, [final]


def _project(cell, inputs):
    """Projects every step in one matmul: (L, C, B, F) to (L, C, B, G)."""
    length, count, batch, features = known_shape(inputs)
    projected = project(cell, tf.reshape(inputs, (length, count * batch, features)))
    return tf.reshape(projected, (length, count, batch, cell.gates * cell.units))


class Recurrence:
    """The recurrence of one call, with its hand-made gradient.

    Of what is computed only the states are stored; the gradient computes the coefficients again.

    Args:
        cell: `LinearCell`.
        mask: Boolean tensor (L, C, B, 1), or `None`.
        compile_loops: Boolean, whether XLA compiles what goes forward and what goes backward.
    """

    def __init__(self, cell, mask, compile_loops):
        self.cell = cell
        self.mask = mask
        self.compile_loops = compile_loops

    def __call__(self, projected, initial):
        """Maps (L, C, B, G) and the initial state (B, U) to the states of all steps (L, C, B, U)."""
        forward, backward = self._forward, self._backward
        if self.compile_loops:
            forward, backward = compiled(forward), compiled(self._backward_by_steps)

        @custom_gradient
        def run(projected, initial, *weights):
            states, products = forward(projected, initial, *weights)

            def gradient(upstream):
                return backward(projected, states, products, upstream, *weights)

            return [states[1:]], gradient

        (states,) = run(projected, initial, *(tf.convert_to_tensor(tensor) for tensor in self.cell.step_tensors()))
        return states

    def _coefficients(self, projected, weights, mask):
        """Decay and increment of all steps, (..., U) each, for the projection (..., G) and the mask (..., 1)."""
        *shape, width = known_shape(projected)
        pair = run_coefficients(self.cell, tf.reshape(projected, (-1, width)), weights)
        decay, increment = (tf.reshape(part, (*shape, self.cell.units)) for part in pair)
        if mask is None:
            return decay, increment
        one, zero = tf.ones((), decay.dtype), tf.zeros((), decay.dtype)
        return tf.where(mask, decay, one), tf.where(mask, increment, zero)

    def _forward(self, projected, initial, *weights):
        """Returns the states from every chunk's start on (L + 1, C, B, U), and the products of decays (C, B, U)."""
        decay, increment = self._coefficients(projected, weights, self.mask)
        length = tf.shape(decay)[0]

        def turn(time, state):
            state = decay[time] * state + increment[time]
            return state, (state,)

        one_chunk = decay.shape[1] == 1  # nothing reads its product
        products = tf.ones_like(initial)[None] if one_chunk else tf.reduce_prod(decay, axis=0)
        starts = _starts(turn, products, initial, length, descending=False)
        _, (states,) = _sweep(turn, starts, length, shown=1, first=(starts,))
        return [states, products]

    def _backward(self, projected, states, products, upstream, *weights):
        """Returns the gradients for projection, initial state and weights."""
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch([projected, weights])
            pair = self._coefficients(projected, weights, self.mask)
        decay, length = pair[0], tf.shape(states)[0] - 1

        def turn(time, carried):
            d_state = upstream[time] + carried
            return decay[time] * d_state, (d_state * states[time], d_state)

        starts = _starts(turn, products, tf.zeros_like(products[0]), length, descending=True)
        carried, d_pair = _sweep(turn, starts, length, shown=2, descending=True)
        d_projected, *d_weights = tape.gradient(
            pair, [projected, *weights], output_gradients=d_pair, unconnected_gradients=tf.UnconnectedGradients.ZERO
        )
        return [d_projected, carried[0], *d_weights]

    def _backward_by_steps(self, projected, states, products, upstream, *weights):
        """As `_backward`, of a single chunk, whose coefficients and their gradients never are all in memory at once."""
        length = tf.shape(states)[0] - 1
        array = tf.TensorArray(projected.dtype, size=length, element_shape=projected.shape[1:])

        def body(time, carried, d_weights, array):
            sources = [projected[time], states[time], weights]
            with tf.GradientTape(watch_accessed_variables=False) as tape:
                tape.watch(sources)
                mask = None if self.mask is None else self.mask[time]
                decay, increment = self._coefficients(sources[0], weights, mask)
                state = decay * sources[1] + increment
            d_projected, carried, d_new = tape.gradient(
                state,
                sources,
                output_gradients=upstream[time] + carried,
                unconnected_gradients=tf.UnconnectedGradients.ZERO,
            )
            d_weights = tuple(total + new for total, new in zip(d_weights, d_new))
            return time - 1, carried, d_weights, array.write(time, d_projected)

        start = (length - 1, tf.zeros_like(products), tuple(tf.zeros_like(weight) for weight in weights), array)
        _, carried, d_weights, array = tf.while_loop(lambda time, *_: time >= 0, body, start, maximum_iterations=length)
        return [array.stack(), carried[0], *d_weights]


def _starts(turn, products, initial, length, *, descending):
    """The state that every chunk starts from (C, B, U), the first one, or the last where descending, from `initial`."""
    if products.shape[0] == 1:
        return initial[None]
    count = tf.shape(products)[0]
    turns = tf.where(count > 1, length, 0)  # a single chunk starts where the sequence does
    ends, _ = _sweep(turn, tf.zeros_like(products), turns, descending=descending)

    def step(chunk, state):
        return products[chunk] * state + ends[chunk], (state,)

    _, (starts,) = _sweep(step, initial, count, shown=1, descending=descending)
    return starts


def _sweep(turn, state, turns, *, shown=0, first=(), descending=False):
    """Runs `state, values = turn(index, state)` for every index.

    Args:
        turn: Function, called for every index below `turns`.
        state: Tensor, the state before the first turn.
        turns: Integer tensor.
        shown: How many tensors `values` are to be kept.
        first: Tensors put before the values, or none.
        descending: Boolean, whether the indices descend; the values are in ascending order all the same.

    Returns:
        `(state, kept)`: the last state, and the tuple of the values stacked.
    """
    offset = len(first[:1])
    arrays = tuple(tf.TensorArray(state.dtype, size=turns + offset, element_shape=state.shape) for _ in range(shown))
    arrays = tuple(array.write(0, value) for array, value in zip(arrays, first)) or arrays

    def body(done, state, arrays):
        index = turns - 1 - done if descending else done
        new_state, values = turn(index, state)
        new_state.set_shape(state.shape)
        arrays = tuple(array.write(index + offset, value) for array, value in zip(arrays, values))
        return done + 1, new_state, arrays

    loop = (tf.constant(0), state, arrays)
    _, state, arrays = tf.while_loop(lambda done, *_: done < turns, body, loop, maximum_iterations=turns)
    return state, tuple(array.stack() for array in arrays)
