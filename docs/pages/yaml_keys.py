"""The keys of a YAML file in their order, each as it stands there, with the comments that explain it.

A comment belongs to the key on whose line it stands, or that it stands right above. Above a key of many items, a line
`#   field: what it is` explains a field of each item. The first comment of a file is the file's own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import yaml

FIELD = re.compile(r"#\s{2,}([a-z_.]+): (.+)")
LEADING_TO_FIELDS = re.compile(r" [^.]*:$")


@dataclass(frozen=True, slots=True)
class YamlKey:
    """A key as it stands in a file.

    Attributes:
        name: With the names of the sections around it: `schedule.ask_at`.
        written: The value as it is written; of a list or mapping on lines of its own, nothing.
        inside: Whether it holds items or keys on lines of their own, and how many; 0 where not.
        comment: What is said on its line, then what is said above.
        fields: What is said of each item's fields, by their names there.
    """

    name: str
    written: str
    inside: int
    comment: str
    fields: dict[str, str]


def keys_of(path: Path) -> list[YamlKey]:
    """Return the keys of a file; one without content has none."""
    text = path.read_text(encoding="utf-8")
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    return list(_keys(root, text)) if isinstance(root, yaml.MappingNode) else []


def heading_of(path: Path) -> str:
    """Return what the first comment of a file says."""
    first, _, _ = path.read_text(encoding="utf-8").partition("\n\n")
    return " ".join(line.lstrip("# ") for line in first.splitlines() if line.startswith("#"))


def _keys(node: yaml.MappingNode, text: str, section: str = "") -> Iterator[YamlKey]:
    for key, value in cast("list[tuple[yaml.Node, yaml.Node]]", node.value):
        name = f"{section}{key.value}"
        block = isinstance(value, yaml.CollectionNode) and not value.flow_style
        written = "" if block else text[value.start_mark.index : value.end_mark.index]
        above, fields = _above(text.splitlines()[: key.start_mark.line])
        beside = _beside(text, (key if block else value).end_mark.index)
        comment = ". ".join(filter(None, (beside, above)))
        yield YamlKey(name, written, len(cast("list[object]", value.value)) if block else 0, comment, fields)
        if block and isinstance(value, yaml.MappingNode):
            yield from _keys(value, text, f"{name}.")


def _beside(text: str, after: int) -> str:
    rest = text[after:].partition("\n")[0]
    return rest.partition("#")[2].strip()


def _above(lines: list[str]) -> tuple[str, dict[str, str]]:
    """Return what the comment at the end of lines says, and of which fields."""
    start = len(lines)
    while start and lines[start - 1].lstrip().startswith("#"):
        start -= 1
    said = [line.strip() for line in lines[start:]]
    found = [FIELD.fullmatch(line) for line in said]
    words = " ".join(line.lstrip("# ") for line, field in zip(said, found, strict=True) if not field)
    words = LEADING_TO_FIELDS.sub("", words)
    return words, {field[1]: field[2] for field in found if field}
