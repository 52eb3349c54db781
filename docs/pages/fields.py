"""The fields of a value that is kept as JSON: type from its JSON schema, meaning from its docstring."""

from __future__ import annotations

import inspect
import re
from typing import Any

from pages.markdown import table
from tbp_assets.storage.manifests import adapter_of

FIELD = re.compile(r"^    (\w+): (.*?)(?=^    \w+: |\Z)", re.MULTILINE | re.DOTALL)
FORMATS = {"date": "date", "date-time": "moment"}


def fields_of(kind: type[object]) -> str:
    """Return the fields of a dataclass as a table."""
    schema, meanings = adapter_of(kind).json_schema(mode="serialization"), meanings_of(kind)
    if "properties" not in schema:  # a value that may hold another of its kind
        schema = schema["$defs"][kind.__name__]
    if without := set(schema["properties"]) - set(meanings):
        raise ValueError(f"{kind.__name__}: its docstring does not say what {', '.join(sorted(without))} is")
    fields = schema["properties"].items()
    rows = [(f"`{name}`", _type(field), _meaning(meanings[name], field)) for name, field in fields]
    return table(("field", "type", "meaning"), rows)


def meanings_of(kind: type[object]) -> dict[str, str]:
    """Return what the docstring of a dataclass says of its attributes."""
    _, _, attributes = (inspect.getdoc(kind) or "").partition("Attributes:\n")
    return {name: " ".join(words.split()) for name, words in FIELD.findall(attributes)}


def _meaning(words: str, field: dict[str, Any]) -> str:
    known = [value for option in field.get("anyOf", [field]) for value in option.get("enum", [])]
    one_of = "" if all(value in words for value in known) else f" One of {', '.join(f'`{value}`' for value in known)}."
    return re.sub(r"\bNone\b", "null", words) + one_of


def _type(field: dict[str, Any]) -> str:
    if "anyOf" in field:
        return " or ".join(_type(option) for option in field["anyOf"])
    if "$ref" in field:
        return f"object: {field['$ref'].rpartition('/')[2]}"
    if "items" in field:
        return f"list of {_type(field['items'])}s"
    if "additionalProperties" in field:
        return f"{_type(field['additionalProperties'])} by name"
    if "enum" in field:
        return "word"
    kinds = {"string": "text", "integer": "integer", "number": "number", "null": "null"}
    return FORMATS.get(field.get("format", ""), "") or kinds[field["type"]]
