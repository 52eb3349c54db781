"""Opens database, source, landing zone and lake as the settings say: for commands, and for Dagster's resources.

Dagster is not imported, and what a source or a bucket needs only where it is chosen: a command that looks at the
database waits for neither.
"""

# ruff: noqa: PLC0415
from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs

from pydantic import SecretStr

from tbp_assets.bars.compression import Limits
from tbp_assets.datasets import Dataset
from tbp_assets.embedded.postgres import ensure_server
from tbp_assets.errors import ConfigError
from tbp_assets.interrupts import listen
from tbp_assets.providers.flat_files import FlatFiles, MonthListings
from tbp_assets.providers.local_mirror import LocalMirror
from tbp_assets.resources.places import require_home
from tbp_assets.settings import DatabaseConfig, S3Config, Settings
from tbp_assets.settings.urls import known_source, local_path, shown
from tbp_assets.storage.database import Database, DatabaseAddress
from tbp_assets.storage.lake import Lake
from tbp_assets.storage.landing import LandingZone
from tbp_assets.storage.migrations import migrate, require_current
from tbp_assets.storage.opening import open_files

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

MARKET: Final = {"seed", "tickers"}
WHOLE_NUMBER: Final = re.compile(r"-?[0-9]{1,18}")
_databases: Final[dict[str, Database]] = {}
_sources: Final[dict[str, MonthListings]] = {}


def open_database(config: DatabaseConfig, home: Path) -> Database:
    """Return the pool, the same one throughout a process, after checking the schema's version.

    The embedded server is started and migrated where needed; any other is only looked at.

    Raises:
        ConfigError: A login is missing; names the variable and the file.
        SchemaVersionError: `tbp migrate` was not run.
    """
    listen()
    database = connect_database(config, home)
    # The address is part of the key: an embedded server that died is started anew, perhaps on another port.
    key = f"{config.model_dump_json()} {home} {database.address}"
    if key not in _databases:
        if database.embedded:
            migrate(database)
        else:
            require_current(database)
        _databases[key] = database
    return _databases[key]


def connect_database(config: DatabaseConfig, home: Path) -> Database:
    """Return a new pool without looking at the schema."""
    return Database(
        address=_embedded_address(home, config.schema_name) if config.embedded else DatabaseAddress.configured(config),
        embedded=config.embedded,
        pool_size=config.pool_size,
        connect_timeout_seconds=config.connect_timeout_seconds,
        statement_timeout_seconds=config.statement_timeout_seconds,
        chunk_days=config.chunk_days,
        compress_after_days=config.compress_after_days,
        reader_role=config.reader_role,
    )


def _embedded_address(home: Path, schema: str) -> DatabaseAddress:
    require_home(home)
    server = ensure_server(home)
    password = SecretStr(server.password)
    return DatabaseAddress(server.host, server.port, server.database, server.user, password, schema)


def landing_zone(settings: Settings, dataset: Dataset, data_source: str) -> LandingZone:
    """Return the landing zone of a dataset and data source; nobody is asked yet."""
    validation = settings.pipeline.validation
    limits = Limits(validation.max_file_mb, validation.max_lines)
    return LandingZone(open_files(settings.store, settings.s3.lake), dataset, data_source, limits)


def open_lake(settings: Settings, dataset: Dataset, data_source: str) -> Lake:
    """Return the lake of a dataset and data source; nobody is asked yet."""
    return Lake(open_files(settings.store, settings.s3.lake), dataset, data_source)


def open_source(config: S3Config) -> MonthListings:
    """Return the source of day files, the same one throughout a process: pool and listings are shared by its runs.

    Nobody is asked yet.

    Raises:
        ConfigError: No source is configured, its URL is none we know, or a key is missing.
    """
    key = config.model_dump_json(exclude={"lake"})
    if key not in _sources:
        _sources[key] = MonthListings(_files_of(config), config.listing_max_age_seconds)
    return _sources[key]


def check_source(config: S3Config) -> None:
    """Look as far as one can without asking a provider.

    Raises:
        ConfigError: See `open_source`; or a local mirror is no directory.
    """
    files = open_source(config).files
    if isinstance(files, LocalMirror):
        files.require_root()


def s3_client(config: S3Config) -> S3Client:
    """Return an S3 client with time-outs, pool size and path style set.

    Raises:
        ConfigError: A key is missing; names the variable and the file.
    """
    if not config.access_key or not config.secret_key:
        raise ConfigError("; ".join(config.missing("access_key", "secret_key")))
    import boto3
    from botocore.config import Config

    try:
        return boto3.client(  # pyright: ignore[reportUnknownMemberType]  # overloads per service
            "s3",
            endpoint_url=config.endpoint_url,
            region_name=config.region,
            aws_access_key_id=config.access_key.get_secret_value(),
            aws_secret_access_key=config.secret_key.get_secret_value(),
            config=Config(
                connect_timeout=config.connect_timeout_seconds,
                read_timeout=config.read_timeout_seconds,
                max_pool_connections=config.max_pool_connections,
                retries={"mode": "standard", "total_max_attempts": config.max_attempts},
                s3={"addressing_style": config.addressing_style},
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
            ),
        )
    except ValueError as error:
        raise ConfigError(
            f"endpoint {shown(config.endpoint_url)!r}: {shown(str(error))} (TBP_S3_ENDPOINT_URL, s3.yml: endpoint_url)"
        ) from None


def _files_of(config: S3Config) -> FlatFiles:
    parts = known_source(config.url)
    if parts.scheme == "s3":
        from tbp_assets.providers.s3 import S3FlatFiles

        return S3FlatFiles(s3_client(config), parts.netloc)
    if parts.scheme == "file":
        return LocalMirror(local_path(parts))
    return _synthetic(parts.query)


def _synthetic(query: str) -> FlatFiles:
    from tbp_assets.embedded.market import SyntheticMarket
    from tbp_assets.embedded.market_files import SyntheticFiles

    given = {name: values[-1] for name, values in parse_qs(query, keep_blank_values=True).items()}
    wrong = [name for name, text in given.items() if name not in MARKET or not WHOLE_NUMBER.fullmatch(text)]
    if wrong:
        raise ConfigError(
            f"synthetic market {query!r}: {', '.join(wrong)} cannot be used; it takes seed and tickers, each a whole "
            "number (TBP_FLAT_FILES_URL, s3.yml: url)"
        )
    return SyntheticFiles(SyntheticMarket(**{name: int(text) for name, text in given.items()}))
