"""TensorFlow Datasets as a source of examples. The library is imported only when a configuration names it."""

import contextlib
import difflib
import logging
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache, partial

from rnnkit.config.paths import expand
from rnnkit.config.schema import TfdsData
from rnnkit.data.labelling import example_of, wanted_fields
from rnnkit.data.skips import Skips
from rnnkit.errors import DataError

_READ, _READ_PICTURES = 256, 16  # examples decoded at a time
_IMAGE = "data.image"
_RANKS = {"data.tokens": (1,), "data.tags": (1,), "data.captions": (0, 1)}  # of features; of all others 0
_TEXTS = ("data.text", "data.tokens", "data.pair", "data.captions")
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
    make = {"tokens": _token_example, "caption": _caption_example, "running": _document}.get(
        kind, partial(example_of, kind)
    )
    converters = _converters(builder, data, role, _wanted(data, kind))

    def examples(skips: Skips) -> Iterator[dict]:
        for number, fields in enumerate(_rows(builder, split, converters)):
            place = f"{data.name} {split}, example {number}"
            try:
                example = make(fields, data, skips)
            except ValueError as problem:
                skips.bad(place, problem)
            else:
                if example is not None:
                    yield example | {"place": place}

    return examples


def _wanted(data, kind):
    """The features that examples of a kind are made of, by the key that names them."""
    if kind == "tokens":
        return {"data.tokens": [data.tokens], "data.tags": [data.tags]}
    if kind == "running":
        return {"data.text": [data.text]}
    if kind == "caption":
        return {_IMAGE: [data.image], "data.captions": [data.captions]}
    return wanted_fields(kind, data)


def _caption_example(fields, data, skips):
    captions = fields[data.captions]
    captions = [captions] if isinstance(captions, str) else captions
    if not captions or not all(caption.strip() for caption in captions):
        raise ValueError(f"no caption in {data.captions!r}, or an empty one")
    return {"image": fields[data.image], "captions": captions}


def _document(fields, data, skips):
    return {"text": fields[data.text]}


def _token_example(fields, data, skips):
    tokens, tags = fields[data.tokens], fields[data.tags]
    if len(tokens) != len(tags):
        raise ValueError(f"{len(tokens)} tokens but {len(tags)} tags")
    if not all(tokens) or not tokens:
        raise ValueError("no tokens, or an empty one")
    return {"tokens": tokens, "tags": tags}


def _rows(builder, split, converters):
    """The wanted features of every example as Python values, in the order of the files."""
    decoders = {name: _undecoded() for name, convert in converters.items() if convert is _as_it_is}
    dataset = builder.as_dataset(split=split, shuffle_files=False, decoders=decoders or None)
    dataset = dataset.map(lambda example: {name: _at(example, name) for name in converters})
    for batch in dataset.ragged_batch(_READ_PICTURES if decoders else _READ).prefetch(1):
        columns = [_listed(values, converters[name]) for name, values in batch.items()]
        for row in zip(*columns):
            yield dict(zip(batch, row))


def _listed(values, convert):
    if hasattr(values, "to_list"):  # ragged
        return [[convert(item) for item in row] for row in values.to_list()]
    return [convert(value) for value in values.numpy().tolist()]


def _converters(builder, data, role, wanted):
    """For each wanted feature what turns a value of it into text, or for labels into text, an integer or a boolean."""
    features = builder.info.features
    converters = {}
    for key, name in [(key, name) for key, names in wanted.items() for name in names]:
        feature = dict(features.items()).get(name)  # None for one within another
        problem = _unfitting(key, *(_at(nested, name) for nested in (features.shape, features.tf_dtype)))
        if key == _IMAGE and feature is None:
            problem = "does not exist"
        if problem:
            listing = " ".join(repr(features).split())
            raise DataError(f"{key}: {name!r} of {data.name} {problem}; it has {listing}")
        inner = getattr(feature, "feature", feature)
        converters[name] = _as_it_is if key == _IMAGE else _converter(inner, name, data, role)
    return converters


def _at(nested, name):
    """What has a name, which may itself have slashes, or lies below names between slashes; None where nothing does."""
    if not isinstance(nested, Mapping):
        return None
    if name in nested:
        return nested[name]
    outer, _, inner = name.partition("/")
    return _at(nested.get(outer), inner)


def _unfitting(key, shape, dtype):
    """Why a feature cannot be used; None if it can."""
    if shape is None:
        return "does not exist"
    if key == _IMAGE:
        return None if isinstance(shape, tuple) and len(shape) == 3 and dtype.name == "uint8" else "is no picture"
    ranks = _RANKS.get(key, (0,))
    if not isinstance(shape, tuple) or len(shape) not in ranks:
        return "is not a sequence" if ranks == (1,) else "is not a single value"
    if key in _TEXTS and dtype.name != "string":
        return "is no text"
    return None


def _as_it_is(value):
    """A picture's file."""
    return value


def _undecoded():
    import tensorflow_datasets as tfds

    return tfds.decode.SkipDecoding()


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
