"""The configurations that rnnkit ships, and the price of reading one."""

import subprocess
import sys
from pathlib import Path

import pytest

from rnnkit import config
from rnnkit.config.document import Problems
from rnnkit.config.yaml_reader import read_file
from tests.config.helpers import write
from tests.config.json_schema import faults

ROOT = Path(__file__).parents[2]
SHIPPED = sorted((ROOT / "configs").glob("*/*.yaml"))


@pytest.fixture(params=SHIPPED, ids=lambda path: f"{path.parent.name}/{path.stem}")
def shipped(request):
    return request.param


def test_every_app_ships_a_default_and_a_fine_tuning():
    for task in config.RUNS:
        assert {"default", "finetune"} <= {path.stem for path in SHIPPED if path.parent.name == task}


def test_it_loads_as_its_folder_says_and_its_dump_loads_back_equal(shipped, tmp_path):
    run = config.load(shipped, task=shipped.parent.name, needs_files=False)
    assert config.load(write(tmp_path, config.dump(run)), needs_files=False) == run


def test_the_json_schema_accepts_it_and_its_dump(shipped, tmp_path):
    schema = config.json_schema(shipped.parent.name)
    problems = Problems()
    assert faults(schema, read_file(shipped, problems).values) == []
    run = config.load(shipped, needs_files=False)
    dumped = write(tmp_path, config.dump(run))
    assert faults(schema, read_file(dumped, problems).values) == []
    assert problems.found == []


def test_it_says_first_what_it_is(shipped):
    first = shipped.read_text(encoding="utf-8").splitlines()[0]
    assert first.startswith("# ") and first.endswith(".")


@pytest.mark.parametrize("task", config.RUNS)
def test_the_default_runs_offline(task):
    run = config.load(ROOT / "configs" / task / "default.yaml")
    assert run.data.source == "builtin" and run.finetune is None


def test_reading_a_configuration_imports_no_tensorflow():
    code = (
        "import sys\nfrom rnnkit import config\n"
        f"config.load({str(ROOT / 'configs/tagging/default.yaml')!r})\n"
        "print('tensorflow' in sys.modules, 'keras' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.split() == ["False", "False"]
