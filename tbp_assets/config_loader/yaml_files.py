"""YAML files of a directory as plain mappings; what cannot be read is refused with the file's name and the line."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import yaml

from tbp_assets.errors import ConfigError

Loader = cast("type[yaml.SafeLoader]", getattr(yaml, "CSafeLoader", yaml.SafeLoader))
ENDINGS = (".yml", ".yaml")


def find(directory: Path, name: str) -> Path | None:
    """Return the file of a name, ending in .yml or .yaml, or None where there is none.

    Raises:
        ConfigError: Both are there.
    """
    found = [path for ending in ENDINGS if (path := directory / (name + ending)).is_file()]
    if len(found) > 1:
        raise ConfigError(f"{name}.yml and {name}.yaml are both there: keep one {_where(directory)}")
    return found[0] if found else None


def require(directory: Path, name: str) -> Path:
    """Return the file of a name.

    Raises:
        ConfigError: It is not there, or twice.
    """
    if path := find(directory, name):
        return path
    raise ConfigError(f"{name}.yml is missing {_where(directory)}")


def read(path: Path, *, may_be_empty: bool = False) -> dict[str, Any]:
    """Return the content of a file; `may_be_empty`: of comments alone, too.

    Raises:
        ConfigError: It cannot be read, is no YAML, holds no keys, or one key twice.
    """
    try:
        content = _parsed(path.read_text(encoding="utf-8"))
    except _KeyTwiceError as error:
        raise ConfigError(f"{path}: {error}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} cannot be read: {error}") from None
    except (yaml.YAMLError, ValueError) as error:
        # PyYAML passes on what date() says of 2020-13-45, and names its input by type.
        said = " ".join(str(error).split()).replace('"<unicode string>"', path.name)
        raise ConfigError(f"{path} is not YAML: {said}") from None
    if content is None and may_be_empty:
        return {}
    if not isinstance(content, dict):
        raise ConfigError(f"{path} must hold keys and values")
    return cast("dict[str, Any]", content)


def _where(directory: Path) -> str:
    return f"(in {directory.resolve()}; TBP_CONFIG_DIR names another directory)"


class _KeyTwiceError(Exception):
    """YAML would let the last one win."""


def _parsed(text: str) -> Any:
    loader = Loader(text)
    try:
        node = loader.get_single_node()
        if node is None:
            return None
        _refuse_keys_twice(node)
        return loader.construct_document(node)  # pyright: ignore[reportUnknownMemberType]  # untyped parameter
    finally:
        loader.dispose()


def _refuse_keys_twice(node: yaml.Node, path: str = "") -> None:
    if isinstance(node, yaml.SequenceNode):
        for n, child in enumerate(cast("list[yaml.Node]", node.value)):
            _refuse_keys_twice(child, f"{path}[{n}]")
    if not isinstance(node, yaml.MappingNode):
        return
    lines: dict[str, int] = {}
    for key, child in cast("list[tuple[yaml.Node, yaml.Node]]", node.value):
        name, line = f"{path}.{key.value}" if path else str(key.value), key.start_mark.line + 1
        if name in lines:
            raise _KeyTwiceError(f"the key {name} is there twice, in lines {lines[name]} and {line}: keep one")
        lines[name] = line
        _refuse_keys_twice(child, name)
