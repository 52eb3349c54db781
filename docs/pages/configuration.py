"""Writes the tables of docs/configuration.md: every key of config/, and every environment variable."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from pydantic import BaseModel

from pages.field_types import fields_of
from pages.markdown import table, with_table
from pages.variables import DOTENV, OTHERS, Readers
from pages.yaml_keys import YamlKey, heading_of, keys_of
from tbp_assets.settings import PROJECT_ROOT, DatabaseConfig, InstrumentsConfig, PipelineConfig, S3Config

PAGE: Final = PROJECT_ROOT / "docs" / "configuration.md"
CONFIG: Final = PROJECT_ROOT / "config"
MODELS: Final[dict[str, type[BaseModel]]] = {
    "instruments": InstrumentsConfig,
    "pipeline": PipelineConfig,
    "s3": S3Config,
    "database": DatabaseConfig,
}
VARIABLE: Final = re.compile(r'"?\$\{(\w+)(:-(.*))?\}"?')
SECTION: Final = "section"
SAID_OF: Final = ("key", "takes", "shipped", "variable", "what it does")


@dataclass(frozen=True, slots=True)
class Key:
    """A line of the tables: a key of a file, or of the items that a key holds."""

    name: str
    takes: str
    shipped: str
    variable: str
    text: str

    @property
    def line(self) -> tuple[str, ...]:
        """The cells."""
        variable = f"`{self.variable}`" if self.variable else ""
        return f"`{self.name}`", self.takes, self.shipped, variable, _shown(self.text)

    @property
    def section(self) -> str:
        """The outermost key that it lies in, or is."""
        return self.name.partition(".")[0]

    @property
    def is_heading(self) -> bool:
        """Whether it has a heading of its own in place of a line."""
        return self.takes == SECTION and self.section == self.name


def configuration_page() -> str:
    """Return docs/configuration.md as it is, with keys and variables as code and config/ have them.

    Raises:
        LookupError: A key of the models is in no file, or nothing is said of it.
    """
    page = with_table(PAGE.read_text(encoding="utf-8"), "keys", "\n\n".join(_files()))
    return with_table(page, "variables", "\n\n".join(_variables()))


def _files() -> Iterator[str]:
    for file in MODELS:
        yield f"### {file}.yml"
        yield heading_of(CONFIG / f"{file}.yml")
        for section, lines in _sections(_keys(file)):
            if section:
                heading = lines.pop(0)
                yield f"#### {file}.yml: {section}"
                yield heading.text[:1].upper() + heading.text[1:].removesuffix(".") + "."
            yield table(SAID_OF, [each.line for each in lines])


def _sections(keys: list[Key]) -> Iterator[tuple[str, list[Key]]]:
    """Yield each section that has a heading with its keys, itself first; the keys of none without a name."""
    headings = {key.name for key in keys if key.is_heading}
    for section, found in groupby(keys, lambda key: key.section if key.section in headings else ""):
        yield section, list(found)


def _keys(file: str) -> list[Key]:
    takes = {field.name: field.words for field in fields_of(MODELS[file])}
    written = keys_of(CONFIG / f"{file}.yml")
    production = {key.name: key for key in keys_of(CONFIG / "environments" / "production.yml")}
    found = [key for each in written for key in _lines(each, takes, production.get(f"{file}.{each.name}"))]
    silent = [key.name for key in found if not key.text] + sorted(set(takes) - {key.name for key in found})
    if silent:
        raise LookupError(f"config/{file}.yml says nothing of {', '.join(silent)}: a comment is needed")
    return found


def _lines(key: YamlKey, takes: dict[str, str], production: YamlKey | None) -> Iterator[Key]:
    """Yield the line of a key, and those of the fields of its items; a group's name is the user's, not a key."""
    parent = takes.get(key.name.rpartition(".")[0], "")
    if key.name not in takes and parent.startswith("section, names of your own"):
        return
    variable = VARIABLE.fullmatch(key.written)
    shipped = _shipped(key, variable)
    if production and production.written:
        shipped += f"; in production `{production.written}`"
    yield Key(key.name, takes.get(key.name, SECTION), shipped, variable[1] if variable else "", key.comment)
    for name, words in takes.items():
        if key.fields and (field := _field(name, key.name)):
            yield Key(name, words, "", "", key.fields.get(field, ""))


def _field(name: str, parent: str) -> str:
    """Return the name that a field of an item has in the comment above its parent, or nothing."""
    inside = name.removeprefix(parent) if name.startswith((f"{parent}[].", f"{parent}.<name>.")) else ""
    return re.sub(r"\[\]|\.<name>", "", inside).removeprefix(".")


def _shipped(key: YamlKey, variable: re.Match[str] | None) -> str:
    if variable is None:
        return f"`{key.written}`" if key.written else f"{key.inside} of them" if key.fields else ""
    if variable[2] is None:
        return "not set"
    return f"`{variable[3]}`" if variable[3] else "empty"


def _variables() -> Iterator[str]:
    for heading, readers in {"Set in `.env` or in the environment": _substituted() | DOTENV, **OTHERS}.items():
        lines = [
            (f"`{name}`", _shown(text), reader) for reader, texts in readers.items() for name, text in texts.items()
        ]
        yield f"### {heading}"
        yield table(("variable", "meaning", "where it is read"), lines)


def _substituted() -> Readers:
    keys = [(file, key) for file in MODELS for key in _keys(file) if key.variable]
    return {f"`config/{file}.yml`: `{key.name}`": {key.variable: key.text} for file, key in keys}


def _shown(text: str) -> str:
    # Else Markdown takes <account> for HTML.
    return re.sub(r"<(?=\w)", r"\<", text)
