"""Lists the apps: `python -m apps`."""

import importlib
import pkgutil

import apps


def main() -> None:
    """Prints every app with its shape and summary."""
    names = [module.name for module in pkgutil.iter_modules(apps.__path__) if not module.name.startswith("_")]
    print("python -m apps.NAME --help\n")
    for name in names:
        app = importlib.import_module(f"apps.{name}").APP
        print(f"  {app.name:<12}{app.shape}\n{'':14}{app.summary}")


if __name__ == "__main__":
    main()
