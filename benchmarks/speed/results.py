"""The file of results: one entry for every case and machine, written after each case."""

import json
from dataclasses import asdict
from pathlib import Path

from rnnkit.atomic import write_json


class Results:
    """Measurements by case and machine, kept in a JSON file.

    Args:
        path: File, made with the first measurement.

    Attributes:
        rows: List of dictionaries, each with `name`, `case`, `machine`, `versions`, `effort` and what
            `measuring.measure` returned.
    """

    def __init__(self, path):
        self.path = Path(path)
        self.rows = json.loads(self.path.read_text(encoding="utf-8")) if self.path.exists() else []

    def has(self, case, machine, versions, effort):
        """Whether the case was measured on this machine, with these versions and at least this effort.

        A version that is `None` here, such as torch's where there is none, may be any there.
        """
        row = self._find(case.name, machine)
        if row is None or "contenders" not in row or row["effort"] < effort:
            return False
        return all(row["versions"].get(name) == version for name, version in versions.items() if version is not None)

    def add(self, case, machine, versions, effort, measured):
        """Puts a measurement in the place of an older one, and writes the file.

        Raises:
            UserError: the file cannot be written.
        """
        described = asdict(case) | {"shape": list(case.shape)}  # as it comes back from the file
        new = {"name": case.name, "case": described, "machine": machine, "versions": versions, "effort": effort}
        new |= measured
        old = self._find(case.name, machine)
        if old is None:
            self.rows.append(new)
        else:
            self.rows[self.rows.index(old)] = new
        write_json(self.path, self.rows)

    def _find(self, name, machine):
        found = (row for row in self.rows if row["name"] == name and row["machine"] == machine)
        return next(found, None)
