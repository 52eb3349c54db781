"""Every setting as it is in effect, with the origin of its value and without a secret."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import time
from typing import Any, cast

from pydantic import SecretStr

from tbp_assets.config_loader.loader import ConfigLoader
from tbp_assets.config_loader.sources import KeyPath, Origin, Sources, spelled
from tbp_assets.settings.models import ending_of
from tbp_assets.settings.urls import shown


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting in effect.

    Attributes:
        file: Which of the four files it belongs to: `pipeline`.
        key: Its place there: `schedule.ask_at`; an item of a list has its number, `instruments[0]`.
        value: Without secrets: text, a number, or of an item its fields.
        origins: Where it comes from; an item's fields may come from several places.
    """

    file: str
    key: str
    value: Any
    origins: tuple[Origin, ...]


def effective_settings(loader: ConfigLoader) -> list[Setting]:
    """Return every setting of the four files, in their order.

    Raises:
        ConfigError: See ConfigLoader.
    """
    settings, sources = loader.load_with_sources()
    return [
        setting
        for file, known in sources.items()
        for setting in _settings(file, getattr(settings, file).model_dump(by_alias=True), known)
    ]


def _settings(file: str, node: Any, sources: Sources, path: KeyPath = ()) -> Iterator[Setting]:
    if isinstance(node, Mapping) and not _is_item(path):
        for key, value in cast("Mapping[str, Any]", node).items():
            yield from _settings(file, value, sources, (*path, str(key)))
    elif isinstance(node, list | tuple) and any(isinstance(each, Mapping) for each in cast("list[Any]", node)):
        for number, value in enumerate(cast("list[Any]", node)):
            yield from _settings(file, value, sources, (*path, number))
    else:
        origins = [sources.origin(each) for each in _leaves(node, path)]
        yield Setting(file, spelled(path), _without_secrets(node), tuple(dict.fromkeys(origins)))


def _is_item(path: KeyPath) -> bool:
    """Whether a mapping is told in one line: an item of a list, or a group of instruments."""
    return bool(path) and (isinstance(path[-1], int) or path[:-1] == ("groups",))


def _leaves(node: Any, path: KeyPath) -> Iterator[KeyPath]:
    """Yield the keys inside an item that have a value; the item's own, where none has."""
    given = _given(node) if isinstance(node, Mapping) else {}
    if given:
        for key, value in given.items():
            yield from _leaves(value, (*path, key))
    elif isinstance(node, list | tuple) and node:
        for number, value in enumerate(cast("list[Any]", node)):
            yield from _leaves(value, (*path, number))
    else:
        yield path


def _given(item: Any) -> dict[str, Any]:
    return {key: value for key, value in cast("Mapping[str, Any]", item).items() if value not in (None, ())}


def _without_secrets(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _without_secrets(each) for key, each in _given(value).items()}
    if isinstance(value, list | tuple):
        return [_without_secrets(each) for each in cast("list[Any]", value)]
    if isinstance(value, frozenset):
        return sorted(_plain(each) for each in cast("frozenset[Any]", value))
    return _plain(value)


def _plain(value: Any) -> Any:
    match value:
        case SecretStr():
            return ending_of(value)
        case str():
            return shown(value)
        case time():
            return value.isoformat("minutes")
        case _:
            return value
