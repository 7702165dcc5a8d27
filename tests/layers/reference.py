"""The equations of every cell in NumPy, one gate at a time."""

import numpy as np

ACTIVATIONS = {
    "tanh": np.tanh,
    "sigmoid": lambda x: 1.0 / (1.0 + np.exp(-x)),
    "relu": lambda x: np.maximum(x, 0.0),
    "linear": lambda x: x,
    "linear_sigmoid": lambda x: np.where(x >= 0, x + 0.5, 1.0 / (1.0 + np.exp(-x))),
}
sigmoid = ACTIVATIONS["sigmoid"]


def gate(matrix, index, units):
    """Columns of one gate."""
    return matrix[..., index * units : (index + 1) * units]


def simple_step(x, states, kernel, recurrent_kernel, bias, activation="tanh"):
    (h,) = states
    return [ACTIVATIONS[activation](x @ kernel + h @ recurrent_kernel + bias)]


def leaky_step(x, states, kernel, recurrent_kernel, bias, alpha, activation="tanh"):
    (u,) = states
    v = ACTIVATIONS[activation](x @ kernel + u @ recurrent_kernel + bias)
    return [alpha * u + (1.0 - alpha) * v]


def gru_step(x, states, kernel, recurrent_kernel, bias, reset_after=True):
    (h,) = states
    units = h.shape[-1]
    b, c = bias if reset_after else (bias, np.zeros_like(bias))

    def project(index):
        return x @ gate(kernel, index, units) + gate(b, index, units)

    def recur(hidden, index):
        return hidden @ gate(recurrent_kernel, index, units) + gate(c, index, units)

    z = sigmoid(project(0) + recur(h, 0))
    r = sigmoid(project(1) + recur(h, 1))
    candidate = np.tanh(project(2) + (r * recur(h, 2) if reset_after else recur(r * h, 2)))
    return [z * h + (1.0 - z) * candidate]


def lstm_step(x, states, kernel, recurrent_kernel, bias, peephole=None):
    h, c = states
    units = h.shape[-1]
    p_i, p_f, p_o = np.zeros((3, units)) if peephole is None else peephole

    def total(index):
        return x @ gate(kernel, index, units) + h @ gate(recurrent_kernel, index, units) + gate(bias, index, units)

    i = sigmoid(total(0) + p_i * c)
    f = sigmoid(total(1) + p_f * c)
    c = f * c + i * np.tanh(total(2))
    o = sigmoid(total(3) + p_o * c)
    return [o * np.tanh(c), c]


def min_gru_step(x, states, kernel, bias, activation="linear_sigmoid"):
    (h,) = states
    z, candidate = (x @ gate(kernel, index, h.shape[-1]) + gate(bias, index, h.shape[-1]) for index in range(2))
    z = sigmoid(z)
    return [(1.0 - z) * h + z * ACTIVATIONS[activation](candidate)]


def min_lstm_step(x, states, kernel, bias, activation="linear_sigmoid"):
    (h,) = states
    f, i, candidate = (x @ gate(kernel, index, h.shape[-1]) + gate(bias, index, h.shape[-1]) for index in range(3))
    f, i = sigmoid(f), sigmoid(i)
    return [f / (f + i) * h + i / (f + i) * ACTIVATIONS[activation](candidate)]


def linear_leaky_step(x, states, kernel, bias, alpha, activation="linear"):
    (u,) = states
    return [alpha * u + (1.0 - alpha) * ACTIVATIONS[activation](x @ kernel + bias)]


def attention_energy(layer, query, entry, covered):
    """The energy of one query (Q,) and one entry (M,), `covered` being a number."""
    weights = {weight.name: weight.numpy() for weight in layer.weights}
    kernel = weights.get("coverage_kernel", 0.0)
    mode = getattr(layer, "mode", "additive")
    if mode == "dot":
        return query @ entry + np.sum(covered * kernel)
    if mode == "general":
        return query @ (entry @ weights["memory_kernel"]) + np.sum(covered * kernel)
    both = np.concatenate([query, entry]) @ np.concatenate([weights["query_kernel"], weights["memory_kernel"]])
    return weights["energy_kernel"] @ np.tanh(both + weights.get("bias", 0.0) + covered * kernel)


def run(step, inputs, states, weights, mask=None, **options):
    """Outputs (batch, time, units) and final states, in float64; masked steps carry states and output on."""
    inputs, states = np.float64(inputs), [np.float64(state) for state in states]
    weights = [np.float64(weight) for weight in weights]
    output = np.zeros_like(states[0])
    outputs = []
    for time in range(inputs.shape[1]):
        new_states = step(inputs[:, time], states, *weights, **options)
        valid = np.ones((len(inputs), 1), bool) if mask is None else mask[:, time, None]
        states = [np.where(valid, new, old) for new, old in zip(new_states, states)]
        output = np.where(valid, new_states[0], output)
        outputs.append(output)
    return np.stack(outputs, axis=1), states
