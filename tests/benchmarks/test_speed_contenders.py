"""What is compared does the same work, and what does not is found out."""

import os

import numpy as np
import pytest
import tensorflow as tf

from benchmarks.speed import cells, measuring, special
from benchmarks.speed.cases import Case, Shape, Subset
from benchmarks.speed.contenders import Workload, check_equal, keras_modes, ours
from benchmarks.speed.limit import Matmuls, _loop, _parts
from benchmarks.speed.torch_peer import CELLS as TORCH_CELLS
from benchmarks.speed.torch_peer import PeerError, TorchPeer, torch_version

SHAPE = Shape(3, 4, 2, 5)
BRIEFLY = Subset(effort=0, seconds=0.0, unrolled_time=0, total=None)
TORCH_PYTHON = os.environ.get("TORCH_PYTHON")  # an interpreter with torch, where this one has none


def modes_agree(case, unrolled_time):
    workload = Workload(case)
    base = ours(workload)
    expected = base.prepare()
    contenders, left_out = keras_modes(workload, unrolled_time)
    for contender in contenders:
        check_equal(base.name, expected, contender.name, contender.prepare())
    return {contender.name for contender in contenders}, left_out


@pytest.mark.parametrize(
    ("cell", "bidirectional"),
    [
        *((cell, False) for cell in cells.CELLS),
        ("own cell", True),
        pytest.param("LSTM", True, marks=pytest.mark.slow),
    ],
)
def test_ours_and_keras_agree(cell, bidirectional):
    names, left_out = modes_agree(Case("layer", cell, SHAPE, bidirectional=bidirectional), unrolled_time=0)
    assert names == {"Keras graph", "Keras XLA"}
    assert left_out["Keras unrolled XLA"] == "not tried beyond 0 steps"


@pytest.mark.parametrize("work", [pytest.param("training", marks=pytest.mark.slow), "forward"])
def test_every_mode_agrees_with_a_mask_too(work):
    names, left_out = modes_agree(Case("layer", "LSTM", SHAPE, work, masked=True), unrolled_time=4)
    assert names == {"Keras graph", "Keras XLA", "Keras unrolled graph", "Keras unrolled XLA"}
    assert not left_out


def test_unrolling_that_would_compile_too_long_is_left_out(monkeypatch):
    monkeypatch.setattr("benchmarks.speed.contenders.MOST_COMPILING", 0.0)
    names, left_out = modes_agree(Case("layer", "SimpleRNN", SHAPE), unrolled_time=4)
    assert names == {"Keras graph", "Keras XLA"}
    assert left_out["Keras unrolled graph"].startswith("would compile for about")


def test_training_gives_the_output_and_a_gradient_for_the_input_and_every_weight():
    workload = Workload(Case("layer", "LSTM", SHAPE))
    shapes = [each.shape for each in ours(workload).prepare()]
    assert shapes == [(3, 5), (3, 4, 2), (2, 20), (5, 20), (20,)]
    assert any(np.abs(weight).max() > 0 for weight in workload.weights if weight.ndim == 1), "no bias to be mapped"


def test_masked_sequences_are_padded_on_the_right_and_one_is_full():
    mask = Workload(Case("layer", "LSTM", SHAPE, masked=True)).mask.numpy()
    assert mask.sum(axis=1).tolist() == [4, 3, 2]
    assert mask[2].tolist() == [True, True, False, False]


def test_other_work_is_found_out():
    right = [np.ones((2, 3)), 1e-6 * np.ones((2, 4))]
    check_equal("ours", right, "same", [right[0] + 5e-5, right[1] * (1 + 5e-4)])
    with pytest.raises(ValueError, match="other does not do the work of ours: its output"):
        check_equal("ours", right, "other", [right[0] + 1e-3, right[1]])
    with pytest.raises(ValueError, match="its gradient 1"):
        check_equal("ours", right, "other", [right[0], right[1] * 1.01])
    with pytest.raises(ValueError, match="its output is inf off"):
        check_equal("ours", right, "other", [right[0][:, :1], right[1]])
    with pytest.raises(ValueError, match="its output is nan off"):
        check_equal("ours", right, "other", [right[0] * np.nan, right[1]])


