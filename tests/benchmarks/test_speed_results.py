"""The file of results, and a run of the command that goes on where another was ended."""

import json
import sys
from dataclasses import replace

import pytest
from click.testing import CliRunner

from benchmarks.speed import __main__ as command
from benchmarks.speed import driver, measuring
from benchmarks.speed.cases import SUBSETS, Case, Shape, cases_of
from benchmarks.speed.results import Results

CASE = Case("own", "LSTM", Shape(1, 2, 3, 4))
VERSIONS = {"rnnkit": "1", "torch": "2"}
MEASURED = {
    "base": "ours",
    "unit": "ms",
    "turns": 7,
    "contenders": {name: {"value": [1.0] * 3, "ratio": [1.0] * 3} for name in ("ours", "Keras graph", "matmuls")},
    "left_out": {},
}


@pytest.fixture
def results(tmp_path):
    results = Results(tmp_path / "results.json")
    results.add(CASE, "here", VERSIONS, 1, MEASURED)
    return results


def test_a_measurement_is_found_again_in_the_file(results):
    again = Results(results.path)
    assert again.rows == results.rows
    assert again.rows[0]["versions"] == VERSIONS
    assert again.has(CASE, "here", VERSIONS, 1)
    assert again.has(CASE, "here", VERSIONS, 0), "a greater effort serves for a smaller one"
    assert again.has(CASE, "here", {**VERSIONS, "torch": None}, 1), "torch was there, and is not needed now"


@pytest.mark.parametrize(
    ("case", "machine", "versions", "effort"),
    [
        (replace(CASE, bidirectional=True), "here", VERSIONS, 1),
        (CASE, "there", VERSIONS, 1),
        (CASE, "here", {**VERSIONS, "rnnkit": "2"}, 1),
        (CASE, "here", VERSIONS, 2),
    ],
    ids=["another case", "another machine", "another version", "more effort"],
)
def test_what_was_not_measured_like_this_is_missing(results, case, machine, versions, effort):
    assert not results.has(case, machine, versions, effort)


def test_a_new_measurement_replaces_the_old_one_of_the_same_machine_only(results):
    results.add(CASE, "there", VERSIONS, 1, MEASURED)
    results.add(CASE, "here", {**VERSIONS, "rnnkit": "2"}, 1, MEASURED)
    rows = json.loads(results.path.read_text())
    assert [(row["machine"], row["versions"]["rnnkit"]) for row in rows] == [("here", "2"), ("there", "1")]


@pytest.mark.parametrize("what", ["skipped", "failed"])
def test_what_could_not_be_measured_is_tried_again(results, what):
    results.add(CASE, "here", VERSIONS, 1, {what: "why"})
    assert not results.has(CASE, "here", VERSIONS, 1)


class Measuring:
    """Stands for `measuring.measure`: notes the cases, and raises what was put in for one of them."""

    def __init__(self):
        self.names = []
        self.errors = {}

    def __call__(self, case, subset, torch_python):
        self.names.append(case.name)
        if case.name in self.errors:
            raise self.errors.pop(case.name)
        return MEASURED


@pytest.fixture
def measured(monkeypatch):
    stand_in = Measuring()
    monkeypatch.setattr(measuring, "measure", stand_in)
    return stand_in


@pytest.fixture
def run(tmp_path):
    def run(*arguments):
        words = ["--subset", "quick", "--results", str(tmp_path / "results.json"), *arguments]
        return CliRunner().invoke(command.main, words)

    return run


NAMES = [case.name for case in cases_of("quick")]


def test_a_run_measures_every_case_once(run, measured):
    assert run().exit_code == 0
    assert measured.names == NAMES
    done = run()
    assert measured.names == NAMES
    assert f"{len(NAMES)} of them measured already" in done.output


def test_an_interrupted_run_goes_on(run, measured):
    measured.errors[NAMES[2]] = KeyboardInterrupt()
    assert run().exit_code != 0
    assert measured.names == NAMES[:3]
    assert run().exit_code == 0
    assert measured.names == [*NAMES[:3], *NAMES[2:]]


def test_again_measures_everything_anew(run, measured):
    run()
    run("--again")
    assert measured.names == 2 * NAMES


def test_a_long_run_goes_on_in_a_fresh_process(run, measured, monkeypatch):
    started = []

    def replace(program, words):
        started.append(words)
        raise SystemExit(0)

    monkeypatch.setattr(command, "AT_ONCE", 2)
    monkeypatch.setattr(driver.os, "execv", replace)
    run("--subset", "full", "--only", "layer GRU training 1x,layer GRU training 8x,layer GRU training 32x")
    assert len(measured.names) == 2
    assert started == [sys.orig_argv]


def test_a_case_that_fails_is_told_and_the_others_go_on(run, measured):
    measured.errors[NAMES[0]] = ValueError("not the same work")
    done = run()
    assert done.exit_code == 0
    assert f"{NAMES[0]}: ValueError: not the same work" in done.output
    assert measured.names == NAMES
    run()
    assert measured.names[len(NAMES) :] == NAMES[:1]


def test_only_takes_the_cases_that_have_one_of_the_words(run, measured):
    run("--only", "GRU, 1x100")
    assert measured.names == [name for name in NAMES if "GRU" in name or "1x100" in name]


def test_only_says_what_names_are_like(run, measured):
    done = run("--only", "TransformerXL")
    assert done.exit_code == 2
    assert "no case has 'TransformerXL' in its name" in done.output
    assert NAMES[0] in done.output


def test_a_run_stops_when_its_time_is_up(run, measured, monkeypatch):
    monkeypatch.setitem(SUBSETS, "quick", replace(SUBSETS["quick"], total=0))
    done = run()
    assert measured.names == []
    assert f"{len(NAMES)} cases are left" in done.output


def test_an_interpreter_without_torch_is_refused(run, measured, tmp_path):
    done = run("--torch-python", str(tmp_path / "none"))
    assert done.exit_code == 2
    assert "cannot import torch" in done.output


def test_a_report_of_nothing_says_so(run):
    done = run("--report")
    assert done.exit_code == 1
    assert "nothing was measured yet" in done.output
