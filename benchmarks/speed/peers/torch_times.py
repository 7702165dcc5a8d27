"""PyTorch's recurrent layers, for an interpreter that has torch and NumPy: see `serving`.

The weights come in Keras's layout; the results are the output and, in training, the input's gradient.
"""

import torch

from benchmarks.speed.peers.serving import serve

LAYERS = {"SimpleRNN": torch.nn.RNN, "GRU": torch.nn.GRU, "LSTM": torch.nn.LSTM}


def _ways(request, arrays):
    """The work of a case: returns the last output, then for training the gradients for the input and all weights."""
    _, _, features, units = request["shape"]
    inputs, *weights = arrays.values()
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
        return {"": evaluate}
    inputs.requires_grad_(True)
    parameters = [inputs, *layer.parameters()]
    return {"": train}


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
    serve(_ways, shown=2)
