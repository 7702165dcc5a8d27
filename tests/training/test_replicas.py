"""Two replicas do what one does. Logical devices are made before TensorFlow starts: hence a process of its own."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from rnnkit.training import checkpoint, runtime
from rnnkit.training.evaluation import Evaluator
from tests.training.helpers import HERE, batches, one_batch, sentences, sentiment, stepping, tagging, texts

ROOT = Path(__file__).parents[2]
TRAIN = {"batch_size": 8, "clip_norm": 0.5, "averaging": {"decay": 0.8}, "precision": "float64"}
SIZES = (8, 5, 1)  # even, odd, fewer than replicas


@pytest.mark.parametrize("task", ["sentiment", pytest.param("tagging", marks=pytest.mark.slow)])
def test_two_replicas_update_as_one_does(task, tmp_path):
    command = [sys.executable, "-m", "tests.training.test_replicas", task, str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stdout.split()[-1] == "same"


TASKS = {"sentiment": (sentiment, texts, "sgd"), "tagging": (tagging, sentences, "adamw")}


def compare(task, directory):
    """Two replicas beside one, on the same batches, in everything that a step keeps."""
    run, make, name = TASKS[task]
    optimizer = {"name": name, "learning_rate": 0.1, "weight_decay": 0.01}
    config = run(train={**TRAIN, "devices": ["cpu:0", "cpu:1"], "optimizer": optimizer})
    with runtime.started(config.train, seed=1) as two:
        assert two.replicas == 2 and isinstance(two.strategy, tf.distribute.MirroredStrategy)
        assert len(tf.config.list_logical_devices("CPU")) == 2
        same_updates(config, make, two, directory / name)
    print("same")


def same_updates(run, make, two, directory):
    found = []
    for place in (HERE, two):
        task, model, step = stepping(run, runtime=place, rates={"embedding": 0.5})
        results = []
        for size in SIZES:
            result = step(*one_batch(task, make(size, seed=size)))
            results += [float(result.total), float(result.weight), *result.norms.numpy()]
            assert bool(result.finite)
        loss = Evaluator(task, model)(batches(task, make(9, seed=9), training=False)).metrics["loss"]
        values = [variable.numpy() for group in step.variables.values() for variable in group]
        found.append([results, [loss], *values])
        check_replicas_agree(step, place)
        checkpoint.save(directory, step.variables, checkpoint.Progress(step=3))
        check_round_trip(run, place, directory, values)
    for one, other in zip(*found, strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-6)


def check_replicas_agree(step, place):
    for variable in [*(v.value for v in step.model.trainable_variables), *step.averages]:
        copies = place.strategy.experimental_local_results(variable)
        assert len(copies) == place.replicas
        for copy in copies:
            np.testing.assert_array_equal(copy.numpy(), copies[0].numpy(), err_msg=variable.name)


def check_round_trip(run, place, directory, values):
    _, _, other = stepping(run, runtime=place, rates={"embedding": 0.5})
    assert checkpoint.load(directory, other.variables).step == 3
    for one, expected in zip([v for group in other.variables.values() for v in group], values, strict=True):
        np.testing.assert_array_equal(one.numpy(), expected)


if __name__ == "__main__":
    compare(sys.argv[1], Path(sys.argv[2]))
