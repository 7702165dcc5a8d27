"""What the subsets hold."""

import pytest

from benchmarks.speed.cases import SUBSETS, Case, Shape, cases_of
from benchmarks.speed.limit import GATES
from benchmarks.speed.measuring import KINDS


def test_full_has_every_cell_at_every_shape_in_both_directions_and_both_works():
    wanted = {
        (cell, shape, work, both)
        for cell in ("SimpleRNN", "LeakyRNN", "GRU", "LSTM", "own cell")
        for shape in (
            (1, 100, 32, 64),
            (8, 200, 16, 32),
            (32, 50, 64, 128),
            (64, 100, 128, 256),
            (16, 200, 256, 512),
            (16, 1000, 128, 256),
            (128, 35, 650, 650),
        )
        for work in ("training", "forward")
        for both in (False, True)
    }
    cases = [case for case in cases_of("full") if case.kind == "layer"]
    assert {(case.cell, tuple(case.shape), case.work, case.bidirectional) for case in cases} == wanted
    assert len(cases) == len(wanted)


@pytest.mark.parametrize("gpu", [False, True])
@pytest.mark.parametrize("subset", SUBSETS)
def test_every_case_is_known_has_a_name_of_its_own_and_is_in_full(subset, gpu):
    cases = cases_of(subset, gpu)
    assert len({case.name for case in cases}) == len(cases)
    assert set(cases) <= set(cases_of("full", gpu))
    assert {case.kind for case in cases} <= set(KINDS)
    assert {case.cell for case in cases} <= set(GATES)


def test_a_gpu_has_masked_cases_besides():
    more = set(cases_of("full", gpu=True)) - set(cases_of("full"))
    assert {case.cell for case in more if case.masked} == {"GRU", "LSTM"}


def test_a_name_tells_everything():
    case = Case("layer", "LSTM", Shape(1, 2, 3, 4), "forward", bidirectional=True, masked=True)
    assert case.name == "layer LSTM forward 1x2x3x4 bidirectional masked"
