"""Reads config/*.yml into `settings` models: YAML, then ${VAR} and ${VAR:-default} in string nodes, then types."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast

import expandvars
import yaml
from dotenv import load_dotenv
from pydantic import BaseModel, ValidationError

from tbp_assets.errors import ConfigError
from tbp_assets.masking import remember_environment
from tbp_assets.settings import (
    PROJECT_ROOT,
    DatabaseConfig,
    InstrumentsConfig,
    PipelineConfig,
    S3Config,
    Settings,
    TickerConfig,
)

Model = TypeVar("Model", bound=BaseModel)
Loader = cast("type[yaml.SafeLoader]", getattr(yaml, "CSafeLoader", yaml.SafeLoader))


@dataclass(slots=True)
class _Substitution:
    """Substitutes the variables of one file; a string that is one unset variable becomes an absent key."""

    file: str
    environment: Mapping[str, str]
    unset: dict[str, str] = field(default_factory=dict[str, str])

    def apply(self, node: Any, path: str = "") -> Any:
        if isinstance(node, dict):
            items = cast("dict[Any, Any]", node).items()
            pairs = [(key, self.apply(value, f"{path}.{key}" if path else str(key))) for key, value in items]
            return {key: value for key, value in pairs if value is not None}
        if isinstance(node, list):
            return [self.apply(value, f"{path}[{n}]") for n, value in enumerate(cast("list[Any]", node))]
        return self._text(node, path) if isinstance(node, str) else node

    def _text(self, text: str, path: str) -> str | None:
        if "${" not in text:
            return text
        if self.environment.get(name := text.removeprefix("${").removesuffix("}")) == "" and text == f"${{{name}}}":
            # Set to nothing, as a copied .env.example leaves it.
            self.unset[path] = name
            return None
        try:
            return cast(
                "str",
                expandvars.expand(text, environ=self.environment, nounset=True, surrounded_vars_only=True),  # pyright: ignore[reportUnknownMemberType]  # untyped parameters
            )
        except expandvars.UnboundVariable:
            if text != f"${{{name}}}":
                raise ConfigError(f"{self.file}: {path}: {text!r} needs a variable that is not set") from None
            self.unset[path] = name
            return None
        except expandvars.ExpandvarsException as error:
            raise ConfigError(f"{self.file}: {path}: {text!r} cannot be substituted ({error})") from error


class ConfigLoader:
    """Loads the four configuration files of a directory.

    Args:
        config_dir: Directory that holds instruments, pipeline, s3 and database, each `.yml` or `.yaml`.
        environment: Variables to substitute; the process environment where None.

    Raises (each method):
        ConfigError: A file is missing or unparsable, a key unknown, a value wrong, a needed variable not set.
    """

    def __init__(self, config_dir: str | Path = "config", environment: Mapping[str, str] | None = None) -> None:
        """Remember where to look; nothing is read yet."""
        self.config_dir = Path(config_dir)
        self.environment = os.environ if environment is None else environment

    def get_all_tickers(self) -> list[TickerConfig]:
        """Return every configured instrument, most important first."""
        return sorted(self.get_instruments_config().instruments, key=lambda ticker: ticker.priority)

    def get_ticker_groups(self) -> dict[str, list[str]]:
        """Return the symbols of every group."""
        config = self.get_instruments_config()
        return {name: [ticker.symbol for ticker in config.members(name)] for name in config.groups}

    def get_instruments_config(self) -> InstrumentsConfig:
        """Return instruments.yml."""
        return self._load("instruments", InstrumentsConfig)[0]

    def get_pipeline_config(self) -> PipelineConfig:
        """Return pipeline.yml."""
        return self._load("pipeline", PipelineConfig)[0]

    def get_s3_config(self) -> S3Config:
        """Return s3.yml."""
        config, substitution = self._load("s3", S3Config)
        config.remember_unset(substitution.file, substitution.unset)
        return config

    def get_database_config(self) -> DatabaseConfig:
        """Return database.yml."""
        config, substitution = self._load("database", DatabaseConfig)
        config.remember_unset(substitution.file, substitution.unset)
        return config

    def load(self) -> Settings:
        """Return the four files together, with the values that only make sense together checked."""
        settings = Settings(
            instruments=self.get_instruments_config(),
            pipeline=self.get_pipeline_config(),
            s3=self.get_s3_config(),
            database=self.get_database_config(),
            config_dir=self.config_dir.resolve(),
        )
        settings.check()
        return settings

    def missing_environment(self) -> list[str]:
        """Return a sentence for every variable the chosen source and database still need."""
        return self.get_s3_config().missing_for_source() + self.get_database_config().missing_for_database()

    def validate_environment(self) -> bool:
        """Whether every variable that the chosen source and database need is set."""
        return not self.missing_environment()

    def _load(self, name: str, model: type[Model]) -> tuple[Model, _Substitution]:
        path = self._path(name)
        substitution = _Substitution(f"{self.config_dir.name}/{path.name}", self.environment)
        content = substitution.apply(_read(path))
        try:
            return model.model_validate(content), substitution
        except ValidationError as error:
            raise ConfigError(_explain(error, substitution)) from None

    def _path(self, name: str) -> Path:
        found = [path for ending in (".yml", ".yaml") if (path := self.config_dir / (name + ending)).is_file()]
        if len(found) == 1:
            return found[0]
        problem = "are both there: keep one" if found else "is missing"
        files = f"{name}.yml and {name}.yaml" if found else f"{name}.yml"
        raise ConfigError(f"{files} {problem} (in {self.config_dir.resolve()}; TBP_CONFIG_DIR names another directory)")


def _read(path: Path) -> Any:
    try:
        content = _parsed(path.read_text(encoding="utf-8"))
    except _KeyTwiceError as error:
        raise ConfigError(f"{path}: {error}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} cannot be read: {error}") from None
    except (yaml.YAMLError, ValueError) as error:
        # PyYAML passes on what date() says of 2020-13-45.
        raise ConfigError(f"{path} is not YAML: {' '.join(str(error).split())}") from None
    if not isinstance(content, dict):
        raise ConfigError(f"{path} must hold keys and values")
    return cast("dict[str, Any]", content)


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


def _explain(error: ValidationError, substitution: _Substitution) -> str:
    def sentence(location: str, kind: str, message: str) -> str:
        if location in substitution.unset:
            return f"{location}: the variable {substitution.unset[location]} is not set"
        if kind == "extra_forbidden":
            return f"{location}: unknown key"
        return f"{location}: {message}" if location else message

    problems = (
        sentence(".".join(map(str, each["loc"])), each["type"], each["msg"])
        for each in error.errors(include_input=False, include_url=False)
    )
    return f"{substitution.file}: " + "; ".join(problems)


def config_dir() -> Path:
    """Return the directory of the configuration: TBP_CONFIG_DIR, or the project's own config/."""
    return Path(os.environ.get("TBP_CONFIG_DIR") or PROJECT_ROOT / "config")


@cache
def load_settings() -> Settings:
    """Load the process's settings once, after reading .env (which never overrides what is set).

    Raises:
        ConfigError: See ConfigLoader.
    """
    load_dotenv(PROJECT_ROOT / ".env")
    remember_environment(os.environ)
    return ConfigLoader(config_dir()).load()
