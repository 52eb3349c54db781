"""What the models of the settings take, key by key, in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, time
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt
from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo
from typing_extensions import TypeIs

NAMES: Final = {
    int: "whole number",
    float: "number",
    str: "text",
    Path: "path",
    SecretStr: "secret",
    date: "date",
    time: 'time of day in quotes, "HH:MM"',
}
BOUNDS: Final[dict[type, tuple[str, str]]] = {Ge: (">=", "ge"), Gt: (">", "gt"), Le: ("<=", "le"), Lt: ("<", "lt")}
# A pattern that is not here stops the page from being written.
PATTERNS: Final = {
    r"^[a-z_][a-z0-9_]{0,62}$": "at most 63 lower-case letters, digits and _",
    r"^([a-z_][a-z0-9_]{0,62})?$": "at most 63 lower-case letters, digits and _, or empty",
    r"^https?://": "http:// or https://",
    r"^(https?://.*)?$": "http:// or https://, or empty",
    r"^[\x21\x23-\x7e]{1,32}$": "1 to 32 printable ASCII characters",
}


@dataclass(frozen=True, slots=True)
class Field:
    """A key that the models know.

    Attributes:
        name: `schedule.ask_at`; of the items of a list `instruments[].symbol`, of a mapping `groups.<name>.sector`.
        words: What it takes.
    """

    name: str
    words: str


def fields_of(model: type[BaseModel], section: str = "") -> Iterator[Field]:
    """Yield the keys of a model: sections before what is in them."""
    for name, info in model.model_fields.items():
        key = f"{section}{info.alias or name}"
        optional = "" if info.is_required() else "; may be left out"
        inner, below = _inner(info.annotation)
        yield Field(key, (_words(info.annotation, info.metadata) + optional))
        if inner:
            yield from fields_of(inner, f"{key}{below}.")


def _inner(annotation: Any) -> tuple[type[BaseModel] | None, str]:
    """Return the model that a section is, or that the items are of, and how their names go on."""
    if _is_model(annotation):
        return annotation, ""
    models = [each for each in get_args(annotation) if _is_model(each)]
    return (models[0], ".<name>" if get_origin(annotation) is dict else "[]") if models else (None, "")


def _is_model(annotation: Any) -> TypeIs[type[BaseModel]]:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _words(annotation: Any, metadata: Iterable[Any] = ()) -> str:
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _words(inner[0], [*metadata, *inner[1:]])
    if origin in {Union, UnionType}:
        chosen = [each for each in inner if each is not type(None)]
        return _words(chosen[0], metadata) if len(chosen) == 1 else _one_of(*map(get_args, chosen))
    if origin is Literal:
        return _one_of(inner)
    if origin in {tuple, frozenset}:
        return "list" if _is_model(inner[0]) else f"list of: {_words(inner[0]).removeprefix('one of ')}"
    if origin is dict:
        return "section, names as listed" if get_origin(inner[0]) is Literal else "section, names of your own"
    return "section" if _is_model(annotation) else _simple(NAMES[annotation], metadata)


def _one_of(*values: Iterable[object]) -> str:
    return "one of " + ", ".join(f"`{value}`" for each in values for value in each)


def _simple(name: str, metadata: Iterable[Any]) -> str:
    known = list(_flat(metadata))
    bounds = [f"{sign} {getattr(each, which)}" for each in known for sign, which in _bound(each)]
    patterns = [PATTERNS[each.pattern] for each in known if getattr(each, "pattern", None)]
    return ", ".join([" ".join([name, " and ".join(bounds)]).rstrip(), *patterns])


def _flat(metadata: Iterable[Any]) -> Iterator[Any]:
    for each in metadata:
        if isinstance(each, FieldInfo):
            yield from _flat(each.metadata)
        else:
            yield each


def _bound(limit: object) -> Iterator[tuple[str, str]]:
    if type(limit) in BOUNDS:
        yield BOUNDS[type(limit)]
