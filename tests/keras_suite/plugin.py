"""A pytest plugin that puts our classes in the place of Keras's before Keras's tests are collected."""

import keras
import keras.src.layers

import rnnkit.layers as ours

SWAPPED = (
    "RNN",
    "StackedRNNCells",
    "Bidirectional",
    "SimpleRNN",
    "SimpleRNNCell",
    "GRU",
    "GRUCell",
    "LSTM",
    "LSTMCell",
)

DESELECTED = {
    "test_fused_lstm_eligibility": "tests the private method Bidirectional._can_attempt_fused_lstm",
    "test_fused_gru_eligibility": "tests the private method Bidirectional._can_attempt_fused_gru",
}

for name in SWAPPED:
    for module in (keras.layers, keras.src.layers):
        setattr(module, name, getattr(ours, name))


def pytest_collection_modifyitems(config, items):
    deselected = [item for item in items if item.name in DESELECTED]
    items[:] = [item for item in items if item.name not in DESELECTED]
    config.hook.pytest_deselected(items=deselected)


def pytest_report_header():
    lines = [f"rnnkit swaps in {', '.join(SWAPPED)}"]
    return lines + [f"rnnkit deselects {name}: {reason}" for name, reason in DESELECTED.items()]
