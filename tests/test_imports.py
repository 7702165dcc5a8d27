"""Who may import whom, read from the source; what must not be imported at all."""

import ast
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
FILES = sorted([*ROOT.glob("rnnkit/**/*.py"), *ROOT.glob("apps/**/*.py")])

# What every part may import of the project, besides itself. A part is a package or module directly below rnnkit.
ALLOWED = {
    "errors": set(),
    "atomic": {"errors"},
    "decoding_options": set(),
    "config": {"errors", "decoding_options"},
    "cells": set(),
    "engines": {"cells"},
    "layers": {"cells", "engines"},
    "decoding": {"decoding_options"},
    "models": {"layers", "cells", "config", "errors"},
    "data": {"config", "errors"},
    "tasks": {"models", "decoding", "data", "config", "atomic", "errors"},
    "artifact": {"config", "errors", "atomic", "rnnkit"},
    "training": {"tasks", "engines", "models", "data", "artifact", "config", "errors", "atomic"},
    "card": {"data", "config", "atomic", "rnnkit"},
    "export": {"tasks", "engines", "artifact", "atomic", "errors"},
    "app": set(),
    "verbs": {
        "app",
        "card",
        "export",
        "artifact",
        "training",
        "tasks",
        "models",
        "decoding",
        "data",
        "config",
        "errors",
        "atomic",
    },
    "command_line": {"app", "verbs", "config", "errors"},
    "rnnkit": set(),
    "apps": {"app", "command_line", "verbs", "tasks", "errors"},
}


def part(module):
    """The part that a module's dotted name belongs to: `rnnkit.config.schema` -> `config`, `apps.tagging` -> `apps`."""
    names = module.split(".")
    return names[0] if names[0] == "apps" or len(names) == 1 else names[1]


def imported(path):
    """(dotted name, line) of everything that a file imports, also inside functions or as "module:Class"."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: a relative import"
            for alias in node.names:  # `from rnnkit import config` imports rnnkit.config
                inner = f"{node.module}.{alias.name}"
                is_module = (ROOT / inner.replace(".", "/")).with_suffix(".py").exists()
                is_package = (ROOT / inner.replace(".", "/")).is_dir()
                yield (inner if is_module or is_package else node.module), node.lineno
        elif isinstance(node, ast.Constant) and re.fullmatch(r"rnnkit(\.\w+)+:\w+", str(node.value)):
            yield node.value.partition(":")[0], node.lineno


def of_file(path):
    return part(".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"))


def test_every_import_goes_in_the_agreed_direction():
    problems, used = [], {of_file(path): set() for path in FILES}
    for path in FILES:
        here = of_file(path)
        for name, line in imported(path):
            if name.split(".")[0] in ("rnnkit", "apps") and part(name) != here:
                used[here].add(part(name))
                if part(name) not in ALLOWED[here]:
                    problems.append(f"{path.relative_to(ROOT)}:{line}: {here} imports {name}")
    assert not problems, "\n".join(problems)
    assert used == ALLOWED, "a direction that nobody uses is none"


def test_the_agreed_directions_have_no_circle():
    left = {name: allowed - {"rnnkit"} for name, allowed in ALLOWED.items() if name != "rnnkit"}
    while left:
        free = {name for name, allowed in left.items() if not allowed}
        assert free, f"a circle among {', '.join(left)}"
        left = {name: allowed - free for name, allowed in left.items() if name not in free}


def test_what_nobody_may_use():
    private = ("keras.src", "tensorflow.python")
    problems = []
    for path in FILES:
        where = path.relative_to(ROOT)
        problems += [f"{where}:{line}: {name}" for name, line in imported(path) if name.startswith(private)]
        tree = ast.parse(path.read_text(encoding="utf-8"))
        problems += [f"{where}:{node.lineno}: assert" for node in ast.walk(tree) if isinstance(node, ast.Assert)]
    assert not problems, "\n".join(problems)


def test_configurations_and_data_use_no_keras():
    for path in (path for path in FILES if of_file(path) in ("config", "data")):
        roots = {name.split(".")[0] for name, _ in imported(path)}
        assert "keras" not in roots, path
        assert of_file(path) == "data" or not roots & {"tensorflow", "numpy"}, path


def test_help_and_configurations_import_no_tensorflow():
    code = (
        "import sys, rnnkit, rnnkit.config, rnnkit.errors, rnnkit.command_line, apps.sentiment, apps.tagging, "
        "apps.language_model, apps.translation, apps.captioning, apps.generation\n"
        "print(sorted({'tensorflow', 'keras', 'numpy', 'sklearn', 'matplotlib'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
