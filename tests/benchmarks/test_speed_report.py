"""Verdicts, tables and plots, from made-up measurements."""

from dataclasses import asdict

import pytest

from benchmarks.speed.cases import Case, Shape
from benchmarks.speed.plot import draw
from benchmarks.speed.report import BEGIN, END, report, write_into
from benchmarks.speed.targets import TARGETS, best_keras, geometric_mean

CPU, GPU = "2 cores of a processor, 8 GiB", "Some GPU, 2 cores of a processor, 8 GiB"
VERSIONS = {"rnnkit": "1", "torch": None}


def row(case, base, ratios, machine=CPU, unit="ms"):
    """A measurement in which the base took 2 and the others `ratios` times that."""
    contenders = {base: {"value": [2.0] * 3, "ratio": [1.0] * 3, "note": "fused"}}
    for name, ratio in ratios.items():
        around = [0.9 * ratio, ratio, 1.1 * ratio]
        contenders[name] = {"value": [2 * each for each in around], "ratio": around}
    kept = {"base": base, "unit": unit, "turns": 7, "contenders": contenders, "left_out": {}}
    return {"name": case.name, "case": asdict(case), "machine": machine, "versions": VERSIONS, "effort": 2, **kept}


def layer(cell, shape, machine=CPU, work="training", masked=False, **ratios):
    ratios = {name.replace("_", " "): ratio for name, ratio in ratios.items()}
    return row(Case("layer", cell, Shape(*shape), work, masked=masked), "ours", ratios, machine)


SMALL, LARGE = (1, 2, 3, 4), (5, 6, 7, 256)
ROWS = [
    layer("GRU", SMALL, Keras_graph=8.0, Keras_XLA=2.0, PyTorch=1.0, matmuls=0.1),
    layer("LSTM", LARGE, Keras_graph=4.5, Keras_XLA=9.0, PyTorch=4.0, matmuls=0.75),
]


def verdict(words, rows):
    (target,) = [target for target in TARGETS if target.words.startswith(words)]
    return target.verdict(rows)


def test_geometric_mean():
    assert geometric_mean([1.0, 8.0]) == pytest.approx(8**0.5)


def test_the_best_mode_of_keras_is_the_fastest():
    assert [best_keras(each) for each in ROWS] == ["Keras XLA", "Keras graph"]


def test_a_mean_that_is_reached_with_none_too_slow():
    assert verdict("training, Keras", ROWS) == (True, "geometric mean 3.00 of 2, worst 2.00 (GRU 1×2×3×4)")
    assert verdict("training, PyTorch", ROWS) == (True, "geometric mean 2.00 of 2, worst 1.00 (GRU 1×2×3×4)")


def test_one_that_is_too_slow_spoils_a_good_mean():
    slow = layer("SimpleRNN", SMALL, Keras_graph=0.94, matmuls=0.1)
    reached, words = verdict("training, Keras", [*ROWS, slow])
    assert not reached
    assert "worst 0.94 (SimpleRNN 1×2×3×4)" in words


def test_a_mean_that_is_not_reached():
    rows = [layer("GRU", SMALL, Keras_graph=ratio, matmuls=0.1) for ratio in (1.0, 1.0, 2.0)]
    assert verdict("training, Keras", rows) == (False, "geometric mean 1.26 of 3, worst 1.00 (GRU 1×2×3×4)")


def test_the_limit_counts_from_256_units_on():
    assert verdict("training, matmuls", ROWS) == (True, "0.75")
    assert verdict("training, matmuls", ROWS[:1]) == (None, "not measured")


def test_forward_and_training_are_apart():
    assert verdict("forward", ROWS) == (None, "not measured")
    assert verdict("forward", [layer("GRU", SMALL, work="forward", Keras_graph=1.6, matmuls=0.1)]) == (True, "1.60")


@pytest.mark.parametrize(("ratio", "reached"), [(1.05, True), (1.06, False)])
def test_an_own_cell_may_cost_little_more(ratio, reached):
    rows = [row(Case("own", "LSTM", Shape(*SMALL)), "built-in", {"own cell": each}) for each in (1.0, ratio)]
    assert verdict("a user's own", rows)[0] is reached


