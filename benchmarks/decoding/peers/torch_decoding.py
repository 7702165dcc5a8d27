"""Plain loops in PyTorch that decode with a network, for an interpreter that has torch and NumPy: see `serving`."""

import torch

from benchmarks.speed.peers.serving import serve

WIDTH, START, END, FORCE = 5, 1, 2, 50.0  # as in `cases` and `network`, which need TensorFlow


class Step:
    """The step of a network; its LSTM one step of `LSTM`, or of `LSTMCell` for every layer.

    Args:
        arrays: Weights and states by name, in the layout of `network`.
        shape: Sizes of the case.
        cells: Whether `LSTMCell` is taken.
    """

    def __init__(self, arrays, shape, cells):
        _, self.vocabulary, self.layers, units, _ = shape
        self.weights = arrays
        self.head = arrays["head"].T.contiguous()
        lstm = torch.nn.LSTM(units, units, self.layers)
        self.lstm, self.cells = lstm, [torch.nn.LSTMCell(units, units) for _ in range(self.layers)] if cells else None
        for layer in range(self.layers):
            for owner, suffix in ((lstm, f"_l{layer}"), *([(self.cells[layer], "")] if cells else [])):
                getattr(owner, f"weight_ih{suffix}").copy_(arrays[f"kernel_{layer}"].T)
                getattr(owner, f"weight_hh{suffix}").copy_(arrays[f"recurrent_{layer}"].T)
                getattr(owner, f"bias_ih{suffix}").copy_(arrays[f"bias_{layer}"])
                getattr(owner, f"bias_hh{suffix}").zero_()

    def begin(self, times):
        """The first states, each text `times` times; the text is the second axis of `hidden` and `cell`."""
        names = [f"{{}}_{layer}" for layer in range(self.layers)]
        state = {key: torch.stack([self.weights[name.format(key)] for name in names]) for key in ("hidden", "cell")}
        state = {key: value.repeat_interleave(times, 1) for key, value in state.items()}
        more = (name for name in ("memory", "left") if name in self.weights)
        return state | {name: self.weights[name].repeat_interleave(times, 0) for name in more}

    def __call__(self, tokens, state):
        """Logits (texts, vocabulary) of what follows tokens (texts,), and the states then."""
        vector, after = torch.nn.functional.embedding(tokens, self.weights["embedding"]), dict(state)
        if self.cells is None:
            output, (after["hidden"], after["cell"]) = self.lstm(vector[None], (state["hidden"], state["cell"]))
            vector = output[0]
        else:
            hidden, cell = list(state["hidden"]), list(state["cell"])
            for layer, each in enumerate(self.cells):
                vector, cell[layer] = each(vector, (hidden[layer], cell[layer]))
                hidden[layer] = vector
            after["hidden"], after["cell"] = hidden, cell
        if "memory" in state:
            vector = self._attended(vector, state["memory"])
        logits = torch.nn.functional.linear(vector, self.head, self.weights["head_bias"])
        if "left" in state:
            logits[:, END] += torch.where(state["left"][:, 0] <= 0, FORCE, -FORCE)
            after["left"] = state["left"] - 1
        return logits, after

    def _attended(self, vector, memory):
        scores = torch.softmax(torch.bmm(memory, vector[:, :, None])[:, :, 0], dim=-1)
        context = torch.bmm(scores[:, None], memory)[:, 0]
        return torch.tanh(torch.cat([vector, context], dim=1) @ self.weights["combine"])


def one_each(step, shape, drawn, ends):
    """Greedy, or drawn: tokens (texts, time) and scores (texts,)."""
    state, last = step.begin(1), torch.full((shape[0],), START)
    scores, done, tokens = torch.zeros(shape[0]), torch.zeros(shape[0], dtype=torch.bool), []
    for _ in range(shape[4]):
        logits, state = step(last, state)
        chances = torch.log_softmax(logits, dim=-1)
        last = torch.multinomial(chances.exp(), 1)[:, 0] if drawn else chances.argmax(dim=-1)
        scores += chances.gather(1, last[:, None])[:, 0] * ~done
        tokens.append(last)
        if ends:
            done |= last == END
            if done.all():
                break
    return [torch.stack(tokens, dim=1), scores]


def beams(step, shape):
    """Beam search without ends: the best text of each, tokens (texts, time) and scores (texts,)."""
    texts, vocabulary, tokens = shape[0], shape[1], torch.zeros(shape[0], WIDTH, 0, dtype=torch.int64)
    state, last = step.begin(WIDTH), torch.full((texts * WIDTH,), START)
    scores = torch.tensor([0.0] + [float("-inf")] * (WIDTH - 1)).repeat(texts, 1)
    offsets = torch.arange(texts)[:, None] * WIDTH
    for _ in range(shape[4]):
        logits, state = step(last, state)
        every = scores[:, :, None] + torch.log_softmax(logits, dim=-1).view(texts, WIDTH, vocabulary)
        scores, picked = every.view(texts, -1).topk(WIDTH)
        parents, chosen = picked // vocabulary, picked % vocabulary
        rows, last = (parents + offsets).view(-1), chosen.view(-1)
        tokens = torch.cat([tokens.gather(1, parents[:, :, None].expand(tokens.shape)), chosen[:, :, None]], dim=2)
        for name in ("hidden", "cell"):  # a memory is the same for all beams of a text
            state[name] = [layer[rows] for layer in state[name]]
            state[name] = torch.stack(state[name]) if step.cells is None else state[name]
    return [tokens[:, 0], scores[:, 0]]


def stream(step, shape):
    """Greedy, each token handed to Python."""
    state, last, tokens = step.begin(1), torch.full((1,), START), []
    for _ in range(shape[4]):
        logits, state = step(last, state)
        last = logits.argmax(dim=-1)
        tokens.append(last.item())
    return [torch.tensor([tokens])]


def _ways(request, arrays):
    method, shape = request["method"], request["shape"]
    loops = {
        "stream": lambda step: stream(step, shape),
        "beam": lambda step: beams(step, shape),
        "sample": lambda step: one_each(step, shape, True, request["ends"]),
        "greedy": lambda step: one_each(step, shape, False, request["ends"]),
    }

    def way(cells):
        with torch.no_grad():
            step = Step(arrays, shape, cells)

        def decode():
            with torch.inference_mode():
                return loops[method](step)

        return decode

    return {"LSTM": way(False), "LSTMCell": way(True)}


if __name__ == "__main__":
    serve(_ways, shown=2)
