"""TensorFlow Datasets as a source of examples. The library is imported only when a configuration names it."""

import contextlib
import difflib
import logging
import re
import sys
from collections.abc import Callable, Iterator
from functools import lru_cache, partial

from rnnkit.config.paths import expand
from rnnkit.config.schema import TfdsData
from rnnkit.data.labelling import label_of
from rnnkit.data.skips import Skips
from rnnkit.errors import DataError

_READ = 256  # examples decoded at a time
_IN_NAMESPACE = re.compile(r"[^/:]*:(?!(\d+|\*)(\.(\d+|\*)){2}(/|$))")  # what follows the colon is no version


def open_split(data: TfdsData, kind: str, role: str) -> Callable[[Skips], Iterator[dict]]:
    """What starts a pass over a split of a TFDS data set, which is prepared first where need be.

    Raises:
        DataError: If the data set, a split or a feature does not exist, does not fit, or cannot be prepared.
    """
    folders = [path if path is None else str(expand(path)) for path in (data.data_dir, data.manual_dir)]
    builder = _builder(data.name, *folders, data.download)
    split = getattr(data.splits, role)
    _check_split(builder, data, role)
    if kind == "text":
        labels = [data.label] if isinstance(data.label, str) else data.label
        converters = _converters(builder, data, role, {"data.text": [data.text], "data.label": labels}, rank=0)
        make = partial(_text_example, data=data)
    else:
        wanted = {"data.tokens": [data.tokens], "data.tags": [data.tags]}
        converters = _converters(builder, data, role, wanted, rank=1)
        make = partial(_token_example, data=data)

    def examples(skips: Skips) -> Iterator[dict]:
        for number, fields in enumerate(_rows(builder, split, converters)):
            try:
                example = make(fields, skips=skips)
            except ValueError as problem:
                skips.bad(f"{data.name} {split}, example {number}", problem)
            else:
                if example is not None:
                    yield example

    return examples


def _text_example(fields, data, skips):
    label = label_of(fields, data.label, skips)
    return None if label is None else {"text": fields[data.text], "label": label}


def _token_example(fields, data, skips):
    tokens, tags = fields[data.tokens], fields[data.tags]
    if len(tokens) != len(tags):
        raise ValueError(f"{len(tokens)} tokens but {len(tags)} tags")
    if not all(tokens) or not tokens:
        raise ValueError("no tokens, or an empty one")
    return {"tokens": tokens, "tags": tags}


def _rows(builder, split, converters):
    """The wanted features of every example as Python values, in the order of the files."""
    dataset = builder.as_dataset(split=split, shuffle_files=False)
    dataset = dataset.map(lambda example: {name: example[name] for name in converters}).ragged_batch(_READ)
    for batch in dataset.prefetch(1):
        columns = [_listed(values, converters[name]) for name, values in batch.items()]
        for row in zip(*columns):
            yield dict(zip(batch, row))


def _listed(values, convert):
    if hasattr(values, "to_list"):  # ragged
        return [[convert(item) for item in row] for row in values.to_list()]
    return [convert(value) for value in values.numpy().tolist()]


def _converters(builder, data, role, wanted, rank):
    """For each wanted feature what turns a value of it into text, or for labels into text, an integer or a boolean."""
    features = dict(builder.info.features.items())
    converters = {}
    for key, name in [(key, name) for key, names in wanted.items() for name in names]:
        problem = _unfitting(features.get(name), key, rank)
        if problem:
            listing = " ".join(repr(builder.info.features).split())
            raise DataError(f"{key}: {name!r} of {data.name} {problem}; it has {listing}")
        converters[name] = _converter(getattr(features[name], "feature", features[name]), name, data, role)
    return converters


def _unfitting(feature, key, rank):
    """Why a feature cannot be used; None if it can."""
    if feature is None:
        return "does not exist"
    if not isinstance(feature.shape, tuple) or len(feature.shape) != rank:
        return "is not a sequence" if rank else "is not a single value"
    if key in ("data.text", "data.tokens") and feature.tf_dtype.name != "string":
        return "is no text"
    return None


def _converter(feature, name, data, role):
    if not hasattr(feature, "int2str"):
        return lambda value: value.decode("utf-8", errors="replace") if isinstance(value, bytes) else value

    def class_name(value):
        if value < 0:
            split = getattr(data.splits, role)
            raise DataError(
                f"data.splits.{role}: split {split!r} of {data.name} has no labels ({name!r} is {value}), so it can "
                "neither be learnt from nor scored; name another split, or a part of one such as train[90%:]"
            )
        return feature.int2str(value)

    return class_name


def _check_split(builder, data, role):
    split = getattr(data.splits, role)
    try:
        builder.info.splits[split]
    except (ValueError, KeyError) as error:
        raise DataError(
            f"data.splits.{role}: {data.name} has no split {split!r}; it has {', '.join(builder.info.splits)}, "
            f"and parts such as train[:90%] ({str(error).splitlines()[0]})"
        ) from None


@lru_cache(maxsize=4)
def _builder(name, data_dir, manual_dir, download):
    """The prepared builder."""
    if _IN_NAMESPACE.match(name):  # it may be a stranger's code, and an artifact's configuration may name it
        raise DataError(f"data.name: {name!r} is a community data set; only those of TFDS's own catalogue are read")
    import tensorflow_datasets as tfds

    try:
        builder = tfds.builder(name, data_dir=data_dir)
    except tfds.core.DatasetNotFoundError:
        near = difflib.get_close_matches(name.partition("/")[0].partition(":")[0], tfds.list_builders(), n=3)
        hint = f"; did you mean {' or '.join(near)}?" if near else "; tensorflow.org/datasets/catalog lists them"
        raise DataError(f"data.name: TFDS has no data set {name!r}{hint}") from None
    except (ValueError, AssertionError) as error:  # an unknown configuration or version
        raise DataError(f"data.name: TFDS cannot give {name!r}: {' '.join(str(error).split())}") from None
    if not builder.is_prepared():
        _prepare(tfds, builder, name, manual_dir, download)
    return builder


def _prepare(tfds, builder, name, manual_dir, download):
    where = f"{name} is not prepared in {builder.data_dir}"
    if not download:
        raise DataError(
            f"data.download: {where}, and download is false; set it to true, or data.data_dir to where it is"
        )
    tfds.disable_progress_bar()
    logging.getLogger("urllib3").setLevel(logging.ERROR)  # which tells every retry; the error below tells the end
    print(f"preparing {name} in {builder.data_dir}", file=sys.stderr)
    try:
        with contextlib.redirect_stdout(sys.stderr):
            builder.download_and_prepare(download_config=tfds.download.DownloadConfig(manual_dir=manual_dir))
    except (OSError, ImportError, ValueError, AssertionError, tfds.download.DownloadError) as error:
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        raise DataError(
            f"data.name: {where}, and preparing it failed: {reason:.400}. On a machine without network, put the raw "
            "files into a folder and name it in data.manual_dir, or prepare the data set where there is one, copy it, "
            "and name its folder in data.data_dir."
        ) from None
