"""Writes a configuration as YAML, and its schema as JSON Schema for editors."""

from typing import Any

import yaml

from rnnkit.config.scalars import plain_scalar
from rnnkit.config.schema import RUNS, Run
from rnnkit.errors import ConfigError


def dump(run: Run) -> str:
    """The run as YAML with every key filled in; `load` reads it back equal."""
    return yaml.dump(
        run.model_dump(by_alias=True),
        Dumper=_Dumper,
        sort_keys=False,
        default_flow_style=False,
        allow_unicode=True,
        width=120,
    )


def json_schema(task: str) -> dict[str, Any]:
    """JSON Schema of a task's files. What is needed may come from an extended file, so only the top says what is.

    Raises:
        ConfigError: there is no such task.
    """
    if task not in RUNS:
        raise ConfigError(f"there is no task {task!r}; one of {', '.join(RUNS)} is needed")
    schema = _optional(RUNS[task].model_json_schema(by_alias=True))
    names = {"type": "string", "minLength": 1}
    extends = {
        "description": "A file, or several, that this one is laid on; relative to this file.",
        "anyOf": [names, {"type": "array", "items": names, "minItems": 1}],
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **schema,
        "properties": {"extends": extends} | schema["properties"],
        "anyOf": [{"required": ["extends"]}, {"required": ["task", "data"]}],
    }


def _optional(schema: Any) -> Any:
    """The schema without `required`, and with every choice of sections open to parts of a section."""
    if isinstance(schema, list):
        return [_optional(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {key: _optional(value) for key, value in schema.items() if key not in ("required", "discriminator")}
    if "oneOf" in kept:
        kept["anyOf"] = kept.pop("oneOf")
    return kept


class _Dumper(yaml.SafeDumper):
    """Puts in quotes what `plain_scalar` would not read as text, and lists in one line."""

    def ignore_aliases(self, data):
        return True


def _text(dumper: yaml.Dumper, value: str) -> yaml.Node:
    style = None if plain_scalar(value) == value else '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


def _list(dumper: yaml.Dumper, value: list) -> yaml.Node:
    return dumper.represent_sequence("tag:yaml.org,2002:seq", value, flow_style=True)


_Dumper.add_representer(str, _text)
_Dumper.add_representer(list, _list)
