"""The same training on a GPU, and exports made where one is visible."""

import numpy as np
import pytest
import tensorflow as tf

from rnnkit.export import Served
from rnnkit.training import runtime
from tests.training.helpers import one_batch, sentences, sentiment, stepping, tagging, texts, weights

pytestmark = pytest.mark.gpu
SGD = {"optimizer": {"name": "sgd", "learning_rate": 0.5}}

EXAMPLES = {sentiment: texts(6), tagging: sentences(6)}


@pytest.mark.parametrize("make", EXAMPLES)
def test_a_step_moves_the_weights_as_on_a_cpu(make):
    found = []
    for device in ("/cpu:0", "/gpu:0"):
        with tf.device(device):
            task, model, step = stepping(make(train=SGD))
            step(*one_batch(task, EXAMPLES[make]))
            found.append(weights(model))
    for one, other in zip(*found):
        np.testing.assert_allclose(one, other, atol=1e-4)


def test_the_device_is_named():
    run = sentiment(train={"device": "gpu"})
    with runtime.started(run.train, run.seed) as started:
        assert started.description.startswith("GPU")


@pytest.mark.parametrize("make", EXAMPLES)
def test_an_exported_graph_runs_on_a_cpu(make, tmp_path):
    task, model, step = stepping(make(train=SGD))
    step(*one_batch(task, EXAMPLES[make]))
    served = Served(task, model)
    tf.saved_model.save(served, str(tmp_path / "model"), signatures=served.functions)
    with tf.device("/cpu:0"):
        loaded = tf.saved_model.load(str(tmp_path / "model"))
        function = loaded.signatures["serving_default"]
        answer = function(text=tf.constant(["good film"]))
    library = function.graph.as_graph_def().library.function
    assert not [node.op for each in library for node in each.node_def if "Cudnn" in node.op]
    assert all(np.all(np.isfinite(value)) for value in answer.values() if value.dtype.is_floating)
