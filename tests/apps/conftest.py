"""Each app is trained once on a tiny corpus, with a built-in cell and with a user's own."""

import os

import pytest

from rnnkit.training.step import TrainStep
from tests.apps.helpers import APPS, OWN_CELL, REPOSITORY, Stopped, Trained, call, make_project


@pytest.fixture(scope="session", params=list(APPS))
def trained(request, tmp_path_factory):
    """A run and its export, of each app."""
    return _train(request.param, tmp_path_factory)


@pytest.fixture(scope="session")
def sentiment(tmp_path_factory):
    """A run and its export, of the sentiment app alone."""
    return _train("sentiment", tmp_path_factory)


@pytest.fixture(scope="session", params=list(APPS))
def own(request, tmp_path_factory):
    """A run with a user's own cell and its export, of each app."""
    return _train(request.param, tmp_path_factory, OWN_CELL)


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path, monkeypatch):
    """Nothing may depend on, or leave anything in, the repository's folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, [str(REPOSITORY), os.environ.get("PYTHONPATH")])))


@pytest.fixture
def stop_after(monkeypatch):
    """A function that makes training stop short before its step of that number."""

    def arm(count):
        step, left = TrainStep.__call__, [count]

        def stopping(self, inputs, targets):
            left[0] -= 1
            if left[0] < 0:
                raise Stopped
            return step(self, inputs, targets)

        monkeypatch.setattr(TrainStep, "__call__", stopping)

    return arm


_made: dict[tuple, Trained] = {}


def _train(name, tmp_path_factory, cell="lstm") -> Trained:
    if (name, cell) not in _made:
        path = make_project(tmp_path_factory.mktemp(name), name)
        call(APPS[name], "train", path, f"model.cell={cell}")
        run = path.parent / "runs" / name / "tiny"
        call(APPS[name], "export", "--model", run, *([] if cell == "lstm" else [f"model.cell={cell}"]))
        _made[name, cell] = Trained(APPS[name], path, run, path.parent / "saved_models" / name / "1")
    return _made[name, cell]
