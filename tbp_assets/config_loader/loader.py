"""The four configuration files of a directory as settings, with the overrides of ENVIRONMENT in them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Generic, TypeVar

from dotenv import load_dotenv
from pydantic import BaseModel, ValidationError

from tbp_assets.config_loader import yaml_files
from tbp_assets.config_loader.environments import Overrides, known_environments, read_overrides
from tbp_assets.config_loader.explaining import OnlyUnsetError, asked_for, explained
from tbp_assets.config_loader.sources import Sources
from tbp_assets.config_loader.substitution import Substitution
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
from tbp_assets.settings.models import OptionalSecrets

Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Loaded(Generic[Model]):
    """One of the four files: typed, and where its values come from."""

    config: Model
    sources: Sources


class ConfigLoader:
    """Loads the four configuration files of a directory.

    Args:
        config_dir: Directory that holds instruments, pipeline, s3 and database, each `.yml` or `.yaml`, and what
            ENVIRONMENT changes in them as `environments/<name>.yml`.
        environment: Variables to substitute; the process environment where None.

    Raises (each method):
        ConfigError: A file is missing or unparsable, a key unknown, a value wrong, a needed variable not set, or the
            environment unknown.
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
        return self._load("instruments", InstrumentsConfig, self._overrides()).config

    def get_pipeline_config(self) -> PipelineConfig:
        """Return pipeline.yml."""
        return self._load("pipeline", PipelineConfig, self._overrides()).config

    def get_s3_config(self) -> S3Config:
        """Return s3.yml."""
        return self._load("s3", S3Config, self._overrides()).config

    def get_database_config(self) -> DatabaseConfig:
        """Return database.yml."""
        return self._load("database", DatabaseConfig, self._overrides()).config

    def load(self) -> Settings:
        """Return the four files together, with the values that only make sense together checked."""
        return self.load_with_sources()[0]

    def load_with_sources(self) -> tuple[Settings, dict[str, Sources]]:
        """Return the four files together, and by name of each file where its values come from."""
        return self._all(self._overrides())

    def missing_environment(self) -> list[str]:
        """Return a sentence for every variable the chosen source and database still need."""
        return self.get_s3_config().missing_for_source() + self.get_database_config().missing_for_database()

    def validate_environment(self) -> bool:
        """Whether every variable that the chosen source and database need is set."""
        return not self.missing_environment()

    def problems_elsewhere(self) -> list[str]:
        """Return what is wrong with the files of the environments that were not chosen.

        A variable that is not set is no fault there: it may be set where that environment is the one.
        """
        problems: list[str] = []
        for name in known_environments(self.config_dir):
            try:
                if name != self._environment_name():
                    self._all(read_overrides(self.config_dir, name), lenient=True)
            except OnlyUnsetError:
                continue
            except ConfigError as error:
                problems.append(str(error))
        return problems

    def _environment_name(self) -> str | None:
        sources = Sources(self._named(path := yaml_files.require(self.config_dir, "pipeline")))
        content = Substitution(self.environment, sources).apply({"name": yaml_files.read(path).get("environment")})
        return str(content["name"]) if "name" in content else None

    def _overrides(self) -> Overrides:
        name = self._environment_name()
        # Where the key is missing, the model of pipeline.yml says so.
        return Overrides() if name is None else read_overrides(self.config_dir, name)

    def _all(self, overrides: Overrides, *, lenient: bool = False) -> tuple[Settings, dict[str, Sources]]:
        instruments = self._load("instruments", InstrumentsConfig, overrides, lenient=lenient)
        pipeline = self._load("pipeline", PipelineConfig, overrides, lenient=lenient)
        s3 = self._load("s3", S3Config, overrides, lenient=lenient)
        database = self._load("database", DatabaseConfig, overrides, lenient=lenient)
        settings = Settings(
            instruments=instruments.config,
            pipeline=pipeline.config,
            s3=s3.config,
            database=database.config,
            config_dir=self.config_dir.resolve(),
        )
        try:
            settings.check()
        except ConfigError as error:
            raise ConfigError(f"{error} ({overrides.file} included)" if overrides.file else str(error)) from None
        loaded = {"instruments": instruments, "pipeline": pipeline, "s3": s3, "database": database}
        return settings, {name: each.sources for name, each in loaded.items()}

    def _load(self, name: str, model: type[Model], overrides: Overrides, *, lenient: bool = False) -> Loaded[Model]:
        path = yaml_files.require(self.config_dir, name)
        sources = Sources(self._named(path))
        content = overrides.merged(name, yaml_files.read(path), sources)
        try:
            config = model.model_validate(Substitution(self.environment, sources, lenient).apply(content))
        except ValidationError as error:
            raise explained(error, sources, lenient=lenient) from None
        if isinstance(config, OptionalSecrets):
            config.remember_unset(sources.file, asked_for(sources))
        return Loaded(config, sources)

    def _named(self, path: Path) -> str:
        return f"{self.config_dir.name}/{path.name}"


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
