"""Every setting as it is in effect, with the origin of its value and without a secret."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from pydantic import SecretStr

from tbp_assets.config_loader.loader import ConfigLoader
from tbp_assets.config_loader.sources import KeyPath, Origin, Sources, spelled
from tbp_assets.settings.models import masked
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
    if isinstance(node, Mapping) and not (path and isinstance(path[-1], int)):
        for key, value in cast("Mapping[str, Any]", node).items():
            yield from _settings(file, value, sources, (*path, str(key)))
    elif isinstance(node, list | tuple) and any(isinstance(each, Mapping) for each in cast("list[Any]", node)):
        for number, value in enumerate(cast("list[Any]", node)):
            yield from _settings(file, value, sources, (*path, number))
    else:
        origins = [sources.origin(each) for each in _leaves(node, path)]
        yield Setting(file, spelled(path), _without_secrets(node), tuple(dict.fromkeys(origins)))


def _leaves(node: Any, path: KeyPath) -> Iterator[KeyPath]:
    """Yield every value inside an item that some file gives; the whole, where none does."""
    if isinstance(node, Mapping):
        given = {key: value for key, value in cast("Mapping[str, Any]", node).items() if value not in (None, ())}
        for key, value in given.items():
            yield from _leaves(value, (*path, key))
    elif isinstance(node, list | tuple) and node:
        for number, value in enumerate(cast("list[Any]", node)):
            yield from _leaves(value, (*path, number))
    else:
        yield path


def _without_secrets(value: Any) -> Any:
    match value:
        case SecretStr():
            return masked(value)
        case Mapping():
            items = cast("Mapping[str, Any]", value).items()
            return {key: _without_secrets(each) for key, each in items if each not in (None, ())}
        case list() | tuple():
            return [_without_secrets(each) for each in cast("list[Any]", value)]
        case frozenset():
            return sorted(_without_secrets(each) for each in cast("frozenset[Any]", value))
        case str():
            return shown(value)
        case _:
            return value
