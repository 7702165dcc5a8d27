"""check: does a classifier, trained apart, know the classes that a generator's texts were drawn of?"""

import json
from collections.abc import Callable, Mapping, Sequence

import click
import tensorflow as tf

from rnnkit import data
from rnnkit.app import App
from rnnkit.artifact import Artifact, open_artifact
from rnnkit.data.corpus import Corpus
from rnnkit.data.units import unit_from_config
from rnnkit.errors import ArtifactError, DataError
from rnnkit.tasks.sampling import draw, known_texts, sample_scores
from rnnkit.training import runtime
from rnnkit.verbs.generating import classes_of, options_of
from rnnkit.verbs.predict import model_of

BATCH = 256
COLUMNS = {"of_its_class": "of its class", "new": "new", "distinct": "distinct", "real": "real texts"}


def check(
    app: App,
    classifier_app: App,
    model_path: str,
    classifier_path: str,
    count: int,
    asked: Mapping,
    form: str = "text",
    path: str | None = None,
    overrides=(),
) -> dict:
    """Prints and returns, of all classes together and (`classes`) of each:

        of_its_class   the share of drawn texts to which the classifier gives the class that they were drawn of
        new            the share that is no training text
        distinct       how many different texts there are for each
        characters     mean length of the texts
        real           the share of held-out real texts to which the classifier gives their class

    Args:
        app: of the generator.
        classifier_app: of the classifier.
        model_path, classifier_path: a run directory or a SavedModel each.
        count: texts drawn of each class; they are those that `generate` draws.
        asked: temperature, top_k, top_p and seed; what is None is as the section `decode` says.
        form: "text", or "jsonl" for one line of JSON.
        path, overrides: of the generator's configuration, whose data are the real texts.

    Raises:
        ArtifactError: the classifier does not know a class.
        DataError: the real texts cannot be read, or have none of the classes.
    """
    artifact, reader = open_artifact(model_path, app.name), open_artifact(classifier_path, classifier_app.name)
    names = classes_of(artifact)
    _check_labels(names, reader)
    run, functions = model_of(app, artifact, path, overrides)
    _, reading = model_of(classifier_app, reader, None, ())
    role = run.evaluate.split
    with runtime.started(run.train, run.seed):
        corpus = data.load(run, app.task_class().kind, roles=dict.fromkeys(["train", role]))
        real = _by_class(corpus, role, names)
        train, unit = corpus.splits.get("train"), unit_from_config(artifact.task_state["vectorizer"]["target"])
        known = None if train is None else known_texts(train, unit)
        generate, options = functions()["generate"], options_of(run, asked)
        drawn = {name: [row["text"] for row in draw(generate, name, count, options)] for name in names}
        report = _report(_reading(reading()["serving_default"]), drawn, real, known)
    click.echo(json.dumps(report, ensure_ascii=False) if form == "jsonl" else _table(report, role, count))
    return report


def _check_labels(names: Sequence[str], reader: Artifact) -> None:
    """Every class of the generator has to be one of the classifier's."""
    labels = reader.task_state["labels"]["names"]
    missing = [name for name in names if name not in labels]
    if missing:
        raise ArtifactError(
            f"{reader.path}: the classifier does not know {len(missing)} of the {len(names)} classes: "
            f"{', '.join(missing[:10])}{', …' * (len(missing) > 10)}; it knows {', '.join(labels[:10])}"
            f"{', …' * (len(labels) > 10)}. Train one on the generator's corpus, with the same data.label_map"
        )


def _by_class(corpus: Corpus, role: str, names: Sequence[str]) -> dict[str, list[str]]:
    """The real texts of a split, by class."""
    found = {name: [] for name in names}
    for example in corpus.splits[role].examples():
        if example["label"] in found:
            found[example["label"]].append(example["text"])
    if not any(found.values()):
        raise DataError(f"data.splits.{role}: no text is of one of the classes {', '.join(names)}")
    return found


def _reading(classify: Callable) -> Callable[[Sequence[str]], list[str]]:
    """From texts to the labels that a classifier gives them; "" where it finds nothing to read."""

    def labels(texts: Sequence[str]) -> list[str]:
        found = []
        for begin in range(0, len(texts), BATCH):
            answer = classify(text=tf.constant(texts[begin : begin + BATCH]))
            rows = zip(answer["label"].numpy(), answer["token_count"].numpy())
            found += [label.decode() if count else "" for label, count in rows]
        return found

    return labels


def _report(labels_of: Callable, drawn: Mapping, real: Mapping, known: set[str] | None) -> dict:
    """What `check` returns."""
    right = {name: _share(labels_of(texts), name) for name, texts in drawn.items()}
    seen = {name: _share(labels_of(texts), name) for name, texts in real.items() if texts}
    classes = {
        name: {"of_its_class": right[name], **sample_scores(texts, known), "real": seen.get(name)}
        for name, texts in drawn.items()
    }
    totals = {
        key: sum(row[key] for row in classes.values()) / len(classes)
        for key in next(iter(classes.values()))
        if key != "real"
    }
    count = sum(len(real[name]) for name in seen)
    return totals | {"real": sum(share * len(real[name]) for name, share in seen.items()) / count, "classes": classes}


def _share(labels: Sequence[str], name: str) -> float:
    return sum(label == name for label in labels) / len(labels)


def _table(report: dict, role: str, count: int) -> str:
    """The report for a person: a line for each class, and one for all."""
    columns = [key for key in COLUMNS if key in report]
    names = [*report["classes"], "all"]
    width = max(map(len, names))
    lines = [f"{count:,} texts drawn of each class, and the real ones of the {role} split, read by the classifier:", ""]
    lines.append(f"{'':<{width}}" + "".join(f"{COLUMNS[key]:>14}" for key in columns))
    for name, row in [*report["classes"].items(), ("all", report)]:
        cells = ("—" if row[key] is None else f"{row[key]:.1%}" for key in columns)
        lines.append(f"{name:<{width}}" + "".join(f"{cell:>14}" for cell in cells))
    return "\n".join(lines)
