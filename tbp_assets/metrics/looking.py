"""The database as one looks at it without touching it: never started, never migrated, never waited for long."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import ceil

from pydantic import SecretStr

from tbp_assets.embedded.postgres import ServerAddress, running_server
from tbp_assets.errors import DatabaseUnavailableError
from tbp_assets.settings import Settings
from tbp_assets.storage.database import Database, DatabaseAddress
from tbp_assets.storage.migrations import require_current

LONGEST_CONNECT_SECONDS = 3


@dataclass(slots=True)
class LookedAt:
    """The configured database, with one connection.

    An embedded server is used while it runs, and not kept running by it.

    Args:
        settings: Which database.
        seconds: Longest time of a statement.
    """

    settings: Settings
    seconds: float
    _opened: Database | None = field(default=None, repr=False)

    def open(self) -> Database:
        """Return the pool, a new one where the embedded server was started anew.

        Raises:
            DatabaseUnavailableError: The embedded server does not run, or the database does not answer.
            SchemaVersionError: `tbp migrate` was not run, or by a newer release.
            ConfigError: User or password is missing; names the variable.
        """
        address = self._address()
        if self._opened is None or self._opened.address != address:
            self.close()
            database = self._pool(address)
            require_current(database)
            self._opened = database
        return self._opened

    def close(self) -> None:
        """Give the connection back."""
        if self._opened:
            self._opened.engine.dispose()
        self._opened = None

    def _address(self) -> DatabaseAddress:
        config = self.settings.database
        if config.embedded:
            return self._of_embedded(running_server(self.settings.home))
        return DatabaseAddress.configured(config)

    def _of_embedded(self, server: ServerAddress | None) -> DatabaseAddress:
        if server is None:
            home = self.settings.home
            raise DatabaseUnavailableError(f"the embedded PostgreSQL of {home} does not run: `tbp up` keeps it running")
        return DatabaseAddress(
            host=server.host,
            port=server.port,
            name=server.database,
            user=server.user,
            password=SecretStr(server.password),
            schema=self.settings.database.schema_name,
        )

    def _pool(self, address: DatabaseAddress) -> Database:
        config = self.settings.database
        return Database(
            address=address,
            embedded=config.embedded,
            pool_size=1,
            connect_timeout_seconds=min(config.connect_timeout_seconds, LONGEST_CONNECT_SECONDS),
            statement_timeout_seconds=ceil(self.seconds),
            chunk_days=config.chunk_days,
            compress_after_days=config.compress_after_days,
        )