def test_a_layer_case_is_measured_beside_everyone():
    row = measuring.measure(Case("layer", "SimpleRNN", SHAPE, "forward"), BRIEFLY)
    assert row["base"] == "ours"
    assert {"ours", "matmuls"} < set(row["contenders"]) <= {"ours", "matmuls", "Keras graph", "Keras XLA"}
    assert row["contenders"]["ours"]["note"] in ("xla", "fused", "all XLA")
    assert row["contenders"]["ours"]["ratio"] == [1.0, 1.0, 1.0]
    assert {"ours, xla", "ours, fused", "ours, all XLA"} & set(row["left_out"])
    assert row["left_out"]["PyTorch"].startswith("no interpreter with torch")


@pytest.mark.parametrize(
    ("case", "contenders"),
    [
        (Case("own", "LSTM", SHAPE), ["built-in", "own cell"]),
        (Case("block", "LSTM", SHAPE, "forward"), ["ours", "BlockLSTMV2"]),
        (Case("streaming", "LSTM", Shape(1, 1, 2, 5), "forward"), ["matmuls and call", "in memory", "exported"]),
    ],
    ids=lambda each: each.kind if isinstance(each, Case) else "",
)
def test_special_cases_are_measured(case, contenders):
    row = measuring.measure(case, BRIEFLY)
    assert list(row["contenders"]) == contenders
    assert row["turns"] >= 7


def test_bfloat16_is_skipped_with_a_word_where_the_processor_has_none(monkeypatch):
    monkeypatch.setattr(special, "processor_flags", lambda: frozenset())
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: [])
    row = measuring.measure(Case("bfloat16", "LSTM", SHAPE), BRIEFLY)
    assert row == {"skipped": "this processor has no AVX512-BF16"}


def test_an_option_that_the_layer_has_not_is_skipped_with_its_word(monkeypatch):
    pair = cells.Pair(cells._with(cells.layers.LSTM, colour="red"), None)
    monkeypatch.setitem(cells.CELLS, "LSTM", pair)
    assert "colour" in measuring.measure(Case("layer", "LSTM", SHAPE), BRIEFLY)["skipped"]


@pytest.mark.parametrize(("work", "count"), [("forward", 2), ("training", 6)])
def test_the_limit_has_every_matmul_of_the_work(work, count):
    limit = Matmuls(Case("layer", "GRU", SHAPE, work, bidirectional=True))
    assert len(limit.pieces) == count
    corners = limit.prepare()
    assert len(corners) >= 2 * count
    assert limit.note.count(": ") == count


def test_a_loop_multiplies_every_step_and_parts_are_the_whole():
    random = np.random.default_rng(0)
    rows, kernel = random.standard_normal((4, 3, 5), np.float32), random.standard_normal((5, 6), np.float32)
    np.testing.assert_allclose(_loop(tf.constant(rows), tf.constant(kernel)), rows[-1] @ kernel, rtol=1e-5)
    np.testing.assert_array_equal(np.concatenate(_parts(rows, 2), axis=1), rows)


needs_torch = pytest.mark.skipif(torch_version(TORCH_PYTHON) is None, reason="no interpreter with torch: TORCH_PYTHON")


@needs_torch
@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("work", ["training", "forward"])
@pytest.mark.parametrize("cell", TORCH_CELLS)
def test_torch_does_the_same_work(cell, work, bidirectional):
    workload = Workload(Case("layer", cell, SHAPE, work, bidirectional))
    expected = ours(workload).prepare()
    with TorchPeer(TORCH_PYTHON, workload.case, workload.inputs.numpy(), workload.weights) as peer:
        results = peer.prepare()
        assert len(results) == (2 if work == "training" else 1)
        check_equal("ours", expected, peer.name, results)
        assert peer.seconds(2) > 0


def test_a_torch_process_that_dies_says_so(tmp_path):
    broken = tmp_path / "python"
    broken.write_text("#!/bin/sh\nexit 3\n")
    broken.chmod(0o755)
    assert torch_version(str(broken)) is None
    peer = TorchPeer(str(broken), Case("layer", "LSTM", SHAPE), np.zeros(SHAPE[:3]), [])
    with peer, pytest.raises(PeerError, match="ended with code 3"):
        peer.prepare()


@pytest.mark.slow
def test_peak_memory_grows_with_the_sequence():
    def peak(time):
        row = measuring.measure(Case("memory", "LSTM", Shape(16, time, 32, 64)), BRIEFLY)
        return row["contenders"]["ours"]["value"][1]

    assert peak(4000) > 2 * peak(1000)
