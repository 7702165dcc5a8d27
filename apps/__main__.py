"""Lists the apps: `python -m apps`."""

import importlib
import pkgutil
import sys
from collections.abc import Sequence

import apps


def main(arguments: Sequence[str] = ()) -> int:
    """Prints every app with its shape and summary; a word after `apps` is a dot that was forgotten. Returns 0 or 2."""
    if arguments:
        print(f"error: write python -m apps.{' '.join(arguments)}", file=sys.stderr)
        return 2
    names = [module.name for module in pkgutil.iter_modules(apps.__path__) if not module.name.startswith("_")]
    print("python -m apps.NAME --help\n")
    for name in names:
        app = importlib.import_module(f"apps.{name}").APP
        print(f"  {app.name:<16}{app.shape}\n{'':18}{app.summary}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