def test_memory_is_compared_with_the_smaller_of_keras_modes():
    peaks = {"ours, recomputing": 0.4, "Keras graph": 2.0, "Keras XLA": 1.6}
    rows = [row(Case("memory", "LSTM", Shape(*SMALL)), "ours", peaks, unit="MiB")]
    assert verdict("peak memory, ours / Keras", rows) == (False, "0.62")
    assert verdict("peak memory, ours recomputing", rows) == (True, "0.25")
    del rows[0]["contenders"]["ours, recomputing"]
    assert verdict("peak memory, ours recomputing", rows) == (None, "not measured")


@pytest.mark.parametrize(("in_memory", "exported", "reached"), [(1.1, 1.2, True), (1.1, 1.3, False)])
def test_both_ways_of_streaming_count(in_memory, exported, reached):
    ratios = {"in memory": in_memory, "exported": exported}
    rows = [row(Case("streaming", "LSTM", Shape(*SMALL), "forward"), "matmuls and call", ratios)]
    assert verdict("streaming", rows)[0] is reached


@pytest.mark.parametrize(
    ("words", "kind", "other", "bound"),
    [("float32", "bfloat16", "float32", 1.4), ("LSTM / minGRU", "minGRU", "LSTM", 5.0)],
)
def test_single_figures(words, kind, other, bound):
    for ratio, reached in ((bound, True), (bound - 0.01, False)):
        assert verdict(words, [row(Case(kind, "LSTM", Shape(*SMALL)), "base", {other: ratio})])[0] is reached


def test_a_gpu_has_its_own_targets_with_masked_cases_among_them():
    rows = [
        layer("LSTM", SMALL, GPU, Keras_graph=1.0, matmuls=0.1),
        layer("GRU", SMALL, GPU, masked=True, Keras_graph=0.9, matmuls=0.1),
        layer("LeakyRNN", SMALL, GPU, Keras_graph=3.5, matmuls=0.1),
    ]
    text = report(rows)
    assert "| GRU and LSTM, Keras (cuDNN) / ours, masks included: none < 0.95 | **no** |" in text
    assert "worst 0.90 (GRU 1×2×3×4 masked)" in text
    assert "keras.layers.RNN / ours: ≥ 3 | yes | 3.50 |" in text
    assert "mixed_bfloat16" not in text


def test_a_report_has_a_line_for_every_case_with_best_mode_ratio_and_spread():
    text = report(ROWS)
    assert (
        "| GRU | 1 × 2 × 3 × 4 | 2 | fused | 4 | XLA | **2.00** (1.80 to 2.20) | 1.00 (0.90 to 1.10) | 0.10 |" in text
    )
    assert "| LSTM | 5 × 6 × 7 × 256 | 2 | fused | 9 | graph | **4.50** (4.05 to 4.95)" in text
    assert "Measured with rnnkit 1." in text


def test_a_report_keeps_machines_apart_and_tells_what_is_missing():
    case = Case("bfloat16", "LSTM", Shape(*SMALL))
    skipped = {"name": case.name, "case": asdict(case), "machine": GPU, "versions": VERSIONS, "skipped": "it cannot"}
    text = report([*ROWS, skipped])
    here, there = text.split(f"### {GPU}")
    assert f"### {CPU}" in here
    assert "it cannot" not in here
    assert "- bfloat16 LSTM training 1x2x3x4: it cannot" in there


def test_the_figures_go_between_the_markers_and_nowhere_else(tmp_path):
    path = tmp_path / "README.md"
    path.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n")
    write_into(path, "new")
    write_into(path, "newer")
    assert path.read_text() == f"before\n{BEGIN}\n\nnewer\n\n{END}\nafter\n"


@pytest.mark.parametrize("text", ["none", BEGIN, f"{END}\n{BEGIN}"])
def test_a_file_without_markers_is_left_alone(tmp_path, text):
    path = tmp_path / "README.md"
    path.write_text(text)
    with pytest.raises(ValueError, match="the figures go between the lines"):
        write_into(path, "new")
    assert path.read_text() == text


def test_a_plot_is_a_picture(tmp_path):
    forward = layer("GRU", SMALL, work="forward", Keras_graph=1.6, matmuls=0.1)
    assert draw([*ROWS, forward], CPU, tmp_path / "plot.png")
    assert (tmp_path / "plot.png").read_bytes().startswith(b"\x89PNG")


def test_a_plot_of_nothing_is_none(tmp_path):
    rows = [row(Case("own", "LSTM", Shape(*SMALL)), "built-in", {"own cell": 1.0})]
    assert not draw(rows, CPU, tmp_path / "plot.png")
    assert not (tmp_path / "plot.png").exists()
