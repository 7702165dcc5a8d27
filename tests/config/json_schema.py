"""As much of JSON Schema as our own schemas use."""

import re

_TYPES = {
    "object": dict,
    "array": list,
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "null": type(None),
}
_BOUNDS = {
    "minimum": lambda value, bound: value >= bound,
    "maximum": lambda value, bound: value <= bound,
    "exclusiveMinimum": lambda value, bound: value > bound,
    "exclusiveMaximum": lambda value, bound: value < bound,
    "minLength": lambda value, bound: len(value) >= bound,
    "minItems": lambda value, bound: len(value) >= bound,
    "maxItems": lambda value, bound: len(value) <= bound,
    "pattern": lambda value, pattern: re.search(pattern, value),
    "enum": lambda value, allowed: value in allowed,
    "const": lambda value, only: value == only,
    "required": lambda value, keys: set(keys) <= set(value),
}
_READ = {"$ref", "$defs", "$schema", "type", "properties", "additionalProperties", "items", "anyOf"}
_NOTES = {"description", "title", "default", "examples"}


def faults(schema, value, root=None, path=()):
    """What in `value` the schema does not allow: `path: keyword` for each."""
    root = root or schema
    unread = schema.keys() - _READ - _NOTES - _BOUNDS.keys()
    if unread:
        raise ValueError(f"this checker does not read the keywords {unread}")
    where = ".".join(map(str, path))
    found = []
    if "$ref" in schema:
        found += faults(root["$defs"][schema["$ref"].rpartition("/")[2]], value, root, path)
    if "type" in schema and not _is(value, schema["type"]):
        return [*found, f"{where}: type"]
    found += [f"{where}: {key}" for key, holds in _BOUNDS.items() if key in schema and not holds(value, schema[key])]
    if "anyOf" in schema and all(faults(option, value, root, path) for option in schema["anyOf"]):
        found.append(f"{where}: anyOf")
    if isinstance(value, list) and "items" in schema:
        for place, item in enumerate(value):
            found += faults(schema["items"], item, root, (*path, place))
    if isinstance(value, dict) and ("properties" in schema or "additionalProperties" in schema):
        found += _faults_of_keys(schema, value, root, path, where)
    return found


def _faults_of_keys(schema, value, root, path, where):
    found, others = [], schema.get("additionalProperties", True)
    for key, item in value.items():
        inner = schema.get("properties", {}).get(key, others)
        if inner is False:
            found.append(f"{where}: no key {key}")
        elif inner is not True:
            found += faults(inner, item, root, (*path, key))
    return found


def _is(value, name):
    if isinstance(value, bool):
        return name == "boolean"
    return isinstance(value, _TYPES[name])
