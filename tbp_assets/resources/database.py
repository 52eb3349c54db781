"""The database as a Dagster resource: the embedded server, or the one that DB_HOST names."""

from pathlib import Path
from typing import Self

import dagster as dg
from pydantic import Field

from tbp_assets.config_loader import ConfigLoader
from tbp_assets.resources.opening import connect_database, open_database
from tbp_assets.settings import DatabaseConfig, Settings
from tbp_assets.storage.database import Database


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
        return open_database(self._config(), Path(self.home))

    def connect(self) -> Database:
        """Return a new pool without looking at the schema."""
        return connect_database(self._config(), Path(self.home))

    def _config(self) -> DatabaseConfig:
        mine = {"host": self.host, "port": self.port, "name": self.name, "schema_name": self.schema_name}
        return ConfigLoader(self.config_dir).get_database_config().model_copy(update=mine)
