"""One app a file: `python -m apps` lists them, `python -m apps.NAME --help` shows one."""
