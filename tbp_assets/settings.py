"""Typed models of the four files in config/. They refuse unknown keys and keep secrets out of every representation.

Reading the files is `config_loader`'s; deciding what a setting does is the part's that it belongs to.
"""

from __future__ import annotations

import re
from datetime import date, time
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit
from urllib.request import url2pathname

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PrivateAttr, SecretStr, model_validator

from tbp_assets.bars.universe import Listing, Universe
from tbp_assets.errors import ConfigError

AssetClass = Literal["stock", "etf"]
PROJECT_ROOT = Path(__file__).resolve().parent.parent


def _symbol(value: object) -> object:
    # YAML 1.1 reads NA as text but TRUE, ON and NO as booleans: they are tickers.
    if isinstance(value, bool):
        raise ValueError('YAML read a boolean: put the ticker in quotes, as in "TRUE"')  # noqa: TRY004  # pydantic's protocol
    return value


Symbol = Annotated[str, BeforeValidator(_symbol), Field(pattern=r"^[\x21-\x7e]{1,32}$")]


def _clock(value: object) -> object:
    # YAML 1.1 reads 11:30 without quotes as 690, which would be eleven and a half minutes past midnight.
    if isinstance(value, str) and re.fullmatch(r"\d{1,2}:\d{2}", value):
        return value.rjust(5, "0")
    raise ValueError('write the time of day in quotes, as in "11:30"')


ClockTime = Annotated[time, BeforeValidator(_clock)]


class ConfigModel(BaseModel):
    """Base of every section: frozen, no unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class FormerSymbol(ConfigModel):
    """A ticker the company traded under, and the last trading date on which it did."""

    symbol: Symbol
    until: date


class TickerConfig(ConfigModel):
    """An instrument of the configured universe."""

    symbol: Symbol
    name: str
    sector: str
    asset_class: AssetClass
    priority: Annotated[int, Field(ge=1)]
    valid_from: date | None = None
    formerly: tuple[FormerSymbol, ...] = ()

    def listings(self) -> list[Listing]:
        """Return the tickers of the instrument with the dates on which each names it."""
        current = Listing(self.symbol, self.valid_from or date.min)
        return [current, *(Listing(former.symbol, last=former.until) for former in self.formerly)]


class GroupConfig(ConfigModel):
    """A group of instruments: all that meet every condition, or the symbols named."""

    symbols: tuple[Symbol, ...] | None = None
    asset_class: AssetClass | None = None
    sector: str | None = None
    priority: int | None = None

    def holds(self, ticker: TickerConfig) -> bool:
        """Whether an instrument meets every condition given."""
        conditions = (
            self.symbols is None or ticker.symbol in self.symbols,
            self.asset_class in {None, ticker.asset_class},
            self.sector in {None, ticker.sector},
            self.priority in {None, ticker.priority},
        )
        return all(conditions)


class InstrumentsConfig(ConfigModel):
    """config/instruments.yml."""

    instruments: tuple[TickerConfig, ...]
    groups: dict[str, GroupConfig] = {}

    @model_validator(mode="after")
    def _consistent(self) -> InstrumentsConfig:
        symbols = [ticker.symbol for ticker in self.instruments]
        twice = sorted({symbol for symbol in symbols if symbols.count(symbol) > 1})
        if twice:
            raise ValueError(f"instruments named twice: {', '.join(twice)}")
        for name, group in self.groups.items():
            unknown = [symbol for symbol in group.symbols or () if symbol not in symbols]
            if unknown or name in {"configured", "all"}:
                raise ValueError(f"group {name}: " + (f"unknown symbols {unknown}" if unknown else "the name is taken"))
        return self

    def members(self, group: str) -> list[TickerConfig]:
        """Return the instruments of a group."""
        return [ticker for ticker in self.instruments if self.groups[group].holds(ticker)]

    def universe(self, name: str) -> Universe:
        """Return the universe of a name: `configured`, `all` or a group.

        Raises:
            ConfigError: No such group.
        """
        if name not in {"configured", "all", *self.groups}:
            names = ", ".join(["configured", "all", *self.groups])
            raise ConfigError(
                f"universe {name!r} is unknown: instruments.yml knows {names} (TBP_UNIVERSE, pipeline.yml)"
            )
        chosen = self.members(name) if name in self.groups else self.instruments
        listings = sorted(listing for ticker in chosen for listing in ticker.listings())
        return Universe(name, tuple(listings), everything=name == "all")


class PartitionsConfig(ConfigModel):
    """Which trading dates exist as partitions."""

    start_date: Annotated[date, Field(ge=date(2003, 9, 10))]


class ScheduleConfig(ConfigModel):
    """When the daily run asks, and when an absent file is missing. Times are New York's."""

    ask_at: ClockTime
    expected_by: ClockTime
    look_back_days: Annotated[int, Field(ge=1, le=365)]


class BackfillConfig(ConfigModel):
    """How a range of days is cut into runs."""

    max_partitions_per_run: Annotated[int, Field(ge=1, le=1000)]


