"""What every source's examples go through: renamed labels, duplicates, overlap, a limit."""

from collections.abc import Callable, Collection, Iterable, Iterator
from hashlib import blake2b
from itertools import islice

from rnnkit.config.schema import Data
from rnnkit.data.corpus import FIELDS
from rnnkit.data.skips import Skips


def refined(
    examples: Iterable[dict], data: Data, training: bool, held_out: Callable[[], Collection[bytes]], skips: Skips
) -> Iterator[dict]:
    """Examples with renamed labels, without those that `data` leaves out.

    In memory are 16 bytes for every example where duplicates or overlap are left out, nothing otherwise.

    Args:
        examples: What a source gives.
        data: The options.
        training: Whether they are training examples, which alone are freed of duplicates and overlap.
        held_out: Gives the fingerprints of the texts of validation and test.
        skips: Counts what is left out.
    """
    if data.label_map:
        examples = _renamed(examples, data.label_map, skips)
    if training and data.exclude_overlap:
        examples = _without(examples, held_out(), skips)
    if training and data.deduplicate:
        examples = _distinct(examples, skips)
    limits = [data.limit, data.train_limit if training else None]
    return islice(examples, min((limit for limit in limits if limit is not None), default=None))


def fingerprint(example: dict, labels: bool = False) -> bytes:
    """16 bytes that stand for an example's tokens, text, source or picture.

    Args:
        example: Of any kind.
        labels: Whether they stand for its tags, label, target or captions too.
    """
    first, *others = next(fields for fields in FIELDS.values() if all(name in example for name in fields))
    content = repr((example[first], [example[name] for name in others] if labels else None))
    return blake2b(content.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _renamed(examples, names, skips):
    """Examples with renamed labels; without texts whose label, and without tokens whose tag, is mapped to null.

    Pairs and pictures have no labels and stay as they are.
    """
    for example in examples:
        if "label" in example:
            label = names.get(example["label"], example["label"])
            if label is None:
                skips.left_out("label mapped to null")
            else:
                yield example | {"label": label}
            continue
        if "tags" not in example:
            yield example
            continue
        tags = [names.get(tag, tag) for tag in example["tags"]]
        kept = [(token, tag) for token, tag in zip(example["tokens"], tags) if tag is not None]
        if len(kept) < len(tags):
            skips.left_out("token with a tag mapped to null", len(tags) - len(kept))
        if kept:
            yield example | {"tokens": [token for token, _ in kept], "tags": [tag for _, tag in kept]}


def _without(examples, held_out, skips):
    for example in examples:
        if fingerprint(example) in held_out:
            skips.left_out("also in validation or test")
        else:
            yield example


def _distinct(examples, skips):
    seen = set()
    for example in examples:
        mark = fingerprint(example, labels=True)
        if mark in seen:
            skips.left_out("duplicate")
        else:
            seen.add(mark)
            yield example
