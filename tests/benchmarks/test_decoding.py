"""All that decode write the same texts with the same network, and the results are told."""

import importlib.util
import os
from dataclasses import asdict

import numpy as np
import pytest
import tensorflow as tf
from click.testing import CliRunner

from benchmarks.decoding import __main__ as command
from benchmarks.decoding import measuring
from benchmarks.decoding.cases import END, SUBSETS, Case, Shape, Subset, cases_of
from benchmarks.decoding.contenders import compare, keras_hub, ours
from benchmarks.decoding.network import Network
from benchmarks.decoding.report import best, per_second, report
from benchmarks.speed.torch_peer import Peer, torch_version

SHAPE = Shape(3, 30, 2, 8, 7)
STREAM = Shape(1, 30, 2, 8, 4)
CASES = [
    *(Case(method, SHAPE, attention=attention) for method in ("greedy", "beam") for attention in (False, True)),
    Case("greedy", SHAPE, ends=True),
    Case("sample", SHAPE),
]
BRIEFLY = Subset(effort=0, seconds=0.0, total=None)
TORCH_PYTHON = os.environ.get("TORCH_PYTHON")  # an interpreter with torch, where this one has none
needs_torch = pytest.mark.skipif(torch_version(TORCH_PYTHON) is None, reason="no interpreter with torch: TORCH_PYTHON")
needs_keras_hub = pytest.mark.skipif(importlib.util.find_spec("keras_hub") is None, reason="no keras-hub")
named = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


def test_names_tell_the_cases_apart():
    for subset in SUBSETS:
        names = [case.name for case in cases_of(subset)]
        assert len(names) == len(set(names))
    assert {case.name for case in cases_of("quick")} < {case.name for case in cases_of("full")}


@pytest.mark.parametrize("method", ["greedy", "beam"])
def test_ours_writes_the_same_in_both_modes_and_what_the_step_says(method):
    network = Network(Case(method, SHAPE))
    graph, compiled = (each.prepare() for each in ours(network))
    assert compare(network.case, graph, compiled) == "the same texts"
    scores, state = 0.0, network.state
    for read, written in zip([network.start, *graph[0].T], graph[0].T):
        logits, state = network.step(read, state)
        scores += tf.gather(tf.nn.log_softmax(logits), written, batch_dims=1)
    np.testing.assert_allclose(scores, graph[1], rtol=1e-4)
    assert len({tuple(text) for text in graph[0]}) == 3, "texts are to differ"


def test_texts_end_each_at_its_own_time():
    tokens, _ = ours(Network(Case("greedy", SHAPE, ends=True)))[0].prepare()
    assert sorted(np.argmax(tokens == END, axis=1)) == [1, 3, 6]


@needs_keras_hub
@named
def test_keras_hub_writes_the_same(case):
    network = Network(case)
    expected = ours(network)[0].prepare()
    for each in keras_hub(network):
        assert compare(case, expected, each.prepare()) in ("the same texts", "draws other numbers")


@needs_torch
@pytest.mark.parametrize("case", [*CASES, Case("stream", STREAM)], ids=lambda case: case.name)
def test_torch_writes_the_same(case):
    network = Network(case)
    expected = ours(Network(Case("greedy", STREAM)) if case.method == "stream" else network)[0].prepare()
    request = {"method": case.method, "shape": case.shape, "ends": case.ends}
    with Peer(TORCH_PYTHON or os.sys.executable, measuring.TORCH, "PyTorch", request, network.arrays) as peer:
        assert compare(case, expected, peer.prepare()) in ("the same texts", "draws other numbers")
        assert peer.seconds(1) > 0


def test_other_texts_are_found_out():
    case = Case("greedy", Shape(20, 9, 1, 1, 3))
    texts, scores = np.ones((20, 3), int), np.zeros(20)
    other = texts.copy()
    other[0, 2] = 5
    assert compare(case, [texts, scores], [other, scores]) == "19 of 20 texts the same"
    with pytest.raises(ValueError, match="17 of 20 texts are equal, at least 90% should be"):
        other[:3] = 4
        compare(case, [texts, scores], [other])
    with pytest.raises(AssertionError):
        compare(case, [texts, scores], [texts, scores + 1])


def test_what_stands_behind_an_end_does_not_count():
    case = Case("greedy", Shape(1, 9, 1, 1, 4), ends=True)
    assert compare(case, [np.array([[5, END]])], [np.array([[5, END, 7, 8]])]) == "the same texts"


def rows_of(cases):
    found = ((case, measuring.measure(case, BRIEFLY)) for case in cases)
    about = {"machine": "2 cores", "versions": {"rnnkit": "1"}, "effort": 0}
    return [{"name": case.name, "case": asdict(case), **about, **measured} for case, measured in found]


@pytest.fixture(scope="module")
def rows():
    return rows_of([Case("beam", SHAPE), Case("stream", STREAM)])


def test_a_row_has_everyone_and_why_others_are_missing(rows):
    beam, stream = rows
    assert beam["base"].startswith("ours") and best(beam, "ours") in ("ours graph", "ours XLA")
    assert beam["left_out"]["PyTorch"].startswith("no interpreter with torch")
    ours = {"ours stream XLA", "ours stream graph", "ours exported"}
    assert stream["base"] == "ours stream XLA"
    assert set(stream["contenders"]) == {*ours, "Keras predict_on_batch", "Keras tf.function"}
    milliseconds = stream["contenders"][stream["base"]]["value"][1]
    assert per_second(stream, stream["base"]) == pytest.approx(4 * 1000 / milliseconds)


def test_a_report_has_a_line_for_every_case(rows):
    failed = {**rows[0], "name": "beam of nothing", "failed": "ValueError: why"}
    del failed["contenders"]
    text = report([*rows, failed])
    assert "| beam 5 | 3 | 30 | 2 × 8 |" in text and "| 2 × 8, 30 | ours" in text
    assert "- beam of nothing: ValueError: why" in text


def test_the_command_measures_what_is_asked(monkeypatch, tmp_path, rows):
    asked = []
    monkeypatch.setattr(measuring, "measure", lambda case, *_: asked.append(case.name) or {"skipped": "for a test"})
    words = ["--results", str(tmp_path / "results.json"), "--only", "stream"]
    done = CliRunner().invoke(command.main, words, catch_exceptions=False)
    assert done.exit_code == 0 and asked == [case.name for case in cases_of("quick") if case.method == "stream"]
    assert f"- {asked[0]}: for a test" in done.output
