"""Small models that are trained, saved as a run and exported, for the tests of artifacts and exports."""

from rnnkit import artifact as artifacts
from rnnkit import export
from rnnkit.atomic import write_text
from rnnkit.training import runtime
from rnnkit.verbs.common import load_model
from tests.training.helpers import one_batch, sentences, sentiment, stepping, tagging, texts

# Trained in ways that must leave no trace in what is exported.
TRAIN = {"precision": "mixed_bfloat16", "xla": True}
TEXT = {"max_tokens": 50}
RUNS = {
    "sentiment": sentiment({"cell": "lstm", "bidirectional": True, "dropout": 0.2}, TRAIN, text=TEXT),
    "tagging": tagging(
        {"cell": "gru", "characters": {"units": 2, "embedding_size": 2}, "crf": True, "tag_scheme": "iob2"},
        {"precision": "mixed_bfloat16"},
        text=TEXT,
    ),
}


def write_run(directory, name, run=None):
    """Trains one step and leaves a finished run in `directory`: its Artifact."""
    run = run or RUNS[name]
    with runtime.started(run.train, run.seed):
        task, model, step = stepping(run)
        step(*one_batch(task, texts(6) if name == "sentiment" else sentences(6)))
        artifact = artifacts.begin(directory, run, task.state())
        model.save_weights(directory / artifacts.WEIGHTS)
    artifacts.write_json(directory / artifacts.METRICS, {"test": {"accuracy": 0.5}})
    write_text(directory / artifacts.CARD, "# A model\n")
    artifacts.seal(directory, (artifacts.WEIGHTS,))
    return artifact


def loaded(app, artifact):
    """(task, model) of an artifact, as export and predict take it up."""
    return load_model(app, artifact, artifact.run, None)


def write_export(directory, app, artifact):
    """Exports an artifact: (task, model, the new version's directory)."""
    task, model = loaded(app, artifact)
    return task, model, export.write(artifact, task, model, directory)
