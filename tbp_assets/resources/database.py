"""The database as a Dagster resource: the embedded server, or the one that DB_HOST names."""

from pathlib import Path
from typing import Final, Self

import dagster as dg
from pydantic import Field, SecretStr

from tbp_assets.config_loader import ConfigLoader
from tbp_assets.embedded.postgres import ensure_server
from tbp_assets.interrupts import listen
from tbp_assets.resources.places import require_home
from tbp_assets.settings import DatabaseConfig, Settings
from tbp_assets.storage.database import Database, DatabaseAddress
from tbp_assets.storage.migrations import migrate, require_current

_opened: Final[dict[str, Database]] = {}


class DatabaseResource(dg.ConfigurableResource):  # pyright: ignore[reportMissingTypeArgument]  # generic only for IO
    """The PostgreSQL or TimescaleDB that holds market_data_raw and load_ledger.

    User and password come from DB_USER and DB_PASSWORD by way of database.yml; the embedded server has its own.
    """

    host: str = Field(description="Host name; empty: the embedded server.")
    port: int = Field(description="Port, where a host is given.")
    name: str = Field(description="Database name, where a host is given.")
    schema_name: str = Field(description="Schema of our tables.")
    home: str = Field(description="TBP_HOME, where the embedded server lives.")
    config_dir: str = Field(description="Directory whose database.yml holds user and password.")

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        """Build the resource from database.yml."""
        database = settings.database
        return cls(
            host=database.host,
            port=database.port,
            name=database.name,
            schema_name=database.schema_name,
            home=str(settings.home),
            config_dir=str(settings.config_dir),
        )

    def open(self) -> Database:
        """Return the pool, the same one throughout a process, after checking the schema's version.

        The embedded server is started and migrated where needed; any other is only looked at.

        Raises:
            ConfigError: A login is missing; names the variable and the file.
            SchemaVersionError: `tbp migrate` was not run.
        """
        database = self.connect()
        # The address is part of the key: an embedded server that died is started anew, perhaps on another port.
        listen()
        key = f"{self.model_dump_json()} {database.address}"
        if key not in _opened:
            if database.embedded:
                migrate(database)
            else:
                require_current(database)
            _opened[key] = database
        return _opened[key]

    def connect(self) -> Database:
        """Return a new pool without looking at the schema."""
        config = ConfigLoader(self.config_dir).get_database_config()
        return Database(
            address=self._address(config) if self.host else self._embedded_address(),
            embedded=not self.host,
            pool_size=config.pool_size,
            connect_timeout_seconds=config.connect_timeout_seconds,
            statement_timeout_seconds=config.statement_timeout_seconds,
            chunk_days=config.chunk_days,
            compress_after_days=config.compress_after_days,
            reader_role=config.reader_role,
        )

    def _embedded_address(self) -> DatabaseAddress:
        require_home(Path(self.home))
        server = ensure_server(Path(self.home))
        return DatabaseAddress(
            host=server.host,
            port=server.port,
            name=server.database,
            user=server.user,
            password=SecretStr(server.password),
            schema=self.schema_name,
        )

    def _address(self, config: DatabaseConfig) -> DatabaseAddress:
        mine = {"host": self.host, "port": self.port, "name": self.name, "schema_name": self.schema_name}
        return DatabaseAddress.configured(config.model_copy(update=mine))
