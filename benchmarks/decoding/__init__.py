"""How fast texts are decoded, beside KerasHub's samplers and plain PyTorch loops over the same step."""
