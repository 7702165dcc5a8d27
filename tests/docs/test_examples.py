"""Every example in a docstring or a document runs as it stands there."""

import doctest
import importlib
import pathlib
import pkgutil

import keras
import pytest

import rnnkit
import rnnkit.cells
import rnnkit.decoding
import rnnkit.layers
from tests.docs.helpers import blocks

ROOT = pathlib.Path(__file__).parents[2]


def documented():
    """(module, test of doctest's) for every docstring of the package that has an example."""
    for found in pkgutil.walk_packages(rnnkit.__path__, "rnnkit."):
        module = importlib.import_module(found.name)
        for test in doctest.DocTestFinder(exclude_empty=False).find(module):
            if test.examples or blocks(test.docstring or ""):
                yield module, test


DOCUMENTED = {test.name: (module, test) for module, test in documented()}


@pytest.mark.parametrize("name", DOCUMENTED)
def test_docstring(name):
    module, test = DOCUMENTED[name]
    for block in blocks(test.docstring):
        exec(block, {"__name__": "docstring"})
    test.globs = {**vars(module), "keras": keras}
    failures = []
    doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE).run(test, out=failures.append)
    assert not failures, "".join(failures)


@pytest.mark.parametrize(
    "package, name",
    [(package, name) for package in (rnnkit.cells, rnnkit.decoding, rnnkit.layers) for name in package.__all__],
)
def test_every_public_name_has_an_example(package, name):
    documented = getattr(package, name)
    assert f"{documented.__module__}.{name}" in DOCUMENTED


DOCUMENTS = {
    "docs/cells.md": blocks((ROOT / "docs" / "cells.md").read_text()),
    "docs/decoding.md": blocks((ROOT / "docs" / "decoding.md").read_text()),
    # What needs a trained model is a tour, not an example; the rest takes the imports for granted.
    "README.md": [block for block in blocks((ROOT / "README.md").read_text()) if "saved_models" not in block],
}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_document(name):
    """A block may use what those before it defined."""
    assert DOCUMENTS[name], "no block is left to run"
    namespace = {"__name__": "document", "keras": keras, "rnnkit": rnnkit}
    for block in DOCUMENTS[name]:
        exec(block, namespace)
