"""Times PyTorch's recurrent layers, asked line by line: run as a script by an interpreter that has torch and NumPy.

Reads requests as JSON, one a line, on standard input and answers each with one line of JSON. `{"do": "prepare", ...}`
makes the layer of a case with the weights in an `.npz` file in Keras's layout and writes the output and, in training,
the input's gradient to another; `{"do": "time", "repeats": n}` answers with the mean seconds of a run.
"""

import json
import statistics
import sys
import time

import numpy as np
import torch

LAYERS = {"SimpleRNN": torch.nn.RNN, "GRU": torch.nn.GRU, "LSTM": torch.nn.LSTM}
SETTLE = 0.005  # seconds after which the threads of a finished run no longer wait actively


def main():
    """Answers requests until the input ends."""
    step = None
    for line in sys.stdin:
        request = json.loads(line)
        if request["do"] == "prepare":
            step = _step(request)
            np.savez(request["results"], *(result.detach().numpy() for result in step()[:2]))
            answer = {"note": f"{_choose_threads(step, request['threads'])} thread(s)"}
        else:
            answer = {"seconds": _seconds(step, request["repeats"])}
            time.sleep(SETTLE)
        print(json.dumps(answer), flush=True)


def _choose_threads(step, most):
    """Takes one thread or as many as there are cores, whichever is faster, and returns the number."""
    times = {}
    for threads in {1, most}:
        torch.set_num_threads(threads)
        step()
        times[threads] = statistics.median(_seconds(step, 1) for _ in range(5))
    torch.set_num_threads(min(times, key=times.get))
    return torch.get_num_threads()


def _seconds(step, repeats):
    started = time.perf_counter()
    for _ in range(repeats):
        step()
    return (time.perf_counter() - started) / repeats


def _step(request):
    """The work of a case: returns the last output, then for training the gradients for the input and all weights."""
    _, _, features, units = request["shape"]
    with np.load(request["weights"]) as arrays:
        inputs, *weights = (torch.from_numpy(arrays[name]) for name in arrays.files)
    layer = LAYERS[request["cell"]](features, units, batch_first=True, bidirectional=request["bidirectional"])
    _set_weights(layer, weights)

    def forward():
        _, final = layer(inputs)
        hidden = final[0] if isinstance(final, tuple) else final  # (directions, batch, units)
        return hidden[0] if len(hidden) == 1 else torch.cat((hidden[0], hidden[1]), dim=-1)

    def evaluate():
        with torch.inference_mode():
            return [forward()]

    def train():
        output = forward()
        return [output, *torch.autograd.grad(output.square().mean(), parameters)]

    if request["work"] == "forward":
        return evaluate
    inputs.requires_grad_(True)
    parameters = [inputs, *layer.parameters()]
    return train


def _set_weights(layer, weights):
    """Kernel, recurrent kernel and bias of each direction, from Keras's layout to torch's."""
    with torch.no_grad():
        for direction, suffix in enumerate(("", "_reverse")[: 1 + layer.bidirectional]):
            kernel, recurrent, bias = (_ordered(layer, each) for each in weights[3 * direction : 3 * direction + 3])
            recurrent_bias = bias[1] if bias.ndim == 2 else torch.zeros_like(bias)
            getattr(layer, f"weight_ih_l0{suffix}").copy_(kernel.T)
            getattr(layer, f"weight_hh_l0{suffix}").copy_(recurrent.T)
            getattr(layer, f"bias_ih_l0{suffix}").copy_(bias[0] if bias.ndim == 2 else bias)
            getattr(layer, f"bias_hh_l0{suffix}").copy_(recurrent_bias)


def _ordered(layer, weight):
    """Gates along the last axis in torch's order: the GRU's z, r, h become r, z, n; the LSTM's are the same."""
    if layer.mode != "GRU":
        return weight
    update, reset, candidate = weight.chunk(3, dim=-1)
    return torch.cat((reset, update, candidate), dim=-1)


if __name__ == "__main__":
    main()