class DownloadConfig(ConfigModel):
    """How day files are fetched."""

    max_workers: Annotated[int, Field(ge=1, le=32)]


class ValidationConfig(ConfigModel):
    """When a day is not trusted at all."""

    max_rejected_share: Annotated[float, Field(ge=0, lt=1)]


class RetryConfig(ConfigModel):
    """How often a step is repeated after a transient fault."""

    max_retries: Annotated[int, Field(ge=0, le=20)]
    delay_seconds: Annotated[float, Field(ge=0)]


class PipelineConfig(ConfigModel):
    """config/pipeline.yml."""

    environment: Literal["development", "production"]
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"]
    home: Path
    lake_url: str
    universe: str
    partitions: PartitionsConfig
    schedule: ScheduleConfig
    backfill: BackfillConfig
    download: DownloadConfig
    validation: ValidationConfig
    retry: RetryConfig


class OptionalSecrets(ConfigModel):
    """Base of the files with secrets that only some parts need; remembers which variable would have set each."""

    _file: str = PrivateAttr("")
    _unset: dict[str, str] = PrivateAttr(default_factory=dict[str, str])

    def remember_unset(self, file: str, unset: dict[str, str]) -> None:
        """Keep the variables that were not set, by key, for the message of `missing`."""
        self._file, self._unset = file, unset

    def missing(self, *keys: str) -> list[str]:
        """Return one sentence per key that has no value, naming the variable and the file that asks for it."""
        return [
            f"{self._unset.get(key, key)} is not set ({self._file} asks for it: {key})"
            for key in keys
            if not getattr(self, key)
        ]


class S3Config(OptionalSecrets):
    """config/s3.yml."""

    url: str
    endpoint_url: Annotated[str, Field(pattern=r"^https?://")]
    region: str
    access_key: SecretStr | None = None
    secret_key: SecretStr | None = None
    addressing_style: Literal["path", "virtual"]
    connect_timeout_seconds: Annotated[float, Field(gt=0)]
    read_timeout_seconds: Annotated[float, Field(gt=0)]
    max_attempts: Annotated[int, Field(ge=1)]
    max_pool_connections: Annotated[int, Field(ge=1)]
    listing_max_age_seconds: Annotated[float, Field(ge=0)]

    @property
    def scheme(self) -> str:
        """Kind of source the url names: `s3`, `file`, `synthetic`, or nothing."""
        return urlsplit(self.url).scheme

    def missing_for_source(self) -> list[str]:
        """Return what the chosen source still needs."""
        if not self.url:
            choices = "s3://flatfiles, file:///a/mirror or synthetic://market"
            return [f"no source of day files: set TBP_FLAT_FILES_URL to {choices} ({self._file}: url)"]
        return self.missing("access_key", "secret_key") if self.scheme == "s3" else []


class DatabaseConfig(OptionalSecrets):
    """config/database.yml."""

    host: str
    port: Annotated[int, Field(ge=1, le=65535)]
    name: str
    user: str | None = None
    password: SecretStr | None = None
    schema_name: Annotated[str, Field(alias="schema", pattern=r"^[a-z_][a-z0-9_]{0,62}$")]
    dagster_schema: Annotated[str, Field(pattern=r"^[a-z_][a-z0-9_]{0,62}$")]
    pool_size: Annotated[int, Field(ge=1, le=64)]
    connect_timeout_seconds: Annotated[int, Field(ge=1)]
    statement_timeout_seconds: Annotated[int, Field(ge=0)]
    query_timeout_seconds: Annotated[int, Field(ge=1)]
    chunk_days: Annotated[int, Field(ge=1, le=3650)]

    @property
    def embedded(self) -> bool:
        """Whether the server in TBP_HOME is used."""
        return not self.host

    def missing_for_database(self) -> list[str]:
        """Return what the chosen database still needs."""
        return [] if self.embedded else self.missing("user", "password")


class Settings(ConfigModel):
    """The four files together."""

    instruments: InstrumentsConfig
    pipeline: PipelineConfig
    s3: S3Config
    database: DatabaseConfig
    config_dir: Path

    @property
    def home(self) -> Path:
        """TBP_HOME as an absolute path."""
        return PROJECT_ROOT / self.pipeline.home.expanduser()

    @property
    def store(self) -> Path:
        """Directory of landing zone and lake.

        Raises:
            ConfigError: TBP_LAKE_URL is neither empty nor a file:// URL.
        """
        url = self.pipeline.lake_url
        if not url:
            return self.home
        if not url.startswith("file:///"):
            raise ConfigError(
                f"TBP_LAKE_URL {url!r} must be empty or file:///an/absolute/path (pipeline.yml: lake_url)"
            )
        return Path(url2pathname(urlsplit(url).path))

    def check(self) -> None:
        """Raise ConfigError where a value names something that is not there."""
        _ = self.store, self.universe

    @property
    def universe(self) -> Universe:
        """The universe whose bars enter the database."""
        return self.instruments.universe(self.pipeline.universe)
