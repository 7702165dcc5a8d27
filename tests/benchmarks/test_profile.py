"""The profile of a training run: it runs, and its parts make up the whole."""

import re

import pytest
from click.testing import CliRunner

from benchmarks.profile import pieces
from benchmarks.profile.__main__ import main, table
from tests.training.helpers import batches, sentiment, stepping, texts

SMALL = ("data.train_limit=60", "model.units=3", "model.embedding_size=4", "train.batch_size=8")


@pytest.mark.parametrize(
    ("app", "options"),
    [
        ("sentiment", ("train.adversarial=0.1",)),
        pytest.param("tagging", ("model.characters=null",), marks=pytest.mark.slow),
    ],
)
def test_every_app_has_a_profile(app, options):
    command = [app, f"configs/{app}/default.yaml", *SMALL, *options, "--steps", "3", "--rounds", "1"]
    result = CliRunner().invoke(main, command, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    assert "CPU; 3 of 8 steps of an epoch" in result.output
    rows = dict(re.findall(r"^\| ([a-z].*?) \| (-?[\d.]+) \|", result.output, re.MULTILINE))
    whole = float(rows.pop("all"))
    assert len(rows) == 5 and sum(map(float, rows.values())) == pytest.approx(whole, abs=0.1)


def test_a_mistake_in_the_configuration_is_told():
    result = CliRunner().invoke(main, ["sentiment", "configs/sentiment/default.yaml", "model.unit=3"])
    assert result.exit_code == 1 and "model.unit" in result.output + str(result.exception)


def test_a_turn_counts_the_start_of_an_epoch_apart():
    task, _, step = stepping(sentiment(train={"batch_size": 4}))
    made = pieces.Waited(batches(task, texts(30)), 3)

    def loop():
        return 0.5 + sum(0.0 for _ in made.epoch(0))

    turn = pieces.Pieces(step, made, loop).turn()
    assert len(made.waits) == made.steps_per_epoch == 3 and made.examples == 30
    assert turn["all"] == pytest.approx(1000.0 * (0.5 - made.waits[0]) / 3)
    assert turn["start of an epoch"] == pytest.approx(1000.0 * made.waits[0])


def test_shares_are_of_the_whole():
    found = {"forward": 1.0, "backward": 3.0, "all": 4.0, "input alone": 2.0, "start of an epoch": 30.0}
    lines = table(found).splitlines()
    assert lines[2:5] == ["| forward | 1.00 | 25 |", "| backward | 3.00 | 75 |", "| all | 4.00 | 100 |"]
    assert lines[-1] == "Beside the steps: input alone 2.00 ms; start of an epoch 30.00 ms."
